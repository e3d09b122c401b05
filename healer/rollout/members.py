"""Who takes part in a play: its members with their budget group, failure domain and order, from the hosts' variables."""

from collections.abc import Mapping, Sequence

from healer.inventory.login import LoginDefaults, login_of
from healer.inventory.login_variables import LoginVariables
from healer.model.errors import PlaybookError
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
    _check_domain(play, inventory, counted)
    hops = {name: _hops(host) for name, host in inventory.hosts.items()}
    return tuple(_member(inventory.hosts[name], play, groups[name], wanted, hops) for name in counted)


def _member(host: Host, play: Play, group: str, wanted: set[str], hops: Mapping[str, frozenset[str]]) -> Member:
    domain = host.variables.get(play.rolling.domain) if play.rolling.domain else host.variables.get("domain")
    return Member(
        host=host.name,
        group=group,
        domain=str(domain) if domain is not None else "",
        canary="canary" in host.variables and LoginVariables(host).truth_of("canary", host.variables["canary"]),
        touchable=host.name in wanted,
        after=_behind(host, hops),
    )


def _check_domain(play: Play, inventory: Inventory, counted: Sequence[str]) -> None:
    """Refuse a failure domain that nobody belongs to: a misspelt variable would protect nobody, in silence."""
    name = play.rolling.domain
    if name and counted and not any(name in inventory.hosts[host].variables for host in counted):
        message = f"rolling: domain: no host of the play has the variable {name!r}, so it would keep nobody apart."
        raise PlaybookError(message, file=play.where.file, line=play.where.line, column=play.where.column)


def _hops(host: Host) -> frozenset[str]:
    """Return the names and addresses of the jump hosts on the way to the host, however its variables say so."""
    way = login_of(host, LoginDefaults()).proxy_jump or ""
    return frozenset(_place(hop) for hop in way.split(",") if hop.strip())


def _place(hop: str) -> str:
    """Return the host of `user@host:port`; an IPv6 address with a port stands in brackets."""
    place = hop.strip().rpartition("@")[2]
    if place.startswith("["):
        return place[1:].partition("]")[0]
    return place if place.count(":") > 1 else place.partition(":")[0]


def _behind(jump: Host, hops: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Return the hosts that are reached through this one: it is touched after them, or their link would die with it."""
    names = {jump.name, login_of(jump, LoginDefaults()).address}
    return tuple(name for name, way in hops.items() if name != jump.name and names & way)
