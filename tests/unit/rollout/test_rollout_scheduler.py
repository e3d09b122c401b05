"""The scheduler's rules, one by one, on small fleets."""

from dataclasses import replace

import pytest

from healer.model.facts import Verdict
from healer.model.policy import Member, RolloutPolicy, Share
from healer.rollout.budget import named
from healer.rollout.fleet import Fleet, has_failed, proves, why_out
from healer.rollout.machine import HostState
from healer.rollout.order import batches, circle_of, ordered
from healer.rollout.outcome import exit_code
from healer.rollout.scheduler import Decision, decide

GOOD, BAD, UNKNOWN = Verdict.GOOD, Verdict.BAD, Verdict.UNKNOWN
LOOKED = HostState("", "looked", health=GOOD)
RUNNING = replace(LOOKED, stage="running", role="member")
CHANGED = replace(LOOKED, stage="ended", terminal="changed", role="member", acted=True)
FAILED = replace(CHANGED, terminal="failed", end_reason="broken")
CANARY = replace(CHANGED, role="canary")
ONE_EACH = RolloutPolicy(max_unavailable=Share(number=1), canary=0)


def web(count: int) -> list[Member]:
    """Return so many members of one group."""
    return [Member(f"h{number}", "web") for number in range(1, count + 1)]


def fleet(*states: HostState, **facts: object) -> Fleet:
    """Return a fleet of h1, h2, ... in these states."""
    hosts = {f"h{number}": replace(state, host=f"h{number}") for number, state in enumerate(states, 1)}
    return Fleet(hosts, **facts)  # type: ignore[arg-type]  # keywords of Fleet


def starts(decision: Decision) -> list[tuple[str, str]]:
    """Return who starts as what."""
    return [(start.host, start.role) for start in decision.start]


def test_slots_are_a_sliding_window() -> None:
    """When one host is done the next starts, while others are still at work."""
    policy = replace(ONE_EACH, max_unavailable=Share(number=2))
    assert [("h3", "member")] == starts(decide(fleet(CHANGED, RUNNING, LOOKED, LOOKED), policy, web(4)))


def test_a_waiting_host_is_told_who_is_out() -> None:
    """The reason names the group, its numbers, and the hosts that are out of service."""
    waits = decide(fleet(RUNNING, LOOKED), ONE_EACH, web(2)).waits
    assert {"h2": "group web: 1 out of service, 1 of 2 may be: h1 (in a slot)"} == waits


def test_members_outside_the_limit_count() -> None:
    """The share is of all members, and a sick one outside the limit uses the budget up."""
    members = [Member("h1", "web"), Member("h2", "web", touchable=False)]
    sick = replace(LOOKED, health=BAD, reason="nginx failed")
    decision = decide(fleet(LOOKED, sick), ONE_EACH, members)
    assert {"h1": ("not_started", "group web: 1 out of service, 1 of 2 may be: h2 (not healthy: nginx failed)")} == decision.ended


def test_a_budget_of_none_ends_the_group() -> None:
    """With max_unavailable 0 nobody starts and everybody is told."""
    decision = decide(fleet(LOOKED), replace(ONE_EACH, max_unavailable=Share(number=0)), web(1))
    assert {"h1": ("not_started", "group web: max_unavailable 0 lets nobody out of service")} == decision.ended


def test_a_sick_host_is_out_already() -> None:
    """Starting a host that is out of service before the run takes nothing more out of service."""
    sick = replace(LOOKED, health=BAD)
    assert [("h2", "member")] == starts(decide(fleet(LOOKED, sick), ONE_EACH, web(2)))


def test_nobody_starts_before_the_whole_group_was_looked_at() -> None:
    """A member that was not looked at may be down."""
    decision = decide(fleet(LOOKED, HostState("")), ONE_EACH, web(2))
    assert ([], "group web: 1 not looked at yet, h2 first") == (starts(decision), decision.waits["h1"])


def test_preparation_comes_before_the_slot() -> None:
    """Where the play prepares, a host waits for its own preparation only; a worker's host is left to it."""
    prepared = replace(LOOKED, stage="prepared", prepared=GOOD)
    policy = replace(ONE_EACH, max_unavailable=Share(number=3))
    decision = decide(fleet(LOOKED, prepared, prepared, prepares=True, working=frozenset({"h3"})), policy, web(3))
    assert [("h2", "member")] == starts(decision)
    assert {"h1": "is being prepared", "h3": "is being prepared"} == decision.waits


