"""Brings a log back whole: reads its parts from the archive and its rest from the host, verifies each, and writes them in order."""

import importlib.resources
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

from healer.archive.packed import NotPacked, Unpacking
from healer.archive.unpacking import Counted, NewFile, Sink, Trimmed, Unpacked
from healer.model.command import Command, CommandResult
from healer.model.errors import ArchiveError, HostError
from healer.model.facts import Unknown
from healer.model.files import Span
from healer.model.words import first_few
from healer.ports import Clock, Journal, Remote
from healer.reclaim.history import KINDS, Move, Part, moves
from healer.reclaim.lineage import Discarded, Kept, Rest, Whole, whole
from healer.reclaim.strands import Lineage, LiveFile, is_rotation, lineage
from healer.rollout.spans import span_argv, told

PIECE = 1024 * 1024
LONGEST = 6 * 3600.0
"""Seconds that one part may take from a host."""
LOOK = 120.0


@dataclass(frozen=True, slots=True)
class Restored:
    """What was written: `parts` from the archive on the control node, on the host, and files that the rest was read from, with their bytes.

    `notes` are sentences about what is not in it, and why.
    """

    length: int
    parts: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]


@dataclass(slots=True)
class Restorer:
    """One log of one host. `connect` logs in to it when it is first needed; `say` is told what is going on."""

    host: str
    path: str
    journal: Journal
    connect: Callable[[], Remote]
    clock: Clock
    _remote: Remote | None = None
    _parts: list[tuple[str, int]] = field(default_factory=list)

    def restore(self, output: Path, *, archived_only: bool, force: bool) -> Restored:
        """Write the log. Raises ArchiveError where a part is missing or damaged, HostError, UsageError for a file that is there.

        Nothing is left under the file's name when anything is raised.
        """
        history = self.journal.about(self.host, KINDS)
        moved = self._moves_of_log(moves(self.host, history))
        with NewFile(output, force=force) as file:
            found = self._whole(moved, archived_only=archived_only)
            if found.missing and not archived_only:
                raise self._not_whole(found)
            counted = Counted(file.write)
            for piece in found.pieces:
                self._write(piece, counted)
            self._nobody_else(history[-1].number)
            file.keep()
        return Restored(counted.length, tuple(self._parts), tuple(self._notes(found)))

    def close(self) -> None:
        """Hang up."""
        if self._remote is not None:
            self._remote.close()

    def _moves_of_log(self, moved: Sequence[Move]) -> tuple[Move, ...]:
        """Return all moves of the host, when any was of this log. Raises ArchiveError for a log that healer never touched."""
        if not lineage(moved, self.path).strands:
            known = dict.fromkeys(move.path for move in moved if move.part is not None)
            alike = sorted(known, key=lambda path: PurePosixPath(path).name != PurePosixPath(self.path).name)
            advice = f"Archived from there are: {first_few(alike)}." if alike else "Whatever there is of it is still on the host."
            raise ArchiveError(f"{self.host}: nothing of {self.path} was ever archived by this control node.", advice=advice)
        return tuple(moved)

    def _whole(self, moved: Sequence[Move], *, archived_only: bool) -> Whole:
        if archived_only:
            return whole(lineage(moved, self.path), None, self._digest)
        live = self._look(lineage(moved, self.path))
        return whole(lineage(moved, self.path, live), live, self._digest)

    def _not_whole(self, found: Whole) -> ArchiveError:
        message = f"{self.host}: {self.path} cannot be brought back whole. Missing: {'; '.join(found.missing)}."
        return ArchiveError(message, advice="With --archived-only what is archived is written without it.")

    def _notes(self, found: Whole) -> Sequence[str]:
        thrown = [
            f"{piece.length} bytes are not in it: they were given back without an archive"
            for piece in found.pieces
            if isinstance(piece, Discarded)
        ]
        apart = [f"not in it: {path} was archived on its own: `healer logs restore {self.host} {path}`" for path in found.apart]
        return (*thrown, *(f"not in it: {text}" for text in found.missing), *apart)

    def _nobody_else(self, number: int) -> None:
        """Make sure that healer gave nothing of the log back while it was read. Raises ArchiveError."""
        since = moves(self.host, self.journal.about(self.host, KINDS, after=number))
        if any(is_rotation(move.path, self.path) for move in since):
            raise ArchiveError(f"{self.host}: {self.path} was reclaimed while it was read.", advice="Begin again.")

    def _look(self, known: Lineage) -> tuple[LiveFile, ...]:
        """Return the files that may belong to the log, in one round trip."""
        own = [move for strand in known.strands for move in strand.moves]
        folders = dict.fromkeys(str(PurePosixPath(path).parent) for path in (self.path, *(move.path for move in own)))
        handles = dict.fromkeys(f"/proc/{move.handle.pid}/fd/{move.handle.fd}" for move in own if move.handle is not None)
        command = Command(("sh", "-c", _script("restore_look"), "healer", *folders, *handles), timeout=LOOK, become=True)
        before = self.clock.now().timestamp()
        result = self._ask(command, None)
        text = result.stdout.decode("utf-8", "surrogateescape")
        if not result.ok or result.truncated or not text.endswith("end\n"):
            raise HostError(self.host, f"what lies beside {self.path} cannot be read: {_why(result)}.")
        inodes = {move.inode for move in own}
        found = parse_look(text, before)
        return tuple(file for file in found if file.inode in inodes or is_rotation(file.path, self.path))

    def _write(self, piece: Kept | Rest | Discarded, counted: Counted) -> None:
        if isinstance(piece, Discarded):
            return
        before, source = counted.length, piece.part if isinstance(piece, Kept) else piece.file
        loose = isinstance(source, LiveFile) and source.packed
        trimmed = Trimmed(counted.feed, piece.skip if isinstance(piece, Kept) else 0, piece.hole, loose=loose)
        self._read(source, trimmed.feed)
        place = (
            f"{source.kept}{f' on {self.host}' if source.where == 'host' else ''}"
            if isinstance(source, Part)
            else f"{self.host}:{source.path}"
        )
        self._parts.append((place, counted.length - before))

    def _read(self, source: Part | LiveFile, sink: Sink) -> None:
        if isinstance(source, Part):
            self._read_part(source, sink)
        elif source.packed:
            inner = Unpacked(sink)
            self._read_file(source, 0, source.size, inner.feed)
            if not inner.whole:
                raise ArchiveError(f"{self.host}: {source.path} ends in the middle.")
        else:
            self._read_file(source, 0, source.size, sink)

    def _read_part(self, part: Part, sink: Sink) -> None:
        """Read an archive and prove it. Raises ArchiveError naming it and what is missing with it."""
        counted = Counted(sink)
        unpacked = Unpacking(counted.feed)
        try:
            if part.where == "host":
                self._stream(Command(("cat", "--", part.kept), timeout=LONGEST, become=True), unpacked.feed)
            else:
                _pour(Path(part.kept), unpacked.feed)
        except (ArchiveError, HostError) as error:
            raise self._spoilt(part, error.message) from error
        except NotPacked as error:
            raise self._spoilt(part, f"{error}.") from error
        if (counted.length, counted.sha256) != (part.length, part.sha256):
            raise self._spoilt(part, f"it holds {counted.length} bytes, and not those that were archived.")

    def _spoilt(self, part: Part, why: str) -> ArchiveError:
        place = f"{part.kept} on the host" if part.where == "host" else part.kept
        message = f"{self.host}: {part.length} bytes of {self.path} are missing: {place}: {why}"
        return ArchiveError(message, advice="Put the file back from a copy; nothing was written.")

    def _read_file(self, file: LiveFile, start: int, length: int, sink: Sink) -> None:
        """Read a file on the host. Raises HostError where it is another one, or shorter, by now."""
        counted = Counted(sink)
        unpacked = Unpacking(counted.feed)
        span = Span(file.path, file.device, file.inode, start, length)
        result = self._stream(Command(_reading(span), timeout=LONGEST, become=True), unpacked.feed)
        if told(result.stderr.decode("utf-8", "replace"), "read") != (counted.sha256, str(length)) or counted.length != length:
            raise HostError(self.host, f"{file.path} did not arrive as it was read there.", advice="Begin again.")

    def _stream(self, command: Command, sink: Sink) -> CommandResult:
        result = self._ask(command, sink)
        if not result.ok:
            raise HostError(self.host, f"{_why(result)}.")
        return result

    def _ask(self, command: Command, sink: Sink | None) -> CommandResult:
        if self._remote is None:
            self._remote = self.connect()
        return self._remote.run(command, sink)

    def _digest(self, source: Part | LiveFile, offset: int, length: int) -> str:
        """Return the sha256 of a piece of it, empty where it has not so many bytes."""
        counted = Counted(_nowhere)
        if isinstance(source, LiveFile) and not source.packed:
            self._read_file(source, offset, length, counted.feed)
            return counted.sha256
        window = _Window(counted, offset, length)
        self._read(source, window.feed)
        return counted.sha256 if counted.length == length else ""


