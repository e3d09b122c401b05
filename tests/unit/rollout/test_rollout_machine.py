"""One host in a play: which event may follow which, and what the state carries."""

from dataclasses import replace

import pytest

from healer.model.action import Action, Archive, CallPython, Job, LookAgain, Owe, ProbeUntil, Reboot, Run, Skip
from healer.model.events import (
    ActEnded,
    ActIntended,
    DebtOwed,
    DebtPaid,
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
    RunHalted,
    SlotTaken,
    SoakStarted,
    TaskEnded,
    TaskPlanned,
    Undrained,
)
from healer.model.facts import Verdict
from healer.model.files import Span
from healer.rollout.machine import HostState, IllegalMove, move, mutates

GOOD, BAD, UNKNOWN = Verdict.GOOD, Verdict.BAD, Verdict.UNKNOWN
RESTART = Action("Restart", Run(("true",)))


def after(*events: Event) -> HostState:
    """Return the state after the events."""
    state = HostState("h1")
    for event in events:
        state = move(state, event)
    return state


def intent(act: str = "a1", address: str = "0/tasks/0", action: Action = RESTART, on: str = "") -> ActIntended:
    """Return an intent."""
    return ActIntended("h1", address, 0, act, action, on=on)


def result(verdict: Verdict, act: str = "a1", address: str = "0/tasks/0") -> ActEnded:
    """Return a result."""
    return ActEnded("h1", address, 0, act, verdict, changed=True)


def end(terminal: str) -> HostEnded:
    """Return an end."""
    return HostEnded("h1", 0, terminal, "because")  # type: ignore[arg-type]  # the tests name terminals


LOOKED = HostLooked("h1", 0, GOOD, before={"ports": [80]})
PREPARED = HostPrepared("h1", 0, GOOD)
SLOT = SlotTaken("h1", 0, "canary")
DRAINED, UNDRAINED = Drained("h1", 0), Undrained("h1", 0)
SOAK = SoakStarted("h1", 0, 5.0)

LEGAL = [
    ((LOOKED,), "looked"),
    ((LOOKED, PREPARED), "prepared"),
    ((LOOKED, SLOT), "running"),
    ((LOOKED, PREPARED, SLOT), "running"),
    ((LOOKED, SLOT, LOOKED), "running"),
    ((LOOKED, SLOT, DRAINED, UNDRAINED, SOAK), "soaking"),
    ((LOOKED, SLOT, SOAK, SOAK), "soaking"),
    ((LOOKED, SLOT, SOAK, end("changed")), "ended"),
    ((end("unreachable"),), "ended"),
    ((LOOKED, intent(address="0/prepare/0")), "looked"),
    ((LOOKED, SLOT, intent(), intent()), "running"),
    ((LOOKED, SLOT, intent(), result(UNKNOWN), result(GOOD)), "running"),
    ((LOOKED, SLOT, intent(), end("held")), "ended"),
    ((LOOKED, SLOT, DRAINED, end("failed")), "ended"),
    ((LOOKED, SLOT, Drained("h1", 0, found=True), end("ok")), "ended"),
    ((LOOKED, SLOT, end("ok"), HostHeld("h1", "why"), HostAcknowledged("h1", "me"), Note("h1", "a note")), "ended"),
]


@pytest.mark.parametrize(("events", "stage"), LEGAL)
def test_what_may_follow_what(events: tuple[Event, ...], stage: str) -> None:
    """A host goes from pending over look, preparation, slot and soak to its end."""
    assert stage == after(*events).stage


ILLEGAL = [
    ((), SLOT, "after the look"),
    ((), PREPARED, "before its slot"),
    ((LOOKED, PREPARED), PREPARED, "once"),
    ((LOOKED, SLOT), SLOT, "once"),
    ((LOOKED,), DRAINED, "only a host in a slot is drained"),
    ((LOOKED, SLOT), UNDRAINED, "not drained by this run"),
    ((LOOKED, SLOT, Drained("h1", 0, found=True)), UNDRAINED, "not drained by this run"),
    ((LOOKED,), intent(), "acts need a slot"),
    ((LOOKED, SLOT, intent()), intent("a2"), "the result of 0/tasks/0 is not known yet"),
    ((LOOKED, SLOT, intent()), result(GOOD, "a2"), "is not known yet"),
    ((LOOKED, SLOT, intent(), result(UNKNOWN)), intent("a2"), "is not known yet"),
    ((LOOKED,), GateJudged("h1", 0, GOOD), "in a slot"),
    ((LOOKED,), SOAK, "in a slot"),
    ((LOOKED, SLOT, DRAINED), SOAK, "still drained"),
    ((LOOKED, SLOT, GateJudged("h1", 0, BAD)), SOAK, "gate was not good"),
    ((LOOKED, SLOT, GateJudged("h1", 0, UNKNOWN)), end("changed"), "gate was not good"),
    ((LOOKED, SLOT, DRAINED), end("skipped"), "still drained"),
    ((LOOKED, SLOT, intent()), end("ok"), "is not known yet"),
    ((end("ok"),), end("ok"), "has ended (ok)"),
    ((LOOKED, SLOT, end("ok")), LOOKED, "has ended"),
    ((LOOKED,), RunHalted("why"), "does not concern a host"),
]


