"""Which hosts a pattern names: `web:&prod:!h3`, globs, `~regex`, `web[0:2]`. Ansible's semantics and order. Pure.

One rule is ours: every part must name something. A pattern that names nothing is a typo, and Ansible's way (ignore it) turns
`!databse` into "patch the database, too".
"""

import fnmatch
import re
from collections.abc import Iterable, Sequence

from healer.inventory.addresses import split_port
from healer.inventory.names import did_you_mean
from healer.model.errors import InventoryError, UsageError
from healer.model.host import Inventory
from healer.model.words import first_few

_SUBSCRIPT = re.compile(r"(?P<of>.+)\[(?:(?P<index>-?[0-9]+)|(?P<first>[0-9]+):(?P<last>[0-9]*))\]")
_OLD_SUBSCRIPT = re.compile(r".+\[[0-9]+-[0-9]*\]")
_PARTS = re.compile(r"(?:\[[^\]]*\]|[^\s:\[\]])+")
_SPECIAL = (".", "?", "*", "[")
_LOCALHOST = ("localhost", "127.0.0.1", "::1")
MOST = 8
"""How many names an advice gives: the right one may be among them."""


def select(pattern: str, inventory: Inventory) -> tuple[str, ...]:
    """Return the hosts that the pattern names, each once: unions first, then `&`, then `!`, in order of the parts.

    Raises InventoryError with the nearest names when a part names neither a host nor a group, or is malformed.
    """
    parts = split(pattern)
    if not parts:
        raise InventoryError("The host pattern is empty.", advice="Write `all` for every host.")
    chosen: dict[str, None] = {}
    for part in parts if any(part[0] not in "&!" for part in parts) else ("all",):
        if part[0] not in "&!":
            chosen.update(dict.fromkeys(_matches(part, inventory)))
    for part in (part for part in parts if part[0] == "&"):
        wanted = set(_matches(part[1:], inventory))
        chosen = {name: None for name in chosen if name in wanted}
    unwanted = {name for part in parts if part[0] == "!" for name in _matches(part[1:], inventory)}
    return tuple(name for name in chosen if name not in unwanted)


def limit(hosts: Iterable[str], pattern: str, inventory: Inventory) -> tuple[str, ...]:
    """Return those of the hosts that the pattern (`--limit`) names, in the order given.

    Raises UsageError when the pattern is malformed, names nothing, or leaves none of the hosts.
    """
    try:
        wanted = set(select(pattern, inventory))
    except InventoryError as error:
        raise UsageError(f"--limit: {error.message}", advice=error.advice) from error
    kept = tuple(name for name in hosts if name in wanted)
    if not kept:
        raise UsageError(f"--limit {pattern!r} leaves no host.", advice=f"It names {first_few(sorted(wanted), MOST) or 'no host'}.")
    return kept


def split(pattern: str) -> tuple[str, ...]:
    """Return the parts of a pattern. Commas separate; without one colons do, unless the whole is one address or range."""
    if "," in pattern:
        parts = pattern.split(",")
    elif split_port(pattern.strip()) is not None:
        parts = [pattern]
    else:
        parts = _PARTS.findall(pattern)
    return tuple(part.strip() for part in parts if part.strip())


def _matches(part: str, inventory: Inventory) -> Sequence[str]:
    if part in inventory.hosts:
        return (part,)
    _refuse_odd(part)
    found = None if part.startswith("~") else _SUBSCRIPT.fullmatch(part)
    if found is None:
        return _named(part, part, inventory)
    hosts = _named(found["of"], part, inventory)
    if not hosts:
        return ()
    if found["index"] is None:
        first, last = int(found["first"]), int(found["last"] or -1)
        return hosts[first:] if last == -1 else hosts[first : last + 1]
    return _one(hosts, int(found["index"]), part)


def _one(hosts: Sequence[str], index: int, part: str) -> Sequence[str]:
    try:
        return (hosts[index],)
    except IndexError as error:
        raise InventoryError(f"The host pattern {part!r} points beyond its {len(hosts)} hosts.", advice="Counting starts at 0.") from error


def _refuse_odd(part: str) -> None:
    if part in {"", "~"}:
        raise InventoryError("A part of the host pattern is empty.")
    if part.startswith("@"):
        raise InventoryError(f"{part!r}: lists of hosts in a file are not read.", advice="Write the names, separated by commas.")
    if not part.startswith("~") and _OLD_SUBSCRIPT.fullmatch(part):
        raise InventoryError(f"{part!r} is not a subscript any more.", advice="Write [first:last], both included.")


def _named(expression: str, part: str, inventory: Inventory) -> Sequence[str]:
    """Return the hosts of all matching groups, then, for a glob, a regex or when no group matches, the matching hosts themselves."""
    matcher = _matcher(expression)
    groups = [name for name in inventory.groups if matcher.match(name)]
    chosen = dict.fromkeys(host for group in groups for host in inventory.members(group))
    if not groups or expression.startswith("~") or any(special in expression for special in _SPECIAL):
        chosen.update(dict.fromkeys(name for name in inventory.hosts if matcher.match(name)))
    if not groups and not chosen:
        raise InventoryError(f"The host pattern {part!r} names no host and no group.", advice=_advice(expression, inventory))
    return tuple(chosen)


def _matcher(expression: str) -> re.Pattern[str]:
    if not expression.startswith("~"):
        return re.compile(fnmatch.translate(expression))
    try:
        return re.compile(expression[1:])
    except re.error as error:
        raise InventoryError(f"The host pattern {expression!r} is not a regular expression: {error}.") from error


def _advice(wrong: str, inventory: Inventory) -> str:
    if wrong in _LOCALHOST:
        return f"Put it into the inventory: `{wrong} ansible_connection=local`."
    return did_you_mean(wrong, [*inventory.groups, *inventory.hosts]) or f"The groups are {first_few(list(inventory.groups), MOST)}."
