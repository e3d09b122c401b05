"""What a run stands at after its events."""

from datetime import UTC, datetime

import pytest

from healer.model.action import Action, Owe, Run, Skip
from healer.model.events import (
    ActEnded,
    ActIntended,
    DebtOwed,
    Event,
    HostAcknowledged,
    HostEnded,
    HostHeld,
    HostLooked,
    LeaseTaken,
    Note,
    PlayStarted,
    RunEnded,
    RunHalted,
    RunResumed,
    RunStarted,
    SlotTaken,
    Stamped,
    TaskEnded,
    TaskPlanned,
    VersionsFrozen,
)
from healer.model.facts import Verdict
from healer.model.policy import FrozenVersions, Member
from healer.model.services import LEFT_ALONE
from healer.rollout.fleet import fleet_of
from healer.rollout.fold import Folding, PerHost, RunState, advance, fold
from healer.rollout.machine import IllegalMove

GOOD = Verdict.GOOD
STARTED = RunStarted("patch", "patch.yml", "d1", "d2", ("h1", "h2"), "ann", {"inventory": "{}"})
PLAY = PlayStarted(0, "web", ("h1", "h2"))


def stamped(*events: Event) -> list[Stamped]:
    """Return the events as a journal keeps them."""
    return [Stamped(number, "r1", datetime(2026, 1, 1, tzinfo=UTC), event) for number, event in enumerate(events, 1)]


def run(*events: Event) -> RunState:
    """Return the state after the events, folded as a whole and one by one alike."""
    state = RunState()
    for one in stamped(*events):
        state = advance(state, one)
    whole = fold(stamped(*events))
    assert (whole.plays, dict(whole.results), dict(whole.acts)) == (state.plays, dict(state.results), dict(state.acts))
    return whole


@pytest.mark.parametrize(
    ("verdict", "status", "tried"), [(GOOD, 0, True), (GOOD, LEFT_ALONE, False), (Verdict.BAD, LEFT_ALONE, True), (None, None, True)]
)
def test_a_try_is_one_unless_it_was_left_to_somebody_else(*, verdict: Verdict | None, status: int | None, tried: bool) -> None:
    """A rung counts from its intent on, but not where the host says that nothing was done because somebody else was at the service."""
    intent = ActIntended("h1", "0/tasks/0", 0, "a", Action("try", Run(("x",)), unit="app.service", rung="start"))
    ends = [] if verdict is None else [ActEnded("h1", "0/tasks/0", 0, "a", verdict, changed=False, status=status)]
    state = RunState(acts=PerHost({"h1": {("0/tasks/0", 0): (intent, ends[0] if ends else None)}}))
    assert tried == (state.tried("h1") == (("app.service", "start"),))


def test_the_run_itself() -> None:
    """The state tells who started what for which hosts, and how far its events were read."""
    state = run(STARTED, PLAY)
    assert ("r1", "ann", ("h1", "h2"), {"inventory": "{}"}, 0, 2) == (
        state.run,
        state.actor,
        state.hosts,
        state.documents,
        state.play,
        state.last,
    )
    assert ((), {}) == (RunState().hosts, RunState().documents)


def test_a_resume_takes_back_halt_and_end() -> None:
    """Whether a run is halted is asked anew by whoever resumes it."""
    halted = run(STARTED, RunHalted(""), RunEnded(5))
    assert ("halted", 5) == (halted.halted, halted.exit_code)
    resumed = run(STARTED, RunHalted("why"), RunEnded(5), RunResumed("bob"))
    assert ("", None, 1, "bob") == (resumed.halted, resumed.exit_code, resumed.resumed, resumed.actor)


def test_hosts_stand_per_play() -> None:
    """Each play has its own state of a host; debts and holds go along into the next."""
    second = PlayStarted(1, "db", ("h1",))
    state = run(PLAY, HostLooked("h1", 0, GOOD), DebtOwed("h1", Owe("reboot", "x")), HostEnded("h1", 0, "ok"), second)
    assert ("ended", "pending", "pending") == (state.host(0, "h1").stage, state.host(1, "h1").stage, state.host(7, "h9").stage)
    assert (Owe("reboot", "x"),) == state.host(1, "h1").debts
    assert ("web", "db") == (state.plays[0].name, state.plays[1].name)


def test_a_play_that_is_announced_again_goes_on() -> None:
    """A resume that starts the same play again loses nothing."""
    assert "looked" == run(PLAY, HostLooked("h1", 0, GOOD), PLAY).host(0, "h1").stage


def test_members_outside_the_limit_enter_by_their_look() -> None:
    """A host that the play was not started with is known from its first look on."""
    assert "looked" == run(PLAY, HostLooked("h9", 0, GOOD)).host(0, "h9").stage


