"""Who goes first in a budget group, and until when the others wait for it.

Hosts marked `canary: true` go first, else the first healthy ones. A canary that ended before its first act, or that had nothing to do,
proved nothing: the next host takes its place. A canary that failed halts the run, which is not decided here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from healer.model.facts import Verdict
from healer.model.policy import Member, RolloutPolicy
from healer.rollout.fleet import Fleet, proves


@dataclass(frozen=True, slots=True)
class Canaries:
    """The canaries of one group: those in a slot, and those that are to start next."""

    active: tuple[str, ...] = ()
    nominated: tuple[str, ...] = ()

    def why_not(self, host: str) -> str:
        """Return why the host may not start yet, empty when the canaries allow it."""
        if host in self.nominated or not (self.active or self.nominated):
            return ""
        return f"waits for the canary {', '.join(self.active + self.nominated)}"


def canaries_of(policy: RolloutPolicy, members: Sequence[Member], fleet: Fleet, may_start: Callable[[Member], bool]) -> Canaries:
    """Return the canaries of a group's members, given in the order in which hosts come.

    `may_start` says whether a host is still to come and does not wait for others: one that waits is only taken when all do.
    """
    ours = [member for member in members if member.touchable]
    marked = [member for member in ours if member.canary]
    wanted = (len(marked) or policy.canary) if policy.canary > 0 else 0
    roles = [fleet.of(member.host) for member in ours if fleet.of(member.host).role == "canary"]
    active = tuple(state.host for state in roles if state.in_slot)
    missing = wanted - sum(map(proves, roles)) - len(active)
    candidates = [member for member in ours if fleet.of(member.host).stage in ("pending", "looked", "prepared")]
    ranked = sorted(candidates, key=lambda member: (not may_start(member), not _serves(fleet, member), not member.canary))
    return Canaries(active, tuple(member.host for member in ranked[: max(0, missing)]))


def _serves(fleet: Fleet, member: Member) -> bool:
    """Whether its end would prove something: a sick or drained host shows little."""
    state = fleet.of(member.host)
    return state.health is Verdict.GOOD and not state.drained and member.host not in {*fleet.left, *fleet.drained}
