"""Asks a probe until the answer holds: one good answer can be the old process still answering."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from healer.model.facts import Verdict
from healer.observe.probes.contract import Answer, Probe, Vantage
from healer.ports import Clock

SHORTEST = 1.0
"""Seconds that even the last question gets: an answer cut short by our own clock would look bad and say nothing."""


NEVER_ASKED = Answer(Verdict.UNKNOWN, "the probe was never asked")


@dataclass(frozen=True, slots=True)
class Row:
    """The answers so far, folded: how many good ones in a row, whether any was bad, and the last one."""

    good: int = 0
    any_bad: bool = False
    last: Answer = NEVER_ASKED

    def then(self, answer: Answer) -> "Row":
        """Add an answer. Unknown is no proof, so it breaks a row of good ones, but it counts as bad nowhere."""
        good = self.good + 1 if answer.verdict is Verdict.GOOD else 0
        return Row(good, self.any_bad or answer.verdict is Verdict.BAD, answer)


def probe_until(
    probe: Probe,
    vantage: Vantage,
    arguments: Mapping[str, object],
    *,
    timeout: float,
    interval: float,
    consecutive: int,
    clock: Clock,
) -> Answer:
    """Ask every `interval` seconds until `consecutive` answers in a row were good, for at most `timeout` seconds (asked at least once).

    When the time is over: the last answer if that was bad or unknown; a row of good ones that was too short is bad if any answer before
    was bad, and unknown otherwise.
    """
    row = Row()
    for left in _rounds(clock, timeout, interval):
        row = row.then(probe.ask(vantage, arguments, max(left, SHORTEST)))
        if row.good >= max(consecutive, 1):
            return row.last
    return verdict(row, consecutive, timeout)


def _rounds(clock: Clock, timeout: float, interval: float) -> Iterator[float]:
    """Yield the seconds that are left, once at the start and then after every interval."""
    end = clock.monotonic() + timeout
    yield timeout
    while (left := end - clock.monotonic()) > 0:
        clock.sleep(min(interval, left))
        if (left := end - clock.monotonic()) > 0:
            yield left


def verdict(row: Row, consecutive: int, timeout: float) -> Answer:
    """Return the answer when the time is over without a proof."""
    waited = f"within {timeout:g} s"
    if row.last.verdict is not Verdict.GOOD:
        return Answer(row.last.verdict, f"{row.last.reason} ({waited})")
    short = f"only {row.good} of {consecutive} good answers in a row {waited}: {row.last.reason}"
    return Answer(Verdict.BAD if row.any_bad else Verdict.UNKNOWN, short)