def test_events_without_a_play_belong_to_the_current_one() -> None:
    """A lease has no play of its own; before any play there is nothing to move."""
    state = run(LeaseTaken("h1", "b0", 1), PLAY, LeaseTaken("h1", "b1", 2))
    assert "b1" == state.host(0, "h1").lease.boot_id


def test_an_address_names_its_play() -> None:
    """A task event belongs to the play in its address, also when that is not the current one; a strange address to the current one."""
    act = ActIntended("h1", "0/prepare/0", 0, "a1", Action("x", Run(("true",))))
    assert "0/prepare/0" == run(PLAY, PlayStarted(1, "db", ("h1",)), act).host(0, "h1").open_address
    assert 1 == len(run(PLAY, TaskEnded("h1", "odd", GOOD, changed=False)).results)


def test_events_of_a_play_that_never_began_are_refused() -> None:
    """A play must be started before anything happens in it; the folding stays as it was."""
    folding = Folding(stamped(PLAY))
    before = folding.state
    with pytest.raises(IllegalMove, match="play 3 was not started"):
        folding.check(HostLooked("h1", 3, GOOD))
    with pytest.raises(IllegalMove):
        folding.advance(Stamped(9, "r1", datetime(2026, 1, 1, tzinfo=UTC), SlotTaken("h1", 0)))
    assert before is folding.state


def test_what_the_interpreter_replays() -> None:
    """Results and decisions are found by host and address, acts by host, address and index, with whatever half is there."""
    action = Action("x", Run(("true",)))
    planned = TaskPlanned("h1", "0/tasks/0", "t", "s", Skip("why"))
    intent, other = (ActIntended("h1", "0/tasks/0", index, f"a{index}", action) for index in (0, 1))
    result = ActEnded("h1", "0/tasks/0", 0, "a0", GOOD, changed=True)
    look = ActEnded("h2", "0/tasks/0", 0, "a9", GOOD, changed=False)
    ended = TaskEnded("h1", "0/tasks/0", GOOD, changed=True)
    state = run(PLAY, HostLooked("h1", 0, GOOD), SlotTaken("h1", 0), planned, intent, result, other, look, ended)
    assert (planned, ended) == (state.decisions["h1", "0/tasks/0"], state.results["h1", "0/tasks/0"])
    assert (intent, result) == state.act("h1", "0/tasks/0", 0)
    assert (other, None) == state.act("h1", "0/tasks/0", 1)
    assert (None, look) == state.act("h2", "0/tasks/0", 0)
    assert (None, None) == state.act("h9", "0/tasks/0", 0)
    assert (None, [("h1", "0/tasks/0")]) == (state.results.get(("h9", "x")), list(state.results))
    assert {"0/tasks/0": ended} == dict(state.results.of("h1"))
    assert {} == dict(state.results.of("h9"))


def test_a_snapshot_never_changes() -> None:
    """A state that was handed out is the same after later events, and the same object while nothing happened."""
    folding = Folding(stamped(PLAY))
    before = folding.state
    assert before is folding.state
    folding.advance(stamped(HostLooked("h1", 0, GOOD))[0])
    assert ("pending", "looked") == (before.host(0, "h1").stage, folding.state.host(0, "h1").stage)


def test_versions_are_frozen_by_group_and_release() -> None:
    """What two canaries of one release proved is one set; groups and releases are apart."""
    frozen = [
        VersionsFrozen(g, FrozenVersions(k, v)) for g, k, v in [("web", "k", {"a": "1"}), ("web", "k", {"b": "2"}), ("db", "k", {"a": "9"})]
    ]
    state = run(PLAY, *frozen)
    assert {"a": "1", "b": "2"} == state.frozen["web"]["k"].versions
    assert {"a": "9"} == state.frozen["db"]["k"].versions


def test_holds_stand_until_somebody_looked() -> None:
    """A hold is listed with its reason until it is acknowledged, also outside of any play."""
    assert {"h1": "why"} == run(HostHeld("h1", "why"), HostHeld("h2", "x"), HostAcknowledged("h2", "me"), Note("", "text")).holds


def test_the_next_play_knows_what_the_last_one_broke() -> None:
    """Hosts that an earlier play left behind are left alone and their failures count in later plays."""
    looks = [HostLooked(host, 0, GOOD) for host in ("h1", "h2")]
    ends = [HostEnded("h1", 0, "failed", "broken"), HostEnded("h2", 0, "unreachable")]
    fleet = fleet_of(run(PLAY, *looks, *ends, PlayStarted(1, "db", ("h1", "h2"))), 1, [Member("h1", "web"), Member("h2", "web")])
    assert {"h1": "failed in an earlier play: broken", "h2": "unreachable in an earlier play: no reason given"} == fleet.left
    assert {"h1": "failed in an earlier play: broken"} == fleet.failures
