"""Which files were a log: one after the other had its name, and each is told by its inode, whatever it is called today. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from healer.model.facts import Verdict
from healer.reclaim.history import Move
from healer.reclaim.names import original, stem, was_rotated

PACKED = ".gz"
"""How a rotated log is called whose content is read through gzip."""
SLACK = 2.0
"""Seconds by which a file may seem to be younger than it is, for clocks differ."""
_STAMP = re.compile(r"\.healer-(\d{8}T\d{6})Z")


@dataclass(frozen=True, slots=True)
class LiveFile:
    """A file as it lies on the host now. `path` leads to it: a descriptor below /proc where it has no name.

    `modified` and `born` are epoch seconds of the control node's clock; 0 is not known. `size` is what it has on the disk, packed or not.
    """

    path: str
    device: int
    inode: int
    size: int
    modified: float = 0.0
    born: float = 0.0

    @property
    def made(self) -> float:
        """When it came to be, as far as that is known."""
        return self.born or self.modified

    @property
    def packed(self) -> bool:
        """Whether its content is read through gzip."""
        return self.path.endswith(PACKED)


@dataclass(frozen=True, slots=True)
class Strand:
    """One of the files that had the log's name. `at` is when it had it last, as far as that is known; `last` is the newest one that had."""

    inode: int
    moves: tuple[Move, ...]
    at: float
    last: bool = False

    @property
    def deleted(self) -> bool:
        """Whether healer took the whole file away."""
        return self.moves[-1].method == "delete" and self.moves[-1].freed is Verdict.GOOD


@dataclass(frozen=True, slots=True)
class Lineage:
    """All files that were the log at `path`, oldest first. `apart` are moves of rotated logs that healer never met under the log's name."""

    path: str
    strands: tuple[Strand, ...]
    apart: tuple[Move, ...] = ()


def lineage(moved: Iterable[Move], path: str, live: Sequence[LiveFile] = ()) -> Lineage:
    """Return the files that were the log at `path`, with what was moved of each.

    An inode is given to another file once nobody has it any more: a file that was renamed away does not get the log's name again, and
    one that lies there now had nothing moved before it was born.
    """
    born = {file.inode: file.born for file in live}
    running: dict[int, list[Move]] = {}
    found: list[list[Move]] = []
    apart: list[Move] = []
    named = 0
    for move in moved:
        again = move.path == path and named not in (0, move.inode) and any(one.path == path for one in running.get(move.inode, ()))
        if again or not is_rotation(move.path, path) or _earlier(running.get(move.inode, ()), move, born.get(move.inode, 0.0)):
            running.pop(move.inode, None)
        if original(move.path) == path and move.inode not in running:
            found.append(running.setdefault(move.inode, []))
        if move.inode in running:
            running[move.inode].append(move)
        elif is_rotation(move.path, path):
            apart.append(move)
        named = move.inode if move.path == path else named
        if move.method == "delete" and move.freed is Verdict.GOOD:
            running.pop(move.inode, None)
    newest = running.get(named)
    ordered = sorted(found, key=lambda own: _last_time(own, path))
    named_so = tuple(Strand(own[0].inode, tuple(own), _last_time(own, path), own is newest) for own in ordered)
    return Lineage(path, named_so, tuple(apart))


def _earlier(own: Sequence[Move], move: Move, born: float) -> bool:
    """Whether the moves so far were of a file that had the inode before this one."""
    return bool(own) and own[-1].at + SLACK < born <= move.at + SLACK


def is_rotation(path: str, log: str) -> bool:
    """Whether the path is the log's, or has a name that a rotation gives it."""
    name, wanted = PurePosixPath(path).name, PurePosixPath(log).name
    while name != wanted and was_rotated(name) and stem(name) != name:
        name = stem(name)
    return name == wanted


def _last_time(own: Sequence[Move], path: str) -> float:
    """Return when the file had the log's name for the last time: a moment before it was set aside under a name that says when."""
    named = [move.at for move in own if move.path == path]
    return max(named) if named else aside_at(own[0].path) or own[0].at


def aside_at(path: str) -> float:
    """Return when healer set the file aside, by its name; 0 for a name that does not say it."""
    found = _STAMP.search(path)
    return datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp() if found else 0.0
