"""The laws of the rollout, over random fleets, groups, failure domains, canaries, limits and fates."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from rollout_simulator import SLOTS, Fate, Simulation

from healer.model.events import HostEnded, SlotTaken, Stamped
from healer.model.facts import Verdict
from healer.model.policy import Member, RolloutPolicy, Share
from healer.rollout.budget import budgets
from healer.rollout.fleet import Fleet, broken_by_us, proves
from healer.rollout.fold import advance, fold
from healer.rollout.machine import LEFT_WHOLE, HostState
from healer.rollout.scheduler import Decision, decide, fleet_with, why_halt

LAWS = settings(max_examples=50, deadline=None)
SHARES = st.one_of(
    st.integers(0, 4).map(lambda n: Share(number=n)), st.sampled_from([10.0, 25.0, 50.0, 100.0]).map(lambda p: Share(percent=p))
)
MOSTLY_WELL = st.sampled_from(["changed", "changed", "changed", "ok", *SLOTS])
HEALTH = st.sampled_from([Verdict.GOOD, Verdict.GOOD, Verdict.GOOD, Verdict.GOOD, Verdict.BAD, Verdict.UNKNOWN])
FATES = st.builds(Fate, health=HEALTH, prepared=HEALTH, slot=MOSTLY_WELL)
POLICIES = st.builds(
    RolloutPolicy,
    max_unavailable=SHARES,
    canary=st.integers(0, 2),
    max_failures=st.integers(0, 3),
    max_fail_percentage=st.one_of(st.none(), st.sampled_from([0.0, 20.0, 50.0, 100.0])),
    barriers=st.lists(SHARES, max_size=3).map(tuple),
)


@st.composite
def fleets(draw: st.DrawFn) -> tuple[Member, ...]:
    """Return up to 10 members, some in failure domains, some outside the limit, some behind others, some in debt, some slow."""
    names = [f"h{number}" for number in range(draw(st.integers(1, 10)))]
    return tuple(
        Member(
            host=name,
            group=draw(st.sampled_from(["web", "db"])),
            domain=draw(st.sampled_from(["", "r1", "r2"])),
            canary=draw(st.sampled_from([False, False, False, True])),
            touchable=draw(st.sampled_from([True, True, True, False])),
            after=draw(st.sampled_from([(), (), (), tuple(names[-1:]), tuple(names[:1])])),
            owes=draw(st.sampled_from([False, False, True])),
            seconds=draw(st.sampled_from([0.0, 2.0, 20.0])),
        )
        for name in names
    )


@st.composite
def simulations(draw: st.DrawFn) -> Simulation:
    """Return a play that has not begun."""
    members = draw(fleets())
    picks = draw(st.lists(st.integers(0, 9), min_size=1, max_size=20))
    counter = iter(range(10**6))
    return Simulation(
        members=members,
        policy=draw(POLICIES),
        fates={member.host: draw(FATES) for member in members},
        prepares=draw(st.booleans()),
        drained=frozenset(draw(st.sets(st.sampled_from([member.host for member in members]), max_size=2))),
        elsewhere=frozenset(draw(st.sets(st.sampled_from([member.host for member in members]), max_size=1))),
        pick=lambda _count: picks[next(counter) % len(picks)],
    )


def decisions(simulation: Simulation) -> list[tuple[Fleet, Decision]]:
    """Run the play and return everything that the scheduler was asked and answered."""
    seen: list[tuple[Fleet, Decision]] = []
    simulation.check = lambda fleet, decision: seen.append((fleet, decision))
    simulation.run()
    return seen


def with_starts(fleet: Fleet, decision: Decision) -> Fleet:
    """Return the fleet with the decision carried out: its ends written, its hosts in their slots."""
    started = {start.host: replace(fleet.of(start.host), stage="running", role=start.role) for start in decision.start}
    ended = fleet_with(fleet, decision.ended)
    return replace(ended, hosts={**ended.hosts, **started})


@LAWS
@given(simulations())
def test_whoever_starts_stays_inside_the_budget(simulation: Simulation) -> None:
    """After a start no group that started somebody has more hosts out of service than it allows, all members counted."""
    for fleet, decision in decisions(simulation):
        after = budgets(simulation.policy, simulation.members, with_starts(fleet, decision))
        groups = {member.host: member.group for member in simulation.members}
        for group in {groups[start.host] for start in decision.start}:
            assert len(after[group].out) <= after[group].allowed


@LAWS
@given(simulations())
def test_never_two_failure_domains(simulation: Simulation) -> None:
    """Hosts in slots, and hosts that the run left broken, are all of one failure domain when somebody of a domain starts."""
    domains = {member.host: member.domain for member in simulation.members}
    for fleet, decision in decisions(simulation):
        after = with_starts(fleet, decision)
        touched = {domains[host] for host, state in after.hosts.items() if domains[host] and (state.in_slot or broken_by_us(state))}
        assert len(touched) <= 1


@LAWS
@given(simulations())
def test_nobody_starts_beside_or_before_the_canaries(simulation: Simulation) -> None:
    """Ordinary members start when no canary is in a slot and enough have proved something; canaries are never more than wanted."""
    groups = {member.host: member.group for member in simulation.members if member.touchable}
    marked = Counter(member.group for member in simulation.members if member.touchable and member.canary)
    for fleet, decision in decisions(simulation):
        after = with_starts(fleet, decision)
        for start in decision.start:
            group = groups[start.host]
            canaries = [after.of(host) for host in groups if groups[host] == group and after.of(host).role == "canary"]
            wanted = (marked[group] or simulation.policy.canary) if simulation.policy.canary else 0
            inside, proved = sum(state.in_slot for state in canaries), sum(map(proves, canaries))
            assert inside + proved <= wanted if start.role == "canary" else (inside == 0 and proved >= wanted)


@LAWS
@given(simulations())
def test_the_run_halts_at_the_first_failure_too_many(simulation: Simulation) -> None:
    """Nobody starts once more hosts failed than max_failures allows or a canary failed; and a halt is never without cause."""
    for fleet, decision in decisions(simulation):
        failures = [state for m in simulation.members if m.touchable and spends_failure_budget(state := fleet.of(m.host))]
        too_many = len(failures) > simulation.policy.max_failures or any(state.role == "canary" for state in failures)
        if too_many:
            assert decision.halt
            assert not decision.start
        if decision.halt and not too_many:
            assert simulation.policy.max_fail_percentage is not None


def spends_failure_budget(state: HostState) -> bool:
    """Say it once more, in other words than the product."""
    if state.stage == "prepared" and state.prepared is Verdict.BAD:
        return True
    if state.terminal in ("unreachable", "refused"):
        return state.acted
    return state.terminal == "failed" or (state.terminal in ("held", "unknown") and state.role != "")


@LAWS
@given(simulations())
def test_whoever_owes_and_whoever_is_slow_starts_first(simulation: Simulation) -> None:
    """Where hosts compete for nothing but the budget: nobody starts before one of its group that owes something or needs longer."""
    members = tuple(replace(member, domain="", after=()) for member in simulation.members)
    simulation.members, simulation.policy = members, replace(simulation.policy, barriers=(), canary=0)
    simulation.drained = simulation.elsewhere = frozenset()
    ranks = {member.host: (not member.owes, -member.seconds) for member in members}
    groups = {member.host: member.group for member in members}
    for fleet, decision in decisions(simulation):
        waiting = [host for host in decision.waits if not fleet.of(host).drained and fleet.of(host).health is Verdict.GOOD]
        for start in decision.start:
            if fleet.of(start.host).health is Verdict.GOOD:
                assert all(ranks[start.host] <= ranks[host] for host in waiting if groups[host] == groups[start.host])


@LAWS
@given(simulations())
def test_a_host_that_an_earlier_run_drained_is_out_until_it_is_back(simulation: Simulation) -> None:
    """It counts in its group's budget until its slot has put it back, and to the end where the play does not know its way back."""
    for fleet, _decision in decisions(simulation):
        out = {host for budget in budgets(simulation.policy, simulation.members, fleet).values() for host in budget.out}
        back = {host for host in simulation.drained if fleet.of(host).role and fleet.of(host).terminal in LEFT_WHOLE}
        assert (simulation.drained - back) | simulation.elsewhere <= out


