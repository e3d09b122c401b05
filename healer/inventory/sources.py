"""What `-i` may name: a file, a script, a folder of them, or a list of hosts with a comma in it."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from healer.discovery import plugins
from healer.inventory.addresses import problem_with, split_port
from healer.inventory.marks import Written
from healer.inventory.readers.contract import ParsedGroup, ParsedSource, Reader
from healer.model.errors import InventoryError

_ROOM = "healer.inventory.readers"
_IGNORED = re.compile(r"^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:~|\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|cfg|retry))$")
"""What in a folder is not an inventory, by Ansible's defaults."""


def is_host_list(source: str) -> bool:
    """Return whether the source is a list such as `web1,web2` or `web1,` and not a file of that name."""
    return "," in source and not _exists(Path(source))


def _exists(path: Path) -> bool:
    """Return whether it is there: a long list of hosts is too long for a file's name, which pathlib takes for an error."""
    try:
        return path.exists()
    except OSError:
        return False


def path_of(source: str) -> Path:
    """Return the absolute path of a source; `~` and `$VARIABLES` are expanded, links are not followed."""
    return Path(os.path.normpath(Path(os.path.expandvars(source)).expanduser().absolute()))


def read_source(source: str) -> Iterator[ParsedSource]:
    """Yield what the source says, file by file. Raises InventoryError for whatever Ansible would pass over with a warning."""
    if is_host_list(source):
        yield host_list(source)
    else:
        yield from _read_path(path_of(source))


def written_in(path: Path) -> tuple[Written, ...]:
    """Return the variables of an inventory file in order, with their places. Raises InventoryError as `read_source` does."""
    return tuple(_reader(path).written(path))


def host_list(source: str) -> ParsedSource:
    """Return the hosts of a comma list. Ranges are not expanded in it, as in Ansible, so a bracket is refused."""
    hosts: dict[str, dict[str, object]] = {}
    ports: dict[str, int] = {}
    for text in filter(None, (part.strip() for part in source.split(","))):
        name, port = split_port(text) or (text, None)
        if problem := problem_with(name):
            raise InventoryError(f"{problem}.", file=source, advice="Is it a file that is not there?" if "/" in name else "")
        if name not in hosts and port is not None:
            ports[name] = port
        hosts.setdefault(name, {})
    return ParsedSource(source, (ParsedGroup("ungrouped", hosts, ports=ports),))


def _read_path(path: Path) -> Iterator[ParsedSource]:
    if not _exists(path):
        raise InventoryError("there is no such inventory.", file=str(path), advice="A list of hosts needs a comma: `-i web1,`.")
    if path.is_dir():
        yield from _read_folder(path)
    else:
        yield _reader(path).read(path)


def _read_folder(folder: Path) -> Iterator[ParsedSource]:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  names are wanted, in Ansible's order
    except OSError as error:
        raise InventoryError(f"cannot be read: {error.strerror}.", file=str(folder)) from error
    chosen = [name for name in names if not _IGNORED.search(name)]
    if not chosen:
        raise InventoryError("this folder holds no inventory.", file=str(folder))
    for name in chosen:
        yield from _read_path(folder / name)


def _reader(path: Path) -> Reader:
    if not path.is_file():
        raise InventoryError("is neither a file nor a folder.", file=str(path))
    try:
        readers: Mapping[str, Reader] = plugins(_ROOM, Reader)
        accepting = [reader for reader in readers.values() if reader.accepts(path)]
    except OSError as error:
        raise InventoryError(f"cannot be read: {error.strerror}.", file=str(path)) from error
    if not accepting:
        raise InventoryError("no reader takes this kind of file.", file=str(path), advice="INI, YAML, JSON and scripts are read.")
    return min(accepting, key=lambda reader: reader.rank)
