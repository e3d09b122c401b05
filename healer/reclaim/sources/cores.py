"""Memory dumps of programs and of the kernel: only where the policy lists them, for somebody may still want to know why."""

from collections.abc import Iterator

from healer.model.facts import Unknown
from healer.model.logs import Leftover, Toolbox
from healer.reclaim.candidates import freeing
from healer.reclaim.methods import Method
from healer.reclaim.remains import as_file, forbidden, left_alone, look_anew, remains, seen_open
from healer.reclaim.sources.contract import Candidate, Situation, Source
from healer.reclaim.words import age_words, who

NAME = "cores"
SETTLED = 600.0
"""Seconds without a write after which a dump is taken to be whole: while the kernel writes one, nobody has it open."""


def candidates(situation: Situation) -> Iterator[Candidate]:
    """Yield the dumps, the oldest first."""
    for leftover in sorted(remains(situation, "core", "crash"), key=lambda one: (one.modified, one.path)):
        why = _against(situation, leftover)
        yield left_alone(NAME, leftover, why) if why else _offer(situation, leftover)


def _against(situation: Situation, leftover: Leftover) -> str:
    toolbox, age = situation.facts.read("toolbox", Toolbox), situation.now - leftover.modified
    if age < SETTLED:
        return f"it was written {age_words(age)} ago, and may not be whole yet"
    if situation.policy.keep is not None and age < situation.policy.keep:
        return f"it is {age_words(age)} old, and the policy keeps {age_words(situation.policy.keep)}"
    if isinstance(toolbox, Unknown) or not toolbox.opener:
        return "the host has neither perl nor python to open it without following links"
    return forbidden(situation, leftover) or _in_use(situation, leftover)


def _in_use(situation: Situation, leftover: Leftover) -> str:
    seen = seen_open(situation, leftover)
    if seen is None:
        return ""
    openers = seen if isinstance(seen, Unknown) else seen.openers
    if isinstance(openers, Unknown):
        return f"who has it open is not known: {openers.reason}"
    return f"{who(openers)} has it open" if openers else ""


def _offer(situation: Situation, leftover: Leftover) -> Candidate:
    kind = "a core" if leftover.kind == "core" else "a crash dump"
    why = f"{kind}, last written {age_words(situation.now - leftover.modified)} ago"
    method = Method("delete", 0, leftover.size, leftover.allocated, why)
    return look_anew(freeing(NAME, as_file(leftover), method, archive=situation.policy.archive))


PLUGIN = Source(name=NAME, rank=40, needs=("leftovers", "log_files", "toolbox", "disks"), candidates=candidates, listed=True)
