"""Which labs there are on this machine, so that another process can end one and leftovers can be found.

One file for each lab below /run: it dies with the machine's boot, as processes, mounts and links do.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from healer.lab import limits
from healer.lab.processes import start_time
from healer.model.errors import LabError

REGISTER = Path("/run/healer-lab")
LIMIT = REGISTER / "inotify-instances-before"


@dataclass(frozen=True, slots=True)
class Entry:
    """One lab. `owner` is the process that makes it; it is `ready` when up is done, `temporary` when it dies with the owner."""

    lab: str
    name: str
    folder: str
    owner: int
    owner_started: int
    temporary: bool
    ready: bool = False


def lab_id(folder: Path) -> str:
    """Return six characters that stand for a lab's folder; they are part of its links' names."""
    return hashlib.sha256(bytes(folder.resolve())).hexdigest()[:6]


def lab_folder(directory: Path, name: str) -> Path:
    """Return the folder of the lab of that name. Raises LabError for names that are more than a name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise LabError(f"A lab's name is made of letters, digits, - and _; {name!r} is not.")
    return directory.resolve() / "lab" / name


def is_leftover(entry: Entry, owner_lives: bool) -> bool:
    """Tell whether nobody will come back for a lab: its maker is gone before it was ready, or it was temporary."""
    return not owner_lives and (entry.temporary or not entry.ready)


def entries() -> Iterator[Entry]:
    """Return every lab of this machine, leftovers included."""
    for path in sorted(REGISTER.glob("*.json")):
        yield Entry(**json.loads(path.read_text()))


def find(folder: Path) -> Entry | None:
    """Return the entry of the lab in a folder."""
    return next((entry for entry in entries() if entry.lab == lab_id(folder)), None)


def leftovers() -> list[Entry]:
    """Return the labs that nobody will come back for."""
    return [entry for entry in entries() if is_leftover(entry, start_time(entry.owner) == entry.owner_started)]


def enter(entry: Entry) -> None:
    """Write or replace an entry, in one step. The first one raises the limits that hosts need."""
    REGISTER.mkdir(mode=0o700, exist_ok=True)
    limits.raise_limit(LIMIT)
    draft = REGISTER / f"{entry.lab}.part"
    draft.write_text(json.dumps(asdict(entry)))
    draft.rename(_path(entry.lab))


def strike(lab: str) -> None:
    """Remove an entry, and the register when it was the last, together with what it had changed on this machine."""
    _path(lab).unlink(missing_ok=True)
    if not any(entries()):
        limits.put_back(LIMIT)
    try:
        REGISTER.rmdir()
    except OSError:
        return


def _path(lab: str) -> Path:
    return REGISTER / f"{lab}.json"
