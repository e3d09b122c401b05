"""Where in the files a host's variable stands, down to a part of its value: whoever made a mistake is shown the very line.

Only asked when something is wrong. It reads the files again, and looks for the one that says what the resolved inventory says.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from healer.inventory.sources import is_host_list, path_of
from healer.model.errors import InventoryError
from healer.model.host import Host, Inventory, Value
from healer.model.playbook import Where

ENDINGS = ("", ".yml", ".yaml", ".json")
LARGEST = 4 * 1024 * 1024
"""Bytes. In a larger file nothing is looked for."""
Part = str | int


def place_of(inventory: Inventory, host: str, path: Sequence[Part]) -> Where:
    """Return where the part of the variable stands, as near as it can be found: `("services", 0, "probes", 1, "htp")`.

    The first part is the variable's name. What is not found leaves the place of what it stands in; a variable that no file holds
    (an inventory script's) has an empty place. Never raises.
    """
    found = inventory.hosts.get(host)
    if found is None or not path or path[0] not in found.variables:
        return Where()
    wanted = found.variables[str(path[0])]
    for file in _files(inventory, found):
        place = _in_file(file, found, path, wanted)
        if place is not None:
            return place
    return Where()


def written(path: Sequence[Part]) -> str:
    """Return the path as people write it: `services[0].probes[1].htp`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _files(inventory: Inventory, host: Host) -> Iterator[Path]:
    """Yield the files in which a variable of the host may stand, what is for the host alone first."""
    sources = [path_of(source) for source in inventory.sources if source and not is_host_list(source)]
    folders = [path if path.is_dir() else path.parent for path in dict.fromkeys(sources)]
    for kind, names in (("host_vars", (host.name,)), ("group_vars", (*reversed(host.groups), "all"))):
        for folder in reversed(folders):
            for name in names:
                yield from _of_name(folder / kind, name)
    for path in reversed(sources):
        yield from sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else (path,)


def _of_name(folder: Path, name: str) -> Iterator[Path]:
    for ending in ENDINGS:
        path = folder / f"{name}{ending}"
        if path.is_dir():
            yield from sorted((one for one in path.rglob("*") if one.is_file()), reverse=True)
        elif path.is_file():
            yield path


def _in_file(file: Path, host: Host, path: Sequence[Part], wanted: Value) -> Where | None:
    """Return the place when the file says of the variable what is wanted."""
    try:
        text = file.read_text(encoding="utf-8") if file.stat().st_size <= LARGEST else ""
        loader = yaml.SafeLoader(text)
        try:
            root = loader.get_single_node()
            node = next((one for one in _values(root, str(path[0])) if loader.construct_object(one[1], deep=True) == wanted), None)
        finally:
            loader.dispose()
    except (OSError, UnicodeDecodeError):
        return None
    except (yaml.YAMLError, ValueError, RecursionError):
        return _in_lines(file, text, host, str(path[0]))
    if node is None:
        return None if isinstance(root, yaml.MappingNode) else _in_lines(file, text, host, str(path[0]))
    mark = _deepest(*node, path[1:]).start_mark
    return Where(str(file), mark.line + 1, mark.column + 1)


def _values(node: yaml.Node | None, name: str) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Yield key and value of every entry of that name, outermost first: variable files have it on top, inventories deep down."""
    level = [node] if node is not None else []
    while level:
        pairs = [pair for one in level if isinstance(one, yaml.MappingNode) for pair in one.value]
        yield from ((key, value) for key, value in pairs if key.value == name)
        level = [value for _key, value in pairs]


def _deepest(key: yaml.Node, value: yaml.Node, path: Sequence[Part]) -> yaml.Node:
    """Return the node that the path leads to, or the last one on the way."""
    at, inner = key, value
    for part in path:
        if isinstance(inner, yaml.SequenceNode) and isinstance(part, int) and part < len(inner.value):
            at = inner = inner.value[part]
        elif isinstance(inner, yaml.MappingNode):
            pair = next((pair for pair in inner.value if pair[0].value == str(part)), None)
            if pair is None:
                break
            at, inner = pair
        else:
            break
    return at


def _in_lines(file: Path, text: str, host: Host, name: str) -> Where | None:
    """Return the line of an INI inventory that sets the variable: the host's own, else the first of a group."""
    own = re.compile(rf"^{re.escape(host.name)}[ \t].*?\b{re.escape(name)}=", re.MULTILINE)
    groups = re.compile(rf"^[ \t]*{re.escape(name)}[ \t]*=", re.MULTILINE)
    found = own.search(text) or groups.search(text)
    return Where(str(file), text.count("\n", 0, found.start()) + 1) if found else None


def misplaced(inventory: Inventory, host: str, path: Sequence[Part], message: str, advice: str = "") -> InventoryError:
    """Return the complaint about a part of a host's variable, at its place."""
    where = place_of(inventory, host, path)
    return InventoryError(f"host {host}: {written(path)}: {message}", file=where.file, line=where.line, column=where.column, advice=advice)
