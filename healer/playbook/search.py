"""Where playbooks are found, in which order, and that the folder somebody happens to stand in is not among the places."""

import re
from collections.abc import Iterator, Sequence
from importlib.resources import as_file, files
from pathlib import Path

from healer.model.errors import PlaybookError
from healer.playbook.words import nearest

SYSTEM = Path("/etc/healer/playbooks")
_SUFFIXES = (".yml", ".yaml")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def bundled() -> Path:
    """Return the folder of the playbooks that come with healer: inside the package, or beside it in a source tree."""
    with as_file(files("healer")) as package:
        inside = package / "playbooks"
        return inside if inside.is_dir() else package.parent / "playbooks"


def find_playbook(word: str, *, inventories: Sequence[Path] = (), system: Path = SYSTEM, shipped: Path | None = None) -> Path:
    """Return the file of a playbook: a path (it has a slash or ends in .yml or .yaml), else a name.

    A name is looked for beside each inventory, in `playbooks` beside it, in the system's folder, then among the bundled ones.
    Raises PlaybookError with the places that were looked at and the nearest name.
    """
    if "/" in word or word.endswith(_SUFFIXES):
        return _explicit(Path(word))
    folders = list(dict.fromkeys(_folders(inventories, system, shipped or bundled())))
    if not _NAME.fullmatch(word):
        raise PlaybookError(f"{word!r} is no name of a playbook.", advice="Use letters, digits, - and _, or give a path.")
    for folder in folders:
        for suffix in _SUFFIXES:
            if (folder / f"{word}{suffix}").is_file():
                return folder / f"{word}{suffix}"
    raise _not_found(word, folders)


def _explicit(path: Path) -> Path:
    if path.is_file():
        return path
    if path.is_dir():
        raise PlaybookError("this is a folder, not a playbook.", file=str(path), advice="Give the path of a file in it.")
    raise PlaybookError("there is no such playbook.", file=str(path), advice="Give the path of a file, or a name such as patch.")


def _folders(inventories: Sequence[Path], system: Path, shipped: Path) -> Iterator[Path]:
    for inventory in inventories:
        folder = inventory if inventory.is_dir() else inventory.parent
        yield from (folder, folder / "playbooks")
    yield from (system, shipped)


def _not_found(word: str, folders: Sequence[Path]) -> PlaybookError:
    names = {path.stem for folder in folders[1:] if folder.is_dir() for path in folder.iterdir() if path.suffix in _SUFFIXES}
    places = ", ".join(map(str, folders))
    advice = nearest(word, names) or "Give a path to name any other file."
    return PlaybookError(f"there is no playbook {word!r} in {places}.", advice=advice)
