"""Asking a probe until the answer holds."""

from collections.abc import Mapping
from datetime import UTC, datetime

from healer.model.command import Command, CommandResult
from healer.model.facts import Unknown, Verdict
from healer.observe.probes.contract import Answer, Probe, Vantage
from healer.ports import ByteStream
from healer.verify.settle import probe_until

WORDS = {"g": Verdict.GOOD, "b": Verdict.BAD, "u": Verdict.UNKNOWN}


class Script:
    """A probe that answers from a text, a letter a time, the last one for ever, and takes `lasts` seconds each time."""

    def __init__(self, answers: str, clock: "HandClock", lasts: float = 0.0) -> None:
        self.answers, self.clock, self.lasts = answers, clock, lasts
        self.timeouts: list[float] = []

    def ask(self, vantage: Vantage, arguments: Mapping[str, object], timeout: float) -> Answer:
        letter = self.answers[min(len(self.timeouts), len(self.answers) - 1)]
        self.timeouts.append(timeout)
        self.clock.time += self.lasts
        return Answer(WORDS[letter], letter)


class HandClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def jitter(self, most: float) -> float:
        return 0.0


class Nowhere:
    """A place that is never really asked."""

    def run(self, command: Command) -> CommandResult:
        return CommandResult(Unknown("nowhere"))

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        raise OSError


def settled(answers: str, *, timeout: float = 10.0, consecutive: int = 1, lasts: float = 0.0) -> tuple[Answer, Script, HandClock]:
    """Ask the scripted probe until it holds."""
    clock = HandClock()
    script = Script(answers, clock, lasts)
    probe = Probe("script", script.ask)
    answer = probe_until(probe, Nowhere(), {}, timeout=timeout, interval=2.0, consecutive=consecutive, clock=clock)
    return answer, script, clock


def test_good_at_once_ends_at_once() -> None:
    """One good answer is enough where one is asked for, and nobody sleeps."""
    answer, script, clock = settled("g")
    assert (Verdict.GOOD, 1, 0.0) == (answer.verdict, len(script.timeouts), clock.time)


def test_good_must_hold_in_a_row() -> None:
    """A bad answer starts the row of good ones anew."""
    answer, script, _ = settled("gbggg", consecutive=3)
    assert (Verdict.GOOD, 5) == (answer.verdict, len(script.timeouts))


def test_unknown_is_no_link_in_a_row() -> None:
    """An unknown answer between good ones starts the row anew."""
    answer, script, _ = settled("gugg", consecutive=2)
    assert (Verdict.GOOD, 4) == (answer.verdict, len(script.timeouts))


def test_bad_to_the_end_is_bad() -> None:
    """When the time is over the last bad answer is the verdict, with the time in its reason."""
    answer, script, _ = settled("b")
    assert (Answer(Verdict.BAD, "b (within 10 s)"), 5) == (answer, len(script.timeouts))


def test_unknown_to_the_end_is_unknown() -> None:
    """A probe that could not be asked at the end is unknown, whatever came before."""
    assert Verdict.UNKNOWN == settled("bbbbu")[0].verdict


def test_flapping_is_bad() -> None:
    """Good answers that never hold because bad ones come between are bad."""
    assert Answer(Verdict.BAD, "only 1 of 2 good answers in a row within 10 s: g") == settled("gbgbg", consecutive=2)[0]


def test_too_short_a_row_without_a_bad_answer_is_unknown() -> None:
    """Good answers that never held, with no bad one among them, prove nothing either way."""
    assert Verdict.UNKNOWN == settled("ugugg", consecutive=3)[0].verdict


def test_no_time_at_all_still_asks_once() -> None:
    """With no time given the probe is asked once and gets the shortest time."""
    answer, script, _ = settled("g", timeout=0.0)
    assert (Verdict.GOOD, [1.0]) == (answer.verdict, script.timeouts)


def test_each_question_gets_what_is_left() -> None:
    """The time for a question is what is left of the whole, and never less than a second."""
    _, script, _ = settled("b", timeout=5.5, lasts=0.5)
    assert [5.5, 3.0, 1.0] == script.timeouts
