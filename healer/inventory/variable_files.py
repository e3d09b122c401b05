"""group_vars/ and host_vars/ beside an inventory source or a playbook: found by name as Ansible does, read within bounds."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from healer.inventory.documents import parse
from healer.inventory.files import read_text
from healer.inventory.merge import VariableFolder
from healer.model.errors import InventoryError
from healer.model.host import Value

_EXTENSIONS = ("", ".yml", ".yaml", ".json")
"""In this order: of `web`, `web.yml` and so on only the first that exists is read, file or folder."""


def read_folder(folder: Path, groups: Iterable[str], hosts: Iterable[str]) -> tuple[VariableFolder, tuple[str, ...]]:
    """Return the variables that the folder holds for these groups and hosts, and notes. Files of other names are not opened.

    Raises InventoryError with file and line for what cannot be read or is not a mapping.
    """
    notes: list[str] = []
    found = VariableFolder(_named(folder / "group_vars", groups, notes), _named(folder / "host_vars", hosts, notes))
    return found, tuple(notes)


def files_of(folder: Path, name: str) -> tuple[Path, ...]:
    """Return the files in group_vars or host_vars that hold the variables of this group or host, weakest first. Raises InventoryError."""
    path = _first(folder, name, {entry.name for entry in _entries(folder)}) if folder.is_dir() else None
    if path is None:
        return ()
    return tuple(_files(path)) if path.is_dir() else (path,)


def _named(folder: Path, names: Iterable[str], notes: list[str]) -> Mapping[str, Mapping[str, Value]]:
    if not folder.exists():
        return {}
    if not folder.is_dir():
        raise InventoryError("is not a folder, but variables are looked for in a folder of that name.", file=str(folder))
    present = {entry.name for entry in _entries(folder)}
    return {name: _merged(path, notes) for name in names if (path := _first(folder, name, present)) is not None}


def _first(folder: Path, name: str, present: set[str]) -> Path | None:
    return next((folder / (name + extension) for extension in _EXTENSIONS if name + extension in present), None)


def _merged(path: Path, notes: list[str]) -> Mapping[str, Value]:
    variables: dict[str, Value] = {}
    for file in _files(path) if path.is_dir() else (path,):
        variables.update(_read(file, notes))
    return variables


def _files(folder: Path) -> Iterator[Path]:
    """Yield the variable files under a folder in order of name; hidden files and editors' backups are none."""
    for entry in sorted(_entries(folder), key=lambda entry: entry.name):
        if entry.name.startswith(".") or entry.name.endswith("~"):
            continue
        extension = os.path.splitext(entry.name)[1]  # noqa: PTH122  the rule is Ansible's, and pathlib splits `.a` differently
        if entry.is_dir():
            if not extension:
                yield from _files(Path(entry.path))
        elif extension in _EXTENSIONS:
            yield Path(entry.path)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise InventoryError(f"cannot be read: {error.strerror}.", file=str(folder)) from error


def _read(path: Path, notes: list[str]) -> Mapping[str, Value]:
    document = parse(read_text(path), str(path))
    notes.extend(document.notes)
    value = document.value
    if not value:
        return {}
    if not isinstance(value, dict):
        raise InventoryError("must be a mapping of variables.", file=str(path), line=1)
    for name in value:
        if not isinstance(name, str) or not name:
            raise InventoryError(f"{name!r} cannot be the name of a variable.", file=str(path), line=document.line_of(value, name))
    return value
