"""Logs that were put away: rotated, compressed or set aside by healer, and open nowhere. They go to the archive, then they are deleted."""

from collections.abc import Iterator

from healer.model.logs import LogFile
from healer.reclaim.candidates import Scene, freeing, scene
from healer.reclaim.methods import Method
from healer.reclaim.names import is_dated, set_aside, was_rotated
from healer.reclaim.sources.contract import Candidate, Situation, Source
from healer.reclaim.words import age_words, who

NAME = "rotated"
TODAY = 2 * 86400
"""A name with a date in its middle may be that of today's log, which is opened again for each line: it must be older (seconds)."""


def candidates(situation: Situation) -> Iterator[Candidate]:
    """Yield the rotated logs, the oldest first. One that somebody writes to is an open log, whatever its name is."""
    seen = scene(situation)
    for file in sorted(seen.files, key=lambda one: (one.modified, one.path)):
        if was_rotated(file.path) and not file.deleted and not file.writers:
            yield _judge(seen, file)


def _judge(seen: Scene, file: LogFile) -> Candidate:
    refused = seen.against(file) or _in_use(seen, file) or _young(seen.situation, file)
    if refused:
        return seen.refusal(NAME, file, refused)
    method = Method("delete", 0, file.size, file.allocated, _why(seen.situation, file))
    return freeing(NAME, file, method, archive=seen.situation.policy.archive)


def _in_use(seen: Scene, file: LogFile) -> str:
    if file.readers:
        return f"{who(file.readers)} still reads it, so that nothing would come free"
    return "" if seen.toolbox.opener else "the host has neither perl nor python to open it without following links"


def _young(situation: Situation, file: LogFile) -> str:
    age, keep = situation.now - file.modified, situation.policy.keep
    if set_aside(file.path):
        return ""
    if is_dated(file.path) and age < TODAY:
        return f"it was written {age_words(age)} ago and may be today's log, opened again for each line"
    return f"it is {age_words(age)} old, and the policy keeps {age_words(keep)}" if keep is not None and age < keep else ""


def _why(situation: Situation, file: LogFile) -> str:
    return f"rotated, last written {age_words(situation.now - file.modified)} ago, open nowhere"


PLUGIN = Source(name=NAME, rank=30, needs=("log_files", "toolbox", "disks"), candidates=candidates)