@LAWS
@given(simulations())
def test_every_host_ends_once_with_a_reason(simulation: Simulation) -> None:
    """A play always ends; every touchable host has ended exactly once, with a reason; hosts outside the limit were never started."""
    simulation.run()
    for member in simulation.members:
        ends = [event for event in _events(simulation.events) if isinstance(event, HostEnded) and event.host == member.host]
        starts = [event for event in _events(simulation.events) if isinstance(event, SlotTaken) and event.host == member.host]
        assert len(ends) == (1 if member.touchable else 0)
        assert all(end.reason for end in ends)
        assert len(starts) <= (1 if member.touchable else 0)


@LAWS
@given(simulations())
def test_every_host_that_waits_is_told_why(simulation: Simulation) -> None:
    """At every moment each touchable host has ended, is in a slot, starts, ends now, or waits with a reason; never two of them."""
    for fleet, decision in decisions(simulation):
        started = {start.host for start in decision.start}
        for member in simulation.members:
            host = member.host
            there = fleet.of(host).in_slot or fleet.of(host).stage == "ended"
            places = [there, host in started, host in decision.ended, bool(decision.waits.get(host))]
            assert sum(places) == (1 if member.touchable or there else 0)


@LAWS
@given(simulations())
def test_the_answer_depends_on_nothing_else(simulation: Simulation) -> None:
    """The same question has the same answer, and when it was carried out there is nothing more to carry out."""
    for fleet, decision in decisions(simulation):
        assert decide(fleet, simulation.policy, simulation.members) == decision
        again = decide(with_starts(fleet, decision), simulation.policy, simulation.members)
        assert again.start == ()
        assert again.ended == {}


