"""Who takes part in a play: its members with their budget group, failure domain and order, from the hosts' variables."""

from collections.abc import Sequence

from healer.inventory.login_variables import LoginVariables
from healer.model.host import Host, Inventory
from healer.model.playbook import Play
from healer.model.policy import Member


def members_of(play: Play, inventory: Inventory, hosts: Sequence[str], targets: Sequence[str]) -> tuple[Member, ...]:
    """Return the play's members: `hosts` are those that the play's pattern names, `targets` those that the limit leaves.

    Members of a touched budget group count in its budget also where they are outside of the limit.
    """
    wanted = set(targets)
    default = f"{play.hosts}"
    groups = {name: str(inventory.hosts[name].variables.get("budget_group", default)) for name in inventory.hosts}
    touched = {groups[name] for name in targets}
    others = [name for name in inventory.hosts if name in set(hosts) or ("budget_group" in inventory.hosts[name].variables)]
    counted = [name for name in others if groups[name] in touched]
    return tuple(_member(inventory.hosts[name], play, groups[name], wanted, inventory) for name in counted)


def _member(host: Host, play: Play, group: str, wanted: set[str], inventory: Inventory) -> Member:
    domain = host.variables.get(play.rolling.domain) if play.rolling.domain else host.variables.get("domain")
    return Member(
        host=host.name,
        group=group,
        domain=str(domain) if domain is not None else "",
        canary="canary" in host.variables and LoginVariables(host).truth_of("canary", host.variables["canary"]),
        touchable=host.name in wanted,
        after=_behind(host, inventory),
    )


def _behind(jump: Host, inventory: Inventory) -> tuple[str, ...]:
    """Return the hosts that are reached through this one: it is touched after them, or their link would die with it."""
    names = {jump.name, str(jump.variables.get("ansible_host", jump.name))}
    return tuple(
        name
        for name, other in inventory.hosts.items()
        if name != jump.name
        and names & {hop.rpartition("@")[2].partition(":")[0] for hop in str(other.variables.get("proxy_jump", "")).split(",")}
    )