def test_the_canary_goes_first_alone() -> None:
    """The first healthy host goes first; the others wait for it by name, and again while it soaks."""
    policy = RolloutPolicy(max_unavailable=Share(number=3), canary=1)
    sick = replace(LOOKED, health=BAD)
    decision = decide(fleet(sick, LOOKED, LOOKED), policy, web(3))
    assert [("h2", "canary")] == starts(decision)
    assert {"h1": "waits for the canary h2", "h3": "waits for the canary h2"} == decision.waits
    soaking = replace(RUNNING, stage="soaking", role="canary")
    assert {"h2": "waits for the canary h1"} == decide(fleet(soaking, LOOKED), policy, web(2)).waits


def test_marked_canaries_are_taken_all() -> None:
    """Hosts marked as canaries go first, however many the policy names, and canary 0 switches them off."""
    members = [Member("h1", "web"), Member("h2", "web", canary=True), Member("h3", "web", canary=True)]
    policy = RolloutPolicy(max_unavailable=Share(number=3), canary=1)
    assert [("h2", "canary"), ("h3", "canary")] == starts(decide(fleet(LOOKED, LOOKED, LOOKED), policy, members))
    assert 3 == len(decide(fleet(LOOKED, LOOKED, LOOKED), replace(policy, canary=0), members).start)


@pytest.mark.parametrize("terminal", ["unreachable", "skipped", "busy", "ok"])
def test_a_canary_that_did_nothing_is_replaced(terminal: str) -> None:
    """A canary that ended before its first act proved nothing: the next one takes its place."""
    idle = replace(CANARY, terminal=terminal, acted=False)
    decision = decide(fleet(idle, LOOKED, LOOKED), RolloutPolicy(max_unavailable=Share(number=3), canary=1), web(3))
    assert [("h2", "canary")] == starts(decision)


def test_a_canary_that_failed_halts() -> None:
    """A failed canary halts the run, whatever max_failures allows."""
    bad = replace(CANARY, terminal="failed", end_reason="broken")
    decision = decide(fleet(bad, LOOKED), RolloutPolicy(max_failures=9), web(2))
    assert "a canary failed: h1 (failed: broken)" == decision.halt
    assert {"h2": ("not_started", "the rollout was halted: a canary failed: h1 (failed: broken)")} == decision.ended


@pytest.mark.fault("F1")
def test_the_failure_budget_is_spent_by_one_failure_too_many() -> None:
    """At failure N+1 nobody new starts and running hosts are left to finish."""
    policy = replace(ONE_EACH, max_failures=1, max_unavailable=Share(number=9))
    assert decide(fleet(FAILED, RUNNING, LOOKED), policy, web(3)).halt is None
    halted = decide(fleet(FAILED, FAILED, RUNNING, LOOKED), policy, web(4))
    assert "failure 2, and max_failures is 1: h1 (failed: broken); h2 (failed: broken)" == halted.halt
    assert (["h4"], {}, False) == (list(halted.ended), halted.waits, halted.done)


def test_failures_of_earlier_plays_count() -> None:
    """The failure budget is one over the run; what an earlier play left behind is left alone."""
    decision = decide(fleet(LOOKED, LOOKED, left={"h1": "failed earlier"}, failures={"h1": "failed earlier"}), ONE_EACH, web(2))
    assert "failure 1, and max_failures is 0: h1 (failed earlier)" == decision.halt
    assert ("skipped", "left alone: it failed earlier") == decision.ended["h1"]


@pytest.mark.fault("F1")
def test_max_fail_percentage_counts_over_the_run() -> None:
    """The run halts when more than that share of its hosts failed, not at exactly that share."""
    policy = replace(ONE_EACH, max_failures=9, max_fail_percentage=50.0, max_unavailable=Share(number=9))
    assert decide(fleet(FAILED, LOOKED), policy, web(2)).halt is None
    assert "2 of 3 hosts failed" in str(decide(fleet(FAILED, FAILED, LOOKED), policy, web(3)).halt)


def test_a_recorded_halt_stands() -> None:
    """A halt that is in the journal ends who has not begun, whatever the numbers say now."""
    assert "asked to stop" == decide(fleet(LOOKED, halted="asked to stop"), ONE_EACH, web(1)).halt


UNFIT = [
    (replace(LOOKED, health=UNKNOWN, reason="no answer"), ("unknown", "its health is not known: no answer")),
    (replace(LOOKED, held="gate"), ("held", "gate")),
    (replace(LOOKED, stage="prepared", prepared=BAD, prepared_reason="no space"), ("failed", "prepare failed: no space")),
    (replace(LOOKED, stage="prepared", prepared=UNKNOWN), ("unknown", "the outcome of prepare is not known: no reason given")),
]