@LAWS
@given(simulations(), st.integers(0, 3))
def test_a_larger_budget_starts_no_fewer(simulation: Simulation, number: int) -> None:
    """Where hosts compete for nothing but the budget, whoever starts under a budget starts under a larger one too."""
    members = tuple(replace(member, domain="", after=()) for member in simulation.members)
    simulation.members, simulation.policy = members, replace(simulation.policy, barriers=())
    for fleet, _decision in decisions(simulation):
        small, large = (replace(simulation.policy, max_unavailable=Share(number=n)) for n in (number, number + 1))
        assert {s.host for s in decide(fleet, small, members).start} <= {s.host for s in decide(fleet, large, members).start}


@LAWS
@given(simulations(), st.integers(0, 10**6))
def test_a_run_that_is_cut_anywhere_goes_on_to_the_same_end(simulation: Simulation, cut: int) -> None:
    """Folding a prefix and going on from it is folding the whole; a driver resumed from it ends every host as it would have ended."""
    simulation.run()
    prefix = simulation.events[: 1 + cut % len(simulation.events)]
    state = fold(prefix)
    for stamped in simulation.events[len(prefix) :]:
        state = advance(state, stamped)
    assert fold(simulation.events).plays == state.plays
    assert dict(fold(simulation.events).results) == dict(state.results)
    again = replace_events(simulation, prefix)
    again.run()
    assert [host for host, end in again.terminals().items() if end is None] == [m.host for m in simulation.members if not m.touchable]


@LAWS
@given(simulations(), st.integers(0, 10**6))
def test_order_of_arrival_is_all_that_chance_decides(simulation: Simulation, cut: int) -> None:
    """With one host after the other there is no chance: a run resumed anywhere ends exactly as the run that was never cut."""
    simulation.pick = lambda _count: 0
    simulation.run()
    again = replace_events(simulation, simulation.events[: 1 + cut % len(simulation.events)])
    again.run()
    assert simulation.terminals() == again.terminals()


def replace_events(simulation: Simulation, events: Sequence[Stamped]) -> Simulation:
    """Return the play as a resumed control node finds it."""
    return replace(simulation, events=list(events))


@LAWS
@given(simulations())
def test_a_second_run_of_a_fleet_with_nothing_to_do_halts_nothing(simulation: Simulation) -> None:
    """On a healthy fleet with nothing to do, and a budget of at least one, every touchable host ends ok."""
    simulation.fates = {host: Fate(slot="ok") for host in simulation.fates}
    simulation.members = tuple(replace(member, after=()) for member in simulation.members)
    simulation.policy = replace(simulation.policy, max_unavailable=Share(number=1))
    simulation.drained = simulation.elsewhere = frozenset()
    simulation.run()
    assert {"ok"} >= {end for end in simulation.terminals().values() if end is not None}
    assert why_halt(simulation.fleet(), simulation.policy, simulation.members) is None


def _events(stamped: Sequence[Stamped]) -> list[object]:
    return [one.event for one in stamped]
