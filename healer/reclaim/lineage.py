"""From what was archived of a log, given back and still lies on the host: the pieces that make it whole again, in order, each once. Pure.

A log is a row of files, one after the other under its name: each was renamed away when the next one came. A file is told by its inode,
whatever it is called today. Of each, the pieces are what was archived and given back, in order of time, and then its rest on the host.

What stands where in a file changes with every giving back. `collapse` and `freeze` take the head away, so that the rest moves to the
front; `punch` leaves a hole, so that the rest begins behind it. An archive whose span was not given back is no piece: the host still
has these bytes. Where nobody knows, the bytes that stand in that place now are compared with the archive.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from healer.model.facts import Verdict
from healer.reclaim.history import Move, Part
from healer.reclaim.names import original
from healer.reclaim.strands import SLACK, Lineage, LiveFile, Strand, aside_at, is_rotation

SHORTENS = frozenset(("collapse", "freeze", "truncate"))
"""Methods after which the rest of the file begins at its front."""
NOW = float("inf")


@dataclass(frozen=True, slots=True)
class Kept:
    """A piece from the archive, without its first `skip` bytes, and without `hole` bytes behind those if all of them are NUL."""

    part: Part
    skip: int = 0
    hole: int = 0


@dataclass(frozen=True, slots=True)
class Rest:
    """A piece from the host: the file from its first byte on, without the first `hole` bytes if all of them are NUL.

    Of a packed file it is not known whose it was, and so how long its hole is: all NUL bytes that it begins with, but no more than `hole`.
    """

    file: LiveFile
    hole: int = 0


@dataclass(frozen=True, slots=True)
class Discarded:
    """Bytes that nobody has any more, because somebody wanted it so: without an archive, or by a lossy method."""

    length: int
    at: float


Piece = Kept | Rest | Discarded
Digest = Callable[[Part | LiveFile, int, int], str]
"""The sha256 of `length` bytes from an offset on, of what an archive or a file on the host holds; empty where it holds fewer."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The pieces in order. `missing` are sentences about bytes that belong between them or behind them and are not there.

    `apart` are rotated logs that have archives of their own, by the paths by which they can be restored.
    """

    pieces: tuple[Piece, ...]
    missing: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()


def whole(lineage: Lineage, live: Sequence[LiveFile] | None, digest: Digest) -> Whole:
    """Return the log's pieces. `live` are the files beside it on the host; None where the host is not to be asked.

    Without the host all that is archived is a piece, given back or not, and what is still there counts as missing.
    """
    found, own = lineage.strands, {move.inode for move in lineage.apart}
    files = _Files(lineage.path, tuple(file for file in live or () if file.path == lineage.path or file.inode not in own))
    folds = [_Fold(strand, files.of(strand), files, digest).over() for strand in found]
    missing = [text for fold in folds for text in fold.missing]
    placed = [one for fold in folds for one in fold.placed]
    placed += files.others(found[0].moves[0].at if found else 0.0)
    placed.sort(key=lambda one: one[0])
    apart = tuple(dict.fromkeys(move.path for move in lineage.apart if move.part is not None))
    return Whole(tuple(piece for _at, piece in placed), tuple(missing) if live is not None else ("what is still on the host",), apart)


@dataclass(slots=True)
class _Files:
    """The files on the host, and which of them have a place among the pieces already."""

    path: str
    live: tuple[LiveFile, ...]
    taken: set[str] = field(default_factory=set)
    claimed: dict[str, float] = field(default_factory=dict)
    hole: int = 0

    def of(self, strand: Strand) -> LiveFile | None:
        """Take the strand's own file."""
        for file in self.live if not strand.deleted else ():
            if file.inode == strand.inode and self._may_be(file, strand) and file.path not in self.taken:
                self.taken.add(file.path)
                return file
        return None

    def packed_since(self, at: float) -> list[LiveFile]:
        """Return what was compressed after that moment: a file that had the log's name then may be among them."""
        return [file for file in self._rotations() if file.packed and file.made >= at - SLACK]

    def claim(self, strand: Strand, hole: int) -> bool:
        """Take one of them, the oldest. False where there are too few.

        Where each belongs is told by the time of its last line; by the strand where healer itself has touched the file since.
        """
        self.hole = max(self.hole, hole)
        open_ones = [file for file in self.packed_since(strand.at) if file.path not in self.claimed]
        if not open_ones:
            return False
        file = min(open_ones, key=lambda one: one.made)
        touched = any(move.at > strand.at and move.freed is not Verdict.BAD for move in strand.moves)
        self.claimed[file.path] = strand.at if touched else file.modified
        return True

    def _may_be(self, file: LiveFile, strand: Strand) -> bool:
        """Whether a file with the strand's inode is the strand's. One that has the log's name is that of the newest strand, or of none."""
        named = strand.last if file.path == self.path else file.path.startswith("/proc/") or is_rotation(file.path, self.path)
        return named and file.born <= strand.moves[-1].at + SLACK

    def others(self, since: float) -> list[tuple[float, Piece]]:
        """Return the files of which nothing was ever archived: the log itself, those set aside, those rotated since that moment."""
        found: list[tuple[float, Piece]] = []
        for file in self.live:
            aside = aside_at(file.path) if original(file.path) == self.path else 0.0
            if file.path in self.taken or file.size == 0:
                continue
            if file.path == self.path or aside:
                found.append((aside or NOW, Rest(file)))
        later = (file for file in self._rotations() if file.modified > since)
        return found + [(self.claimed.get(file.path, file.modified), Rest(file, self.hole if file.packed else 0)) for file in later]

    def _rotations(self) -> list[LiveFile]:
        ours = (file for file in self.live if original(file.path) != self.path and is_rotation(file.path, self.path))
        return [file for file in ours if file.path not in self.taken and file.size > 0]