@pytest.mark.parametrize(("state", "end"), UNFIT)
def test_unfit_hosts_end_without_a_slot(state: HostState, end: tuple[str, str]) -> None:
    """A host that is unknown, held, or could not be prepared is not touched."""
    assert {"h1": end} == decide(fleet(state), replace(ONE_EACH, max_failures=1), web(1)).ended


def test_a_failed_preparation_spends_the_failure_budget_at_once() -> None:
    """Nobody starts beside a host whose preparation failed when no failure is allowed."""
    bad = replace(LOOKED, stage="prepared", prepared=BAD, prepared_reason="no space")
    decision = decide(fleet(bad, LOOKED), replace(ONE_EACH, max_unavailable=Share(number=2)), web(2))
    assert ([], "failure 1, and max_failures is 0: h1 (prepare failed: no space)") == (starts(decision), decision.halt)


def test_one_failure_domain_at_a_time() -> None:
    """While a rack is worked on no host of another rack starts; hosts without a rack are free."""
    members = [Member("h1", "web", "r1"), Member("h2", "web", "r2"), Member("h3", "web")]
    policy = replace(ONE_EACH, max_unavailable=Share(number=3))
    decision = decide(fleet(LOOKED, LOOKED, LOOKED), policy, members)
    assert [("h1", "member"), ("h3", "member")] == starts(decision)
    assert {"h2": "failure domain r1 (h1) is being worked on"} == decision.waits


def test_a_rack_that_the_run_left_broken_stays_the_only_one() -> None:
    """A host left out of service by this run keeps its rack busy: hosts of other racks end with that reason."""
    held = replace(FAILED, terminal="held", drained=True)
    members = [Member("h1", "web", "r1"), Member("h2", "web", "r2")]
    decision = decide(fleet(held, LOOKED), replace(ONE_EACH, max_unavailable=Share(number=2), max_failures=1), members)
    assert {"h2": ("not_started", "failure domain r1 (h1) is being worked on; that cannot end")} == decision.ended


def test_ordered_batches() -> None:
    """The next batch starts when the one before has ended."""
    policy = RolloutPolicy(max_unavailable=Share(number=9), canary=0, barriers=(Share(number=1), Share(percent=50.0)))
    assert [("h1", "member")] == starts(decide(fleet(LOOKED, LOOKED, LOOKED, LOOKED), policy, web(4)))
    later = decide(fleet(CHANGED, LOOKED, LOOKED, LOOKED), policy, web(4))
    assert [("h2", "member"), ("h3", "member")] == starts(later)
    assert {"h4": "is in batch 3, and batch 2 has not ended"} == later.waits


def test_canaries_ignore_batches() -> None:
    """A marked canary of a later batch goes first all the same."""
    members = [Member("h1", "web"), Member("h2", "web", canary=True)]
    policy = RolloutPolicy(max_unavailable=Share(number=9), barriers=(Share(number=1),))
    assert [("h2", "canary")] == starts(decide(fleet(LOOKED, LOOKED), policy, members))


def test_a_jump_host_comes_after_the_hosts_behind_it() -> None:
    """It waits for them by name, and is no canary while others can be."""
    members = [Member("h1", "web", after=("h2", "h9")), Member("h2", "web")]
    decision = decide(fleet(LOOKED, LOOKED), RolloutPolicy(max_unavailable=Share(number=2)), members)
    assert [("h2", "canary")] == starts(decision)
    assert {"h1": "comes after h2"} == decision.waits


def test_a_circle_is_named_and_holds_nobody_else_up() -> None:
    """Hosts that wait for each other end with the circle as the reason; whoever waits for them goes on."""
    members = [Member("h1", "web", after=("h2",)), Member("h2", "web", after=("h1",)), Member("h3", "web", after=("h1",))]
    decision = decide(fleet(LOOKED, LOOKED, LOOKED), ONE_EACH, members)
    assert ("not_started", "the order of hosts goes in a circle: h1 after h2 after h1") == decision.ended["h1"]
    assert [("h3", "member")] == starts(decision)


def test_done_means_that_everybody_ended() -> None:
    """A play is done when every host that it may touch has ended."""
    members = [Member("h1", "web"), Member("h2", "web", touchable=False)]
    assert decide(fleet(CHANGED, LOOKED), ONE_EACH, members).done


ORDER = [
    ([("a", ()), ("b", ())], "ab"),
    ([("a", ("c",)), ("b", ()), ("c", ())], "cab"),
    ([("a", ("b",)), ("b", ("c",)), ("c", ())], "cba"),
    ([("a", ("b",)), ("b", ("a",))], "ba"),
    ([("a", ("gone", "a"))], "a"),
]


