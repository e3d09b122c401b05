"""The plain lines of a run, for logs and mails."""

from datetime import UTC, datetime

import pytest

from healer.model.action import Act, Action, Owe, Refuse, Run, Skip
from healer.model.events import (
    ActEnded,
    ActIntended,
    DebtOwed,
    Drained,
    Event,
    GateJudged,
    HostEnded,
    HostHeld,
    HostLooked,
    LeaseTaken,
    Note,
    PlayStarted,
    RunHalted,
    SlotTaken,
    SoakStarted,
    Stamped,
    TaskEnded,
    TaskPlanned,
    Undrained,
)
from healer.model.facts import Verdict
from healer.report.log_lines import WIDEST, log_lines

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
GOOD, BAD = Verdict.GOOD, Verdict.BAD
ACTION = Action("upgrade 2 packages", Run(("true",)))
FAILED = ActEnded("h1", "0/tasks/0", 0, "a", BAD, changed=False, reason="exit 1", output="one\ntwo")


def lines(event: Event, level: int = 0, *, check: bool = False) -> list[str]:
    """Return the lines without their times."""
    return [line.partition(" ")[2] for line in log_lines(Stamped(1, "r1", AT, event), level, check=check)]


def test_a_line_begins_with_its_time() -> None:
    """Times are UTC, as in ISO 8601, to the second."""
    assert ("2026-01-02T03:04:05Z h1: starts",) == log_lines(Stamped(1, "r1", AT, SlotTaken("h1", 0)))


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (PlayStarted(0, "Patch", ("h1", "h2")), "play Patch: 2 hosts"),
        (PlayStarted(0, "", ("h1",)), "play 1: 1 host"),
        (RunHalted("too many"), "halted: too many"),
        (SlotTaken("h1", 0, "canary"), "h1: starts as canary"),
        (ActIntended("h1", "0/tasks/0", 0, "a", ACTION), "h1: upgrade 2 packages"),
        (FAILED, "h1: bad: exit 1"),
        (TaskEnded("h1", "0/tasks/0", BAD, changed=False, ignored=True, reason="no"), "h1: failed, ignored: no"),
        (HostEnded("h1", 0, "changed"), "h1: changed"),
        (HostEnded("h1", 0, "failed", "exit 1"), "h1: failed: exit 1"),
        (HostLooked("h1", 0, BAD, "nginx failed"), "h1: not healthy before the run: nginx failed"),
        (HostLooked("h1", 0, Verdict.UNKNOWN, "no answer"), "h1: cannot be judged: no answer"),
        (SoakStarted("h1", 0, 10), "h1: in service, watched for 10 s"),
        (Drained("h1", 0), "h1: drained"),
        (Drained("h1", 0, found=True), "h1: was drained already"),
        (Undrained("h1", 0), "h1: back in service"),
        (GateJudged("h1", 0, GOOD), "h1: health gate: good"),
        (GateJudged("h1", 0, BAD, ("a", "b")), "h1: health gate: bad: a; b"),
        (HostHeld("h1", "ill"), "h1: is held until a person has looked: healer ack h1"),
        (DebtOwed("h1", Owe("reboot", "new kernel")), "h1: owes: reboot: new kernel"),
        (Note("h1", "waits for apt"), "h1: waits for apt"),
    ],
)
def test_what_people_want_to_know_is_one_line(event: Event, expected: str) -> None:
    """Each of these events is told at every level, in one line."""
    assert [expected] == lines(event)


@pytest.mark.parametrize(
    "event", [LeaseTaken("h1", "b", 1), HostLooked("h1", 0, GOOD), TaskPlanned("h1", "0/tasks/0", "T", "s", Skip("x"))]
)
def test_what_only_machines_want_is_not_told(event: Event) -> None:
    """A quiet run is a short log."""
    assert [] == lines(event)


def test_level_one_tells_tasks() -> None:
    """With -v each task is told with its decision."""
    told = [lines(TaskPlanned("h1", "0/tasks/0", "T", "s", one), 1) for one in (Act((ACTION,)), Skip("none"), Refuse("unknown"))]
    assert [["h1: task T: 1 action"], ["h1: task T: skipped: none"], ["h1: task T: refused: unknown"]] == told


def test_level_one_tells_the_output_of_a_failure() -> None:
    """With -v what a failed act printed follows its line."""
    assert ["h1: bad: exit 1", "h1:   | one", "h1:   | two"] == lines(FAILED, 1)


def test_level_two_tells_every_event() -> None:
    """With -vv nothing is left out, and no line is endless."""
    assert ["h1: lease_taken boot_id=b epoch=1"] == lines(LeaseTaken("h1", "b", 1), 2)
    assert WIDEST == len(lines(LeaseTaken("h1", "b" * 500, 1), 2)[0])


def test_a_dry_run_has_changed_nothing() -> None:
    """In a dry run the end is told as what was found."""
    assert ["h1: work was found"] == lines(HostEnded("h1", 0, "changed", "work was found"), check=True)
