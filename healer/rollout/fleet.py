"""What the scheduler may know of a play's hosts, and the judgements about one host that its rules are made of.

A host is out of service, has failed, or was left broken by this run: each is a function of its state alone, and says why.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from healer.model.events import Terminal
from healer.model.facts import Verdict
from healer.model.policy import Member
from healer.rollout.fold import RunState
from healer.rollout.machine import LEFT_WHOLE, HostState

GOOD_ENDS: frozenset[Terminal | None] = frozenset({"ok", "changed"})
GONE: frozenset[Terminal | None] = frozenset({"held", "unreachable", "unknown"})
"""Ends after which nobody can say that the host serves."""
FAILED_ONCE_TOUCHED: frozenset[Terminal | None] = frozenset({"held", "unknown"})
BAD_ENDS = GONE | {"failed", "refused"}


@dataclass(frozen=True, slots=True)
class Fleet:
    """A play's hosts by name; a host that is not there is pending.

    `halted` is the reason of a recorded halt. `prepares` says that the play has a `prepare` section: then a look is not enough to
    start. `working` are hosts that a worker looks at or prepares right now: they are neither started nor ended. `left` maps
    hosts that an earlier play of the run left behind to the reason, and `failures` are hosts that failed there. `drained` are hosts
    that an earlier run has taken out of service and this one has not put back yet.
    """

    hosts: Mapping[str, HostState] = field(default_factory=dict)
    halted: str = ""
    prepares: bool = False
    working: frozenset[str] = frozenset()
    left: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    drained: frozenset[str] = frozenset()

    def why_out(self, host: str) -> str:
        """Return why the host cannot be counted on to serve, empty when it can."""
        reason = self.left.get(host) or why_out(self.of(host))
        return reason or ("drained by an earlier run" if host in self.drained else "")

    def of(self, host: str) -> HostState:
        """Return where the host stands."""
        return self.hosts.get(host) or HostState(host)


def fleet_of(
    state: RunState,
    play: int,
    members: Sequence[Member],
    *,
    prepares: bool = False,
    working: Iterable[str] = (),
    drained: Iterable[str] = (),
    elsewhere: Iterable[str] = (),
) -> Fleet:
    """Return the scheduler's view of a play. What earlier plays of the run broke counts in this one too.

    `drained` are hosts that an earlier run took out of service, and this play puts back. `elsewhere` are those that it does not know
    how to put back: they stay out, however their slot ends.
    """
    hosts = {member.host: state.host(play, member.host) for member in members}
    return Fleet(
        hosts=hosts,
        halted=state.halted,
        prepares=prepares,
        working=frozenset(working),
        left=_earlier(state, play, lambda host: host.terminal in BAD_ENDS),
        failures=_earlier(state, play, has_failed),
        drained=frozenset(elsewhere).union(name for name in drained if name not in hosts or not _is_back(hosts[name])),
    )


def _is_back(host: HostState) -> bool:
    """Whether a host that came out of service was put back in its slot."""
    return bool(host.role) and host.terminal in LEFT_WHOLE


def _earlier(state: RunState, play: int, concerns: Callable[[HostState], bool]) -> dict[str, str]:
    return {
        name: f"{host.terminal} in an earlier play: {host.end_reason or 'no reason given'}"
        for index in sorted(state.plays)
        if index < play
        for name, host in state.plays[index].hosts.items()
        if concerns(host)
    }


def has_failed(host: HostState) -> bool:
    """Whether the host spends the failure budget.

    A host that this run never gave a slot (held before, unknown at the look) does not, nor one that was lost or refused before its
    first act: what stands against acting on it says nothing about the others.
    One whose preparation failed does, also before its end is written.
    """
    if host.forgiven:
        return False
    if host.stage == "prepared":
        return host.prepared is Verdict.BAD
    if host.terminal in ("unreachable", "refused"):
        return host.acted
    return host.terminal == "failed" or (host.terminal in FAILED_ONCE_TOUCHED and (host.acted or bool(host.role)))


def proves(host: HostState) -> bool:
    """Whether a canary's end shows that the others may follow. Having had nothing to do shows nothing."""
    return host.terminal == "changed" or (host.terminal in ("ok", "waiting") and host.acted)


def why_out(host: HostState) -> str:
    """Return why the host cannot be counted on to serve, empty when it can."""
    if host.in_slot:
        return "in a slot" if host.stage == "running" else "in a slot, soaking"
    if host.held:
        return f"held: {host.held}"
    if host.forgiven and host.terminal != "unreachable" and not host.drained_by_us:
        return ""
    if host.terminal in GONE or (host.terminal not in GOOD_ENDS and host.drained_by_us):
        return f"{host.terminal}: {host.end_reason}" if host.end_reason else str(host.terminal)
    if host.terminal in BAD_ENDS and host.acted and host.gate is not Verdict.GOOD:
        return f"{host.terminal} after an act: {host.end_reason}"
    return _why_unhealthy(host)


def _why_unhealthy(host: HostState) -> str:
    if host.drained:
        return "drained before the run"
    if host.health is Verdict.BAD:
        return f"not healthy: {host.reason or 'no reason given'}"
    proved = host.terminal in GOOD_ENDS and bool(host.role)
    if host.health is not Verdict.GOOD and not proved:
        return f"its health is not known: {host.reason or 'it was not looked at'}"
    return ""


def broken_by_us(host: HostState) -> bool:
    """Whether this run touched the host and left it out of service: its slot never came free by proof of health."""
    touched = bool(host.role) and (host.acted or host.drained_by_us)
    return host.stage == "ended" and touched and bool(why_out(host)) and host.terminal not in GOOD_ENDS