@pytest.mark.parametrize(("events", "event", "why"), ILLEGAL)
def test_what_may_not_follow_is_refused(events: tuple[Event, ...], event: Event, why: str) -> None:
    """A move that makes no sense raises with the state, the event and the reason, and counts as a damaged journal."""
    state = after(*events)
    with pytest.raises(IllegalMove) as caught:
        move(state, event)
    assert why in str(caught.value)
    assert (state, event, 74) == (caught.value.state, caught.value.event, caught.value.exit_code)


def test_only_acts_in_a_slot_on_the_host_itself_count_as_acted() -> None:
    """Preparation, looks, archives and delegated acts leave the host untouched."""
    look = Action("Look", Run(("true",), mutating=False))
    archive = Action("Archive", Archive(Span("/var/log/a.log", 1, 2, 0, 3)))
    in_slot = (LOOKED, SLOT)
    assert not after(LOOKED, intent(address="0/prepare/0")).acted
    assert not after(*in_slot, intent(action=look)).acted
    assert not after(*in_slot, intent(action=archive)).acted
    assert not after(*in_slot, intent(on="lb1")).acted
    assert after(*in_slot, intent()).acted
    assert after(*in_slot, intent(on="h1")).acted


def test_what_disrupts_is_remembered_wherever_it_was_done() -> None:
    """An act that disrupts counts from its intent on, also where it was delegated; looks, preparation and harmless acts do not."""
    look = Action("Look", Run(("true",), mutating=False))
    in_slot, harmless = (LOOKED, SLOT), intent(action=replace(RESTART, disruptive=False))
    assert not after(LOOKED, intent(address="0/prepare/0")).disrupted
    assert not after(*in_slot, intent(action=look)).disrupted
    assert (True, False) == (after(*in_slot, harmless).acted, after(*in_slot, harmless).disrupted)
    assert after(*in_slot, intent(on="lb1")).disrupted
    assert after(*in_slot, intent(), result(GOOD), replace(harmless, act="a2")).disrupted


def test_which_actions_change_a_host() -> None:
    """Commands that look, probes and second readings change nothing; everything else may."""
    assert all(mutates(Action("", verb)) for verb in (Run(("true",)), Job("true"), Reboot(), CallPython("f.py", "f")))
    assert not any(mutates(Action("", verb)) for verb in (Run(("true",), mutating=False), ProbeUntil("tcp"), LookAgain()))


def test_an_open_act_has_an_address() -> None:
    """An intent without a known result is open under its address; its result closes it."""
    assert "0/tasks/0" == after(LOOKED, SLOT, intent(), result(UNKNOWN)).open_address
    assert "" == after(LOOKED, SLOT, intent(), result(BAD)).open_address


def test_the_result_of_a_look_changes_nothing() -> None:
    """An ActEnded without an open act is that of a look."""
    assert after(LOOKED, SLOT) == after(LOOKED, SLOT, result(GOOD))


def test_a_settled_act_leads_back_into_the_slot() -> None:
    """When the open act of an ended host is settled the host goes on where it stood, and may end again."""
    held = (LOOKED, SLOT, intent(), end("held"))
    assert ("running", None) == (after(*held, result(GOOD)).stage, after(*held, result(GOOD)).terminal)
    assert "ended" == after(*held, result(UNKNOWN)).stage
    assert "looked" == after(LOOKED, intent(address="0/prepare/0"), end("unknown"), result(GOOD, address="0/prepare/0")).stage
    assert "ended" == after(*held, result(GOOD), end("changed")).stage


def test_gates_compare_with_the_last_look_before_the_first_act() -> None:
    """A later look tells the health but never what the gate compares with."""
    later = replace(LOOKED, health=BAD, before={"ports": []})
    assert {"ports": []} == after(LOOKED, SLOT, later).before
    state = after(LOOKED, SLOT, intent(), later)
    assert ({"ports": [80]}, BAD) == (state.before, state.health)


def test_handlers_are_owed_until_they_ran_well() -> None:
    """A notified handler is owed once, paid by its own good end, and by a host that ends whole."""
    notify = TaskEnded("h1", "0/tasks/0", GOOD, changed=True, notified=("restart", "reload", "restart"))
    planned = TaskPlanned("h1", "0/handlers-tasks/0", "restart", "service", Skip(""))
    assert ("restart", "reload") == after(LOOKED, SLOT, notify, notify).handlers
    paid = (LOOKED, SLOT, notify, planned, TaskEnded("h1", "0/handlers-tasks/0", GOOD, changed=True))
    assert ("reload",) == after(*paid).handlers
    assert ("reload",) == after(*paid, end("failed")).handlers
    assert () == after(*paid, end("changed")).handlers
    failed = TaskEnded("h1", "0/handlers-tasks/0", BAD, changed=True)
    assert ("restart", "reload") == after(LOOKED, SLOT, notify, planned, failed).handlers


def test_a_host_carries_lease_hold_and_debts() -> None:
    """The lease is the last one; a hold is lifted by a person; a debt of a kind is owed once until it is paid."""
    lease = LeaseTaken("h1", "boot", 3)
    owed = (LOOKED, DebtOwed("h1", Owe("reboot", "old")), DebtOwed("h1", Owe("reboot", "new")))
    assert lease == after(LOOKED, lease).lease
    assert "held" == after(HostHeld("h1", "")).held
    assert "" == after(HostHeld("h1", "why"), HostAcknowledged("h1", "me")).held
    assert (Owe("reboot", "new"),) == after(*owed).debts
    assert () == after(*owed, DebtPaid("h1", "reboot")).debts
