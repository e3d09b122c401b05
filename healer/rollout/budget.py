"""How many hosts of a service may be out at once, and who is. Counted over all members, also those that the run may not touch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from healer.model.policy import Member, RolloutPolicy
from healer.model.words import first_few
from healer.rollout.fleet import Fleet


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget group. `out` maps each member that is out of service to the reason. `unseen` were not looked at yet."""

    group: str
    members: tuple[str, ...]
    allowed: int
    out: Mapping[str, str]
    unseen: tuple[str, ...]
    in_slot: tuple[str, ...]

    def admits(self, host: str) -> bool:
        """Whether the host may go out of service beside those that are. One that is out already adds nothing."""
        return self.allowed > 0 and len(self.out) + (host not in self.out) <= self.allowed

    def starting(self, host: str) -> "Budget":
        """Return the budget with the host in a slot."""
        return replace(self, out={**self.out, host: "in a slot"}, in_slot=(*self.in_slot, host))

    def why_not(self) -> str:
        """Return the sentence for a host that is not admitted."""
        if self.allowed <= 0:
            return f"group {self.group}: max_unavailable {self.allowed} lets nobody out of service"
        return f"group {self.group}: {len(self.out)} out of service, {self.allowed} of {len(self.members)} may be: {named(self.out)}"


def named(hosts: Mapping[str, str]) -> str:
    """Return hosts with their reasons, the first few by name."""
    return first_few([f"{host} ({reason})" for host, reason in hosts.items()], sentences=True)


def budgets(policy: RolloutPolicy, members: Sequence[Member], fleet: Fleet) -> dict[str, Budget]:
    """Return the budget of every group, in order of appearance."""
    groups: dict[str, list[str]] = {}
    for member in members:
        groups.setdefault(member.group, []).append(member.host)
    return {group: _budget(policy, group, tuple(hosts), fleet) for group, hosts in groups.items()}


def _budget(policy: RolloutPolicy, group: str, hosts: tuple[str, ...], fleet: Fleet) -> Budget:
    states = {host: fleet.of(host) for host in hosts}
    out = {host: reason for host in hosts if (reason := fleet.why_out(host))}
    return Budget(
        group=group,
        members=hosts,
        allowed=policy.max_unavailable.of(len(hosts)),
        out=out,
        unseen=tuple(host for host, state in states.items() if state.stage == "pending"),
        in_slot=tuple(host for host, state in states.items() if state.in_slot),
    )
