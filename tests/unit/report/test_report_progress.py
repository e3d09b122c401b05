"""The rows of the live table, folded from events as they come."""

from datetime import UTC, datetime, timedelta

import pytest

from healer.model.action import Action, Run, Skip
from healer.model.events import (
    ActEnded,
    ActIntended,
    Drained,
    Event,
    GateJudged,
    HostAcknowledged,
    HostEnded,
    HostHeld,
    HostLooked,
    HostPrepared,
    LeaseTaken,
    Note,
    PlayStarted,
    RunHalted,
    SlotTaken,
    SoakStarted,
    Stamped,
    TaskPlanned,
    Terminal,
    Undrained,
)
from healer.model.facts import Verdict
from healer.report.progress import Limits, Row, Shown, feed, headline, with_reasons

START = datetime(2026, 1, 1, tzinfo=UTC)
PLAY = PlayStarted(0, "Patch", ("h1", "h2"))
GOOD = Verdict.GOOD
INTENT = ActIntended("h1", "0/tasks/0", 0, "a", Action("upgrade 2 packages", Run(("true",))))


def shown(*events: Event) -> Shown:
    """Return what is shown after the play has begun and these events, one a second."""
    result = Shown(plays=(Limits(2, 1),))
    for number, event in enumerate((PLAY, *events)):
        result = feed(result, Stamped(number, "r1", START + timedelta(seconds=number), event))
    return result


def row(*events: Event) -> Row:
    """Return the row of h1."""
    return shown(*events).rows["h1"]


@pytest.mark.parametrize(
    ("events", "stage", "step", "note"),
    [
        ((), "looking", "", ""),
        ((HostLooked("h1", 0, GOOD),), "waiting", "", ""),
        ((TaskPlanned("h1", "0/prepare/0", "Refresh", "packages", Skip("x")),), "preparing", "Refresh", ""),
        ((TaskPlanned("h1", "0/tasks/0", "Upgrade", "packages", Skip("x")),), "planning", "Upgrade", ""),
        ((HostPrepared("h1", 0, Verdict.BAD, "no room"),), "waiting", "", "no room"),
        ((SlotTaken("h1", 0, "canary"),), "working", "", ""),
        ((SlotTaken("h1", 0), TaskPlanned("h1", "0/tasks/0", "Upgrade", "packages", Skip("x"))), "working", "Upgrade", ""),
        ((SlotTaken("h1", 0), HostLooked("h1", 0, GOOD)), "working", "", ""),
        ((SlotTaken("h1", 0), INTENT), "working", "", "upgrade 2 packages"),
        ((INTENT, ActEnded("h1", "0/tasks/0", 0, "a", GOOD, changed=True)), "looking", "", "upgrade 2 packages"),
        ((SlotTaken("h1", 0), Drained("h1", 0)), "working", "", "drained"),
        ((SlotTaken("h1", 0), Drained("h1", 0, found=True)), "working", "", "was drained already"),
        ((SlotTaken("h1", 0), Undrained("h1", 0)), "working", "", "back in service"),
        ((SlotTaken("h1", 0), GateJudged("h1", 0, GOOD)), "working", "health gate", "healthy"),
        ((SlotTaken("h1", 0), GateJudged("h1", 0, Verdict.BAD, ("nginx failed",))), "working", "health gate", "nginx failed"),
        ((SlotTaken("h1", 0), SoakStarted("h1", 0, 10)), "soaking", "", "watched in service for 10 s"),
        ((HostHeld("h1", "ill"),), "held", "", "ill"),
        ((HostAcknowledged("h1", "ann"),), "looking", "", "hold lifted by ann"),
        ((Note("h1", "waits for apt"),), "looking", "", "waits for apt"),
        ((LeaseTaken("h1", "b", 1),), "looking", "", ""),
        ((HostEnded("h1", 0, "ok", "nothing to do"),), "ok", "", "nothing to do"),
    ],
)
def test_a_row_follows_its_host(events: tuple[Event, ...], stage: str, step: str, note: str) -> None:
    """Stage, step and note are what the newest events say; a look in the slot does not take the host out of it."""
    now = row(*events)
    assert (stage, step, note) == (now.stage, now.step, now.note)


def test_the_time_runs_in_the_slot_only() -> None:
    """It begins with the slot, stands still at the end, and there is none before."""
    later = START + timedelta(seconds=60)
    assert row().seconds(later) is None
    assert 59.0 == row(SlotTaken("h1", 0)).seconds(later)
    assert 1.0 == row(SlotTaken("h1", 0), HostEnded("h1", 0, "ok")).seconds(later)


@pytest.mark.parametrize(
    ("slot", "terminal", "acted", "failed"),
    [
        (True, "failed", False, True),
        (True, "held", True, True),
        (False, "held", False, False),
        (True, "unreachable", False, False),
        (True, "unreachable", True, True),
        (True, "refused", False, False),
        (True, "changed", True, False),
    ],
)
def test_failures_are_counted_as_the_rollout_does(slot: bool, terminal: Terminal, acted: bool, failed: bool) -> None:
    """What the run never got as far as spends nothing of the failure budget."""
    events: list[Event] = [SlotTaken("h1", 0)] if slot else []
    assert int(failed) == shown(*events, HostEnded("h1", 0, terminal, "", acted=acted)).failures


def test_the_headline() -> None:
    """Done of all, slots in use of those allowed, failures of those borne."""
    assert "Patch   1/2 done   slots 1/2   failures 1/1" == headline(shown(SlotTaken("h2", 0), HostEnded("h1", 0, "failed")))


def test_the_headline_without_limits() -> None:
    """Where the limits are not known they are left out."""
    assert "Patch   0/2 done" == headline(feed(Shown(), Stamped(0, "r1", START, PLAY)))


def test_waiting_hosts_get_their_reason() -> None:
    """Only hosts that have not begun wait; whoever is at work keeps its own note."""
    now = with_reasons(shown(HostLooked("h2", 0, GOOD), SlotTaken("h1", 0)), {"h1": "x", "h2": "waits for the canary h1", "h9": "x"})
    assert ("working", "") == (now.rows["h1"].stage, now.rows["h1"].note)
    assert ("waiting", "waits for the canary h1") == (now.rows["h2"].stage, now.rows["h2"].note)
    assert {"h1", "h2"} == set(now.rows)


def test_a_halt_is_shown() -> None:
    """Its reason stands over the rows until the run ends."""
    assert "too many" == shown(RunHalted("too many")).halted


def test_strangers_have_no_row() -> None:
    """Events of hosts outside of the play change nothing."""
    assert shown() == shown(HostEnded("other", 0, "ok"))
