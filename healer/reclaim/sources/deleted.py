"""Logs that were deleted while somebody writes to them: their room comes back only through the writer's own descriptor."""

from collections.abc import Iterator

from healer.model.logs import LogFile
from healer.reclaim.candidates import Scene, freeing, scene
from healer.reclaim.methods import Method, choose
from healer.reclaim.sources.contract import Candidate, Situation, Source
from healer.reclaim.words import who

NAME = "deleted"


def candidates(situation: Situation) -> Iterator[Candidate]:
    """Yield the deleted files that are large enough, the largest first."""
    seen = scene(situation)
    for file in sorted(seen.files, key=lambda one: -one.allocated):
        if file.deleted and file.allocated >= situation.policy.min_size:
            yield _judge(seen, file)


def _judge(seen: Scene, file: LogFile) -> Candidate:
    refused = seen.against(file) or _unwritten(file)
    if refused:
        return seen.refusal(NAME, file, refused)
    method = choose(file, seen.ground(file))
    archive = seen.situation.policy.archive
    return freeing(NAME, file, method, archive=archive) if isinstance(method, Method) else seen.refusal(NAME, file, method)


def _unwritten(file: LogFile) -> str:
    return (
        "" if file.writers else f"nobody writes to it any more: its room comes back when {who(file.readers) or 'its last reader'} closes it"
    )


PLUGIN = Source(name=NAME, rank=80, needs=("log_files", "toolbox", "disks"), candidates=candidates)