@dataclass(slots=True)
class _Fold:
    """One file's moves, one after the other. `done` is up to where the bytes that stand in it now are told already.

    `spare` are archives whose bytes are on the host too; they count where the file is not there any more.
    """

    strand: Strand
    file: LiveFile | None
    files: _Files
    digest: Digest
    done: int = 0
    gone: bool = False
    placed: list[tuple[float, Piece]] = field(default_factory=list)
    spare: list[Part] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def over(self) -> "_Fold":
        """Place all pieces of the file, each with the moment at which the log has passed on."""
        for index, move in enumerate(self.strand.moves):
            if self._was_freed(move, self.strand.moves[index + 1 :]):
                self._given_back(move)
            elif move.part is not None:
                self.spare.append(move.part)
        if self.file is not None:
            self._rest(self.file)
        elif not self.gone and not self.files.claim(self.strand, self.done):
            self._spared()
        return self

    def _rest(self, file: LiveFile) -> None:
        if file.size > 0:
            hole = min(self.done, file.size)
            self.placed.append((NOW if file.path == self.files.path else self.strand.at, Rest(file, hole)))

    def _was_freed(self, move: Move, later: Sequence[Move]) -> bool:
        """Whether the span was given back. Unknown: not so, where all that was seen of its place since is what was archived."""
        if move.freed is not Verdict.UNKNOWN or move.part is None:
            return move.freed is not Verdict.BAD
        places: list[Part | LiveFile] = list(_before_the_next(later))
        untouched = all(one.freed is Verdict.BAD for one in later)
        if untouched and self.file is None:
            packed = self.files.packed_since(self.strand.at)
            return not any(self._still(move.part, now) for now in (*places, *packed))
        places += [self.file] if untouched and self.file is not None else []
        seen = [still for now in places if (still := self._still(move.part, now)) is not None]
        return not seen or not all(seen)

    def _still(self, part: Part, now: Part | LiveFile) -> bool | None:
        """Whether the bytes that stand there are the archived ones, None where none do. A file that ends before them has lost them."""
        first, last = (now.start, now.end) if isinstance(now, Part) else (0, part.end if now.packed else now.size)
        if isinstance(now, LiveFile) and last < part.end:
            return False
        start, end = max(part.start, first), min(part.end, last)
        if start >= end:
            return None
        before = part.sha256 if end - start == part.length else self.digest(part, start - part.start, end - start)
        return before == self.digest(now, start - first, end - start)

    def _given_back(self, move: Move) -> None:
        told = min(move.length, max(0, self.done - move.start))
        if told < move.length:
            self._place(move, Discarded(move.length - told, move.at) if move.part is None else Kept(move.part, hole=told))
        if move.lost:
            self._place(move, Discarded(move.lost, move.at))
        self._moved(move)

    def _place(self, move: Move, piece: Piece) -> None:
        self.placed.append((min(move.at, self.strand.at), piece))

    def _moved(self, move: Move) -> None:
        """Keep in mind where everything stands now."""
        self.gone = move.method == "delete"
        if self.gone:
            self.done, self.spare = 0, []
        elif move.method in SHORTENS:
            self.done = max(0, self.done - move.end)
            self.spare = [replace(part, start=part.start - move.end) for part in self.spare if part.end > move.end]
        else:
            self.done = max(self.done, move.end)

    def _spared(self) -> None:
        """Take what was archived and not given back; say what no archive has of a file that is not seen any more."""
        for part in self.spare:
            if part.end > self.done:
                self.missing += [f"bytes {self.done} to {part.start} of {self._named()}"] if part.start > self.done else []
                self.placed.append((self.strand.at, Kept(part, skip=max(0, self.done - part.start))))
                self.done = part.end
        self.missing.append(f"all that was in {self._named()} when others took it away")

    def _named(self) -> str:
        return f"{self.strand.moves[-1].path} (inode {self.strand.inode})"


def _before_the_next(later: Sequence[Move]) -> Iterator[Part]:
    """Yield what was archived until the file was changed again: in these archives everything stands where it stood after the move."""
    for move in later:
        if move.part is not None:
            yield move.part
        if move.freed is not Verdict.BAD:
            return