@pytest.mark.parametrize(("entries", "expected"), ORDER)
def test_the_order_of_hosts(entries: list[tuple[str, tuple[str, ...]]], expected: str) -> None:
    """Each host comes behind those that it is after, otherwise as the inventory has them; a circle loses nobody."""
    assert expected == "".join(member.host for member in ordered([Member(name, "g", after=behind) for name, behind in entries]))


def test_circles_are_found_through_forks() -> None:
    """A circle is found however many ways lead elsewhere; a host that only waits for one is in none."""
    members = [Member("a", "g", after=("b", "c")), Member("b", "g"), Member("c", "g", after=("b", "d")), Member("d", "g", after=("c", "a"))]
    assert ("a", "c", "d", "a") == circle_of("a", members)
    assert () == circle_of("e", [*members, Member("e", "g", after=("a",))])
    assert ("x", "x") == circle_of("x", [Member("x", "g", after=("x",))])


def test_batches_repeat_their_last_size() -> None:
    """Sizes go over the touchable hosts; the last one repeats, and none is smaller than one host."""
    members = [*web(5), Member("h6", "web", touchable=False)]
    assert {"h1": 0, "h2": 1, "h3": 1, "h4": 2, "h5": 2} == batches(members, (Share(number=0), Share(number=2)))


OUT = [
    (LOOKED, ""),
    (RUNNING, "in a slot"),
    (replace(RUNNING, stage="soaking"), "in a slot, soaking"),
    (CHANGED, ""),
    (replace(CHANGED, health=BAD), "not healthy: no reason given"),
    (replace(CHANGED, health=UNKNOWN), ""),
    (HostState(""), "its health is not known: it was not looked at"),
    (replace(LOOKED, drained=True, found=True), "drained before the run"),
    (replace(LOOKED, held="gate"), "held: gate"),
    (replace(FAILED, terminal="held"), "held: broken"),
    (replace(LOOKED, stage="ended", terminal="unreachable"), "unreachable"),
    (FAILED, "failed after an act: broken"),
    (replace(FAILED, gate=GOOD), ""),
    (replace(FAILED, drained=True, gate=GOOD), "failed: broken"),
    (replace(FAILED, acted=False), ""),
    (replace(LOOKED, stage="ended", terminal="skipped"), ""),
]


@pytest.mark.parametrize(("state", "reason"), OUT)
def test_who_is_out_of_service(state: HostState, reason: str) -> None:
    """A host serves unless it is in a slot, sick, unknown, unreachable, held, drained, or failed without a good gate after its acts."""
    assert reason == why_out(state)


FAILURES = [
    ("failed", False, "", True),
    ("unreachable", False, "member", False),
    ("unreachable", True, "member", True),
    ("held", False, "", False),
    ("held", False, "member", True),
    ("unknown", False, "", False),
    ("refused", True, "", True),
    ("refused", False, "member", False),
    ("skipped", True, "member", False),
]


@pytest.mark.parametrize(("terminal", "acted", "role", "failed"), FAILURES)
def test_what_spends_the_failure_budget(terminal: str, acted: bool, role: str, failed: bool) -> None:
    """Failures do; unreachable and refused only after the first act; held and unknown only in a slot of this run."""
    assert failed is has_failed(replace(LOOKED, stage="ended", terminal=terminal, acted=acted, role=role))


def test_what_a_canary_proves() -> None:
    """Only a canary that did something and ended well shows that the others may follow."""
    assert [True, True, True, False, False] == [
        proves(replace(CANARY, terminal=terminal, acted=acted))
        for terminal, acted in [("changed", True), ("ok", True), ("waiting", True), ("ok", False), ("skipped", True)]
    ]


def test_long_lists_are_cut() -> None:
    """A reason names three hosts and counts the rest."""
    assert "a (x); b (x); c (x); and 2 more" == named(dict.fromkeys("abcde", "x"))


CODES = [
    ((), False, 0),
    (("ok", "changed", "skipped"), False, 0),
    (("ok", "changed"), True, 3),
    (("waiting", "ok"), False, 3),
    (("busy",), False, 3),
    (("unreachable", "busy"), False, 4),
    (("unreachable", "failed"), False, 1),
    (("held",), False, 1),
    (("refused",), False, 1),
    (("unknown", "waiting"), False, 1),
    (("failed", "not_started", "unreachable"), False, 5),
]


@pytest.mark.parametrize(("terminals", "check", "code"), CODES)
def test_the_exit_code_is_that_of_the_worst_problem(terminals: tuple[str, ...], check: bool, code: int) -> None:
    """Unstarted hosts rank before failures, these before unreachable hosts, these before work that was left."""
    assert code == exit_code(terminals, check=check)  # type: ignore[arg-type]  # words of Terminal
