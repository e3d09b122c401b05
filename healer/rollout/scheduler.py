"""Which hosts may start now? Pure: the same fleet, policy and members give the same answer, with a reason for every host that waits.

Slots are a sliding window: whoever can start now, starts. Ask again after every event that ends a host, frees a slot, or finishes a
look or a preparation. Nothing ever waits for what cannot come: when no host is in a slot and none can start, all end with reasons.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from healer.model.events import Terminal
from healer.model.facts import Verdict
from healer.model.policy import Member, RolloutPolicy
from healer.rollout.budget import Budget, budgets, named
from healer.rollout.canaries import Canaries, canaries_of
from healer.rollout.fleet import Fleet, broken_by_us, has_failed
from healer.rollout.machine import HostState
from healer.rollout.order import batches, circle_of, ordered, urgent_first

Kind = Literal["work", "after", "canary", "barrier", "domain", "budget"]
End = tuple[Terminal, str]


@dataclass(frozen=True, slots=True)
class Start:
    """A host that may take a slot now."""

    host: str
    role: Literal["canary", "member"] = "member"


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. `waits` says why each waiting host waits; `ended` are hosts that end without a slot, as what and why.

    `halt` is the reason of a halt, the same each time it is asked for. `done` means that every host has ended.
    """

    start: tuple[Start, ...] = ()
    waits: Mapping[str, str] = field(default_factory=dict)
    ended: Mapping[str, End] = field(default_factory=dict)
    halt: str | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a host does not start now. `work` passes by itself: somebody looks at the host or prepares it."""

    kind: Kind
    reason: str


def decide(fleet: Fleet, policy: RolloutPolicy, members: Sequence[Member]) -> Decision:
    """Return who starts, who waits for what, who ends without a slot, and whether the run halts.

    Write `ended` in its order, then the starts: a crash in between changes nothing, because those that start were found with all of
    `ended` in place.
    """
    hosts = [member for member in ordered(members) if member.touchable]
    halt = why_halt(fleet, policy, members)
    ended = {member.host: end for member in hosts if (end := _end_of(fleet, member, members, halt))}
    turn = _Round(fleet_with(fleet, ended), policy, members)
    while more := turn.dead_ends():
        ended |= more
        turn = _Round(fleet_with(fleet, ended), policy, members)
    return Decision(
        start=tuple(turn.starts),
        waits={host: wait.reason for host, wait in turn.waits.items()},
        ended=ended,
        halt=halt,
        done=all(fleet.of(member.host).stage == "ended" for member in hosts),
    )


def fleet_with(fleet: Fleet, ended: Mapping[str, End]) -> Fleet:
    """Return the fleet as it will be when these ends are written."""
    ends = {host: replace(fleet.of(host), stage="ended", terminal=end[0], end_reason=end[1]) for host, end in ended.items()}
    return replace(fleet, hosts={**fleet.hosts, **ends})


def why_halt(fleet: Fleet, policy: RolloutPolicy, members: Sequence[Member]) -> str | None:
    """Return why nobody new may start in the whole run, or None. One failure budget counts over all groups and plays."""
    if fleet.halted:
        return fleet.halted
    states = [fleet.of(member.host) for member in members if member.touchable]
    here = {state.host: _failure(state) for state in states if has_failed(state)}
    canaries = {state.host: here[state.host] for state in states if state.host in here and state.role == "canary"}
    failures = {**fleet.failures, **here}
    if canaries:
        return f"a canary failed: {named(canaries)}"
    if len(failures) > policy.max_failures:
        return f"failure {len(failures)}, and max_failures is {policy.max_failures}: {named(failures)}"
    most = policy.max_fail_percentage
    if most is not None and 100.0 * len(failures) > most * len(states):
        return f"{len(failures)} of {len(states)} hosts failed, and max_fail_percentage is {most:g}: {named(failures)}"
    return None


def _failure(state: HostState) -> str:
    return f"{state.terminal}: {state.end_reason}" if state.terminal else f"prepare failed: {state.prepared_reason}"


def _end_of(fleet: Fleet, member: Member, members: Sequence[Member], halt: str | None) -> End | None:
    """Return how the host ends for a reason of its own, or because nobody starts any more; None when it may still come."""
    state = fleet.of(member.host)
    if member.host in fleet.working or state.in_slot or state.stage == "ended":
        return None
    if member.host in fleet.left:
        return "skipped", f"left alone: it {fleet.left[member.host]}"
    if state.held:
        return "held", state.held
    unfit = _unfit(state) or _in_a_circle(member, members)
    if unfit is None and halt:
        return "not_started", f"the rollout was halted: {halt}"
    return unfit


def _in_a_circle(member: Member, members: Sequence[Member]) -> End | None:
    circle = circle_of(member.host, members) if member.after else ()
    return ("not_started", f"the order of hosts goes in a circle: {' after '.join(circle)}") if circle else None


def _unfit(state: HostState) -> End | None:
    """Return the end of a host whose health is unknown or that could not be prepared: neither is touched."""
    if state.prepared is Verdict.BAD:
        return "failed", f"prepare failed: {state.prepared_reason or 'no reason given'}"
    if state.prepared is Verdict.UNKNOWN:
        return "unknown", f"the outcome of prepare is not known: {state.prepared_reason or 'no reason given'}"
    if state.health is Verdict.UNKNOWN:
        return "unknown", f"its health is not known: {state.reason or 'no reason given'}"
    return None


class _Round:
    """One asking: every touchable host that has not begun is let in or told why not, in order."""

    def __init__(self, fleet: Fleet, policy: RolloutPolicy, members: Sequence[Member]) -> None:
        """Take stock, then ask for each host."""
        self.fleet, self.members = fleet, ordered(members)
        self.starts: list[Start] = []
        self.waits: dict[str, Wait] = {}
        self.budgets: dict[str, Budget] = budgets(policy, self.members, fleet)
        touchable = [member for member in self.members if member.touchable]
        self._open = {member.host for member in touchable if fleet.of(member.host).stage != "ended"}
        self._batch = batches(self.members, policy.barriers)
        self._current = min((self._batch[host] for host in self._open), default=0)
        self._domains = {m.domain: m.host for m in self.members if m.domain and _touched(fleet.of(m.host))}
        self._canaries = {group: self._canaries_of(policy, group) for group in self.budgets}
        self._rules: tuple[Callable[[Member], Wait | None], ...] = (
            self._work, self._after, self._canary, self._barrier, self._domain, self._budget,
        )  # fmt: skip
        for member in urgent_first(touchable):
            if member.host in self._open and not fleet.of(member.host).in_slot:
                self._ask(member)

    def _canaries_of(self, policy: RolloutPolicy, group: str) -> Canaries:
        ours = [member for member in self.members if member.group == group]
        return canaries_of(policy, ours, self.fleet, lambda member: not self._after(member))

    def _ask(self, member: Member) -> None:
        for rule in self._rules:
            if wait := rule(member):
                self.waits[member.host] = wait
                return
        canary = member.host in self._canaries[member.group].nominated
        self.starts.append(Start(member.host, "canary" if canary else "member"))
        self.budgets[member.group] = self.budgets[member.group].starting(member.host)
        if member.domain:
            self._domains[member.domain] = member.host

    def _work(self, member: Member) -> Wait | None:
        """Wait for the looks at the whole group, because an unseen host may be down, and for the host's own preparation."""
        state, unseen = self.fleet.of(member.host), self.budgets[member.group].unseen
        if unseen:
            return Wait("work", f"group {member.group}: {len(unseen)} not looked at yet, {unseen[0]} first")
        if member.host in self.fleet.working or (self.fleet.prepares and state.stage == "looked"):
            return Wait("work", "is being prepared")
        return None

    def _after(self, member: Member) -> Wait | None:
        ahead = [name for name in member.after if name in self._open]
        return Wait("after", f"comes after {', '.join(ahead)}") if ahead else None

    def _canary(self, member: Member) -> Wait | None:
        reason = self._canaries[member.group].why_not(member.host)
        return Wait("canary", reason) if reason else None

    def _barrier(self, member: Member) -> Wait | None:
        """Keep batches in order. Canaries go first in any case."""
        batch = self._batch[member.host]
        if batch == self._current or member.host in self._canaries[member.group].nominated:
            return None
        return Wait("barrier", f"is in batch {batch + 1}, and batch {self._current + 1} has not ended")

    def _domain(self, member: Member) -> Wait | None:
        others = [f"{domain} ({host})" for domain, host in self._domains.items() if domain != member.domain]
        return Wait("domain", f"failure domain {', '.join(others)} is being worked on") if member.domain and others else None

    def _budget(self, member: Member) -> Wait | None:
        budget = self.budgets[member.group]
        return None if budget.admits(member.host) else Wait("budget", budget.why_not())

    def dead_ends(self) -> dict[str, End]:
        """Return hosts that wait for what can never come, as they end. Whoever waited for them may come in the next asking."""
        return self._stuck_groups() or self._all_stuck()

    def _stuck_groups(self) -> dict[str, End]:
        """End the groups whose budget is used up with nobody in a slot: no slot of theirs can ever come free.

        Those that are out already end first: were the list cut by a crash, the rest would still find the budget used up.
        """
        groups = {member.host: member.group for member in self.members}
        kinds: dict[str, set[Kind]] = {}
        for host, wait in self.waits.items():
            kinds.setdefault(groups[host], set()).add(wait.kind)
        stuck = {group for group, seen in kinds.items() if "budget" in seen <= {"budget", "canary"} and not self.budgets[group].in_slot}
        hosts = sorted((host for host in self.waits if groups[host] in stuck), key=lambda host: host not in self.budgets[groups[host]].out)
        return {host: ("not_started", self.budgets[groups[host]].why_not()) for host in hosts}

    def _all_stuck(self) -> dict[str, End]:
        """When nobody is in a slot and nothing is under way, end those that nothing can let in; the others wait for these."""
        moving = any(budget.in_slot for budget in self.budgets.values()) or any(wait.kind == "work" for wait in self.waits.values())
        if moving:
            return {}
        closed = {host: wait for host, wait in self.waits.items() if wait.kind in ("domain", "budget")} or self.waits
        return {host: ("not_started", f"{wait.reason}; that cannot end") for host, wait in closed.items()}


def _touched(state: HostState) -> bool:
    """Whether the host keeps its failure domain busy: in a slot, or left broken by this run, whose slot never came free."""
    return state.in_slot or broken_by_us(state)
