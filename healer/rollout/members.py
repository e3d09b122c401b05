"""Who takes part in a play and under which limits: policy and members, rendered from the play and the hosts' variables."""

from collections.abc import Mapping, Sequence

from healer.model.errors import PlaybookError
from healer.model.host import Host, Inventory, Value
from healer.model.playbook import Play
from healer.model.policy import Member, RolloutPolicy, Share
from healer.playbook.render import Renderer
from healer.rollout.context import PlayContext


def policy_of(play: Play, extra: Mapping[str, Value], renderer: Renderer) -> RolloutPolicy:
    """Return the play's rollout policy. Raises PlaybookError for words that are no number, percentage or duration."""
    scope = PlayContext.outer_scope(play, extra)
    rolling = play.rolling

    def rendered(value: Value) -> Value:
        return renderer.render(value, scope, play.where)

    serial = rendered(play.serial) if play.serial is not None else None
    sizes = tuple(_share(one, "serial", play) for one in (serial if isinstance(serial, list) else [serial])) if serial is not None else ()
    return RolloutPolicy(
        max_unavailable=sizes[0] if len(sizes) == 1 else _share(rendered(rolling.max_unavailable), "max_unavailable", play),
        canary=_count(rendered(rolling.canary), "canary", play),
        soak=seconds_of(rendered(rolling.soak), "soak", play),
        max_failures=_count(rendered(rolling.max_failures), "max_failures", play),
        max_fail_percentage=play.max_fail_percentage,
        barriers=sizes if len(sizes) > 1 else (),
    )


def _share(value: Value, name: str, play: Play) -> Share:
    text = str(value).strip()
    try:
        if text.endswith("%"):
            percent = float(text[:-1])
            if 0 <= percent <= 100:
                return Share(percent=percent)
        elif int(text) >= 0 and not isinstance(value, bool):
            return Share(number=int(text))
    except ValueError:
        pass
    raise _wrong(f"{name} is a number of hosts or a percentage such as 25%, not {value!r}", play)


def _count(value: Value, name: str, play: Play) -> int:
    if not isinstance(value, bool) and str(value).strip().isdecimal():
        return int(str(value))
    raise _wrong(f"{name} is a whole number, not {value!r}", play)


def seconds_of(value: Value, name: str, play: Play) -> float:
    """Return seconds from a number or a text such as `90`, `10s`, `5m`, `1h`."""
    text = str(value).strip()
    unit = {"s": 1.0, "m": 60.0, "h": 3600.0}.get(text[-1:], 0.0)
    try:
        seconds = float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        seconds = -1.0
    if seconds < 0:
        raise _wrong(f"{name} is a time such as 10s, 5m or 1h, not {value!r}", play)
    return seconds


def _wrong(message: str, play: Play) -> PlaybookError:
    where = play.where
    return PlaybookError(message, file=where.file, line=where.line, column=where.column)


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
        canary=host.variables.get("canary") is True,
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
