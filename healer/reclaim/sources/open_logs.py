"""Logs that somebody writes to now: the whole blocks of what was written so far, by the method that fits the writer."""

from collections.abc import Iterator

from healer.model.logs import LogFile
from healer.reclaim.candidates import Scene, freeing, scene
from healer.reclaim.methods import Method, choose
from healer.reclaim.names import was_rotated
from healer.reclaim.reopen import put_away
from healer.reclaim.sources.contract import Candidate, Situation, Source

NAME = "open_logs"


def candidates(situation: Situation) -> Iterator[Candidate]:
    """Yield the open logs, the largest first; closed ones that were not rotated are among them.

    Of those smaller than the policy's least size only what must never be touched is named, so that nobody has to ask about it.
    """
    seen = scene(situation)
    for file in sorted(seen.files, key=lambda one: -one.allocated):
        if not file.deleted and (file.writers or not was_rotated(file.path)):
            found = _judge(seen, file)
            if found is not None:
                yield found


def _judge(seen: Scene, file: LogFile) -> Candidate | None:
    refused = seen.against(file)
    if refused:
        return seen.refusal(NAME, file, refused)
    if file.allocated < seen.situation.policy.min_size:
        return None
    ground = seen.ground(file)
    aside = put_away(NAME, file, seen.disks[file.mount], ground)
    return aside if aside is not None else _cut(seen, file, choose(file, ground))


def _cut(seen: Scene, file: LogFile, method: Method | str) -> Candidate:
    if isinstance(method, str):
        return seen.refusal(NAME, file, method)
    return freeing(NAME, file, method, archive=seen.situation.policy.archive)


PLUGIN = Source(name=NAME, rank=70, needs=("log_files", "toolbox", "disks"), candidates=candidates)