@dataclass(slots=True)
class _Window:
    """Hands `length` bytes on from an offset on."""

    counted: Counted
    offset: int
    length: int

    def feed(self, data: bytes) -> None:
        piece = data[self.offset : self.offset + self.length]
        self.offset = max(0, self.offset - len(data))
        self.length -= len(piece)
        self.counted.feed(piece)


def _nowhere(_data: bytes) -> None:
    """Let the bytes go: only their digest is wanted."""


def _why(result: CommandResult) -> str:
    if isinstance(result.status, Unknown):
        return result.status.reason
    said = result.stderr.decode("utf-8", "replace").strip().splitlines()
    return said[-1] if said else f"it ended with {result.status}"


def _pour(path: Path, sink: Sink) -> None:
    """Read a file of this node. Raises ArchiveError."""
    try:
        with path.open("rb") as opened:
            while data := opened.read(PIECE):
                sink(data)
    except OSError as error:
        raise ArchiveError(f"it cannot be read: {error.strerror}.") from error


@cache
def _script(name: str) -> str:
    return importlib.resources.files("healer.archive").joinpath(f"{name}.sh").read_text(encoding="utf-8")


def _reading(span: Span) -> tuple[str, ...]:
    """Return the command that streams the span: the archiver's own script, over a file that is opened by its path, for reading only."""
    stream = span_argv("archive_stream", span)[4]
    numbers = (span.device, span.inode, span.start, span.length)
    return ("sh", "-c", _script("restore_open"), "healer", stream, span.path, *map(str, numbers))


def parse_look(text: str, now: float) -> tuple[LiveFile, ...]:
    """Return the files that restore_look.sh has told, their times by this node's clock. Lines that are none of its own are left out."""
    folder, skew = "", 0.0
    found: list[LiveFile] = []
    for line in text.split("\n"):
        word, _, rest = line.partition(" ")
        if word == "now" and rest.isdecimal():
            skew = now - int(rest)
        elif word == "folder":
            folder = rest
        elif word == "file":
            found += _file(rest.split(" ", 5), folder, skew)
    return tuple(found)


def _file(words: Sequence[str], folder: str, skew: float) -> list[LiveFile]:
    if len(words) != 6 or not all(word.isdecimal() for word in words[:4]):
        return []
    device, inode, size, modified = (int(word) for word in words[:4])
    born = int(words[4]) if words[4].isdecimal() else 0
    path = folder if words[5] == "." else f"{folder.rstrip('/')}/{words[5].removeprefix('./')}"
    return [LiveFile(path, device, inode, size, modified + skew, born + skew if born else 0.0)]
