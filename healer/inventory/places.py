"""Where a host's variable is written: a mistake that only shows when it is used is told with the line where it can be put right."""

from collections.abc import Iterable, Iterator, Sequence
from graphlib import TopologicalSorter
from pathlib import Path

from healer.inventory.graph import PRIORITY
from healer.inventory.marks import Written, in_variable_file
from healer.inventory.sources import written_in
from healer.inventory.variable_files import files_of
from healer.model.errors import InventoryError
from healer.model.host import Inventory
from healer.model.playbook import Where


def place_of(inventory: Inventory, host: str, path: Sequence[str | int]) -> Where | None:
    """Return where the part of a host's variable is written that the path leads to, such as ("services", 0, "probes").

    The files are read again: a place counts only if it still says what the inventory holds. None for what is not found, what a script
    said, and what stands in no file. Never raises for what files hold.
    """
    name = str(path[0])
    value = inventory.hosts[host].variables.get(name)
    try:
        found = (one for one in _strongest_first(inventory, host, name) if one.name == name and one.says(value))
        return next((one.part(path[1:]) for one in found), None)
    except (InventoryError, ValueError):
        return None


def _strongest_first(inventory: Inventory, host: str, name: str) -> Iterator[Written]:
    """Yield what is written for the host, in the reverse order of `merge.PRECEDENCE`."""
    sources = [Path(source) for source in reversed(inventory.sources) if Path(source).is_file()]
    folders = tuple(dict.fromkeys(source.parent.resolve() for source in sources))
    groups = _strongest_groups(inventory, host)
    inline = [one for source in sources for one in reversed(written_in(source)) if one.name == name]
    yield from _beside(folders, "host_vars", (host,))
    yield from (one for one in inline if one.host == host)
    yield from _beside(folders, "group_vars", groups)
    yield from _beside(folders, "group_vars", ("all",))
    for group in (*groups, "all"):
        yield from (one for one in inline if one.group == group)


def _beside(folders: Iterable[Path], kind: str, names: Sequence[str]) -> Iterator[Written]:
    for folder in folders:
        for name in names:
            for file in reversed(files_of(folder / kind, name)):
                yield from reversed(in_variable_file(file))


def _strongest_groups(inventory: Inventory, host: str) -> tuple[str, ...]:
    """Return the host's groups, the one whose variables win first: by depth, priority and name, as in `graph`."""
    above: dict[str, set[str]] = {name: set() for name in inventory.groups}
    for name, group in inventory.groups.items():
        for child in group.children:
            above[child].add(name)
    depths: dict[str, int] = {}
    for name in TopologicalSorter(above).static_order():
        depths[name] = max((depths[parent] + 1 for parent in above[name]), default=0)
    return tuple(sorted(inventory.hosts[host].groups, key=lambda name: (depths[name], _priority(inventory, name), name), reverse=True))


def _priority(inventory: Inventory, group: str) -> int:
    """Return the group's priority; the graph has refused what is no number."""
    return int(str(inventory.groups[group].variables.get(PRIORITY, 1)))
