"""A small model of a log on a host: files with inodes, writers, rotations, healer's own acts, and the journal that they leave."""

import base64
import gzip
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from healer.model.action import Action, Archive, Free, FreeMethod
from healer.model.events import ActEnded, ActIntended, Event, Stamped
from healer.model.facts import Verdict
from healer.model.files import Span
from healer.reclaim.history import Part, moves
from healer.reclaim.lineage import Kept, Rest, Whole, whole
from healer.reclaim.strands import LiveFile, lineage

PATH, HOST, BLOCK = "/var/log/app.log", "web1", 4
START = datetime(2026, 1, 7, 12, 0, tzinfo=UTC)


@dataclass
class File:
    """A file: holes are NUL bytes, as readers see them. `data` is up to where nothing but holes is."""

    inode: int
    born: float
    content: bytearray = field(default_factory=bytearray)
    data: int = 0
    modified: float = 0.0
    met: bool = False


class Log:
    """The log, its rotations, its archives and the journal. Time goes on by ten seconds with every step."""

    def __init__(self) -> None:
        self.steps, self.acts, self.lines = 0, 0, 0
        self.events: list[Stamped] = []
        self.store: dict[str, bytes] = {}
        self.files: dict[str, File] = {}
        self.written = bytearray()
        self.spent: set[int] = set()
        self.create()

    @property
    def now(self) -> datetime:
        """The control node's time, and the host's."""
        return START + timedelta(seconds=10 * self.steps)

    def create(self) -> None:
        """Open a new log, with the lowest inode that is free."""
        inode = self.free_inode()
        self.files[PATH] = File(inode, self.now.timestamp(), modified=self.now.timestamp())

    def free_inode(self) -> int:
        """Return the lowest inode that is free. Those of compressed files stay away: who has it next cannot be told from who had it."""
        return next(number for number in range(1, 1000) if number not in {file.inode for file in self.files.values()} | self.spent)

    def write(self, lines: int) -> None:
        """Write lines. No two are alike, nor are any four bytes of them: a block is enough to tell them apart, as in real logs."""
        self.steps += 1
        for _ in range(lines):
            self.lines += 1
            line = base64.b85encode(hashlib.sha256(str(self.lines).encode()).digest())[:6] + b"\n"
            self.files[PATH].content += line
            self.written += line
        self.files[PATH].modified = self.now.timestamp()

    def rename(self, name: str) -> None:
        """Rename the log away; its writer opens a new one."""
        self.files[name] = self.files.pop(PATH)
        self.steps += 1
        self.create()

    def set_aside(self) -> None:
        """Do as healer does."""
        self.steps += 1
        self.rename(f"{PATH}.healer-{self.now:%Y%m%dT%H%M%SZ}")

    def rotate(self) -> None:
        """Do as logrotate does."""
        self.steps += 1
        numbers = sorted((int(name.removeprefix(f"{PATH}.").removesuffix(".gz")) for name in self._numbered()), reverse=True)
        for number in numbers:
            for end in ("", ".gz"):
                if f"{PATH}.{number}{end}" in self.files:
                    self.files[f"{PATH}.{number + 1}{end}"] = self.files.pop(f"{PATH}.{number}{end}")
        self.rename(f"{PATH}.1")

    def _numbered(self) -> list[str]:
        return [name for name in self.files if name.removeprefix(f"{PATH}.").removesuffix(".gz").isdecimal()]

    def compress(self, name: str) -> None:
        """Compress a rotated file: another inode with the old time."""
        self.steps += 1
        old = self.files[name]
        self.spent.add(old.inode)
        number = self.free_inode()
        del self.files[name]
        self.files[f"{name}.gz"] = File(number, self.now.timestamp(), bytearray(gzip.compress(bytes(old.content))), 0, old.modified)

    def known(self) -> list[str]:
        """Return the names of the files that healer takes from as parts of this log."""
        return sorted(name for name, file in self.files.items() if name == PATH or ".healer-" in name or (file.met and name[-3:] != ".gz"))

    def span(self, name: str, method: FreeMethod) -> Span | None:
        """Return what healer would take from the file by that method."""
        file = self.files[name]
        size = len(file.content)
        start = file.data if method == "punch" else 0
        end = (size - 1) // BLOCK * BLOCK if method == "collapse" else size // BLOCK * BLOCK if method == "punch" else size
        return Span(name, 7, file.inode, start, end - start) if end > start else None

    def archive(self, span: Span) -> None:
        """Keep the span."""
        self.files[span.path].met = self.files[span.path].met or ".healer-" in span.path or span.path == PATH
        raw = bytes(self.files[span.path].content[span.start : span.start + span.length])
        act = self.intend(Archive(span))
        kept = f"/archive/{act}.gz"
        self.store[kept] = raw
        detail = {"kept": kept, "where": "control", "sha256": hashlib.sha256(raw).hexdigest(), "length": len(raw), "stored": 1}
        self.end(act, Verdict.GOOD, detail)

    def free(self, span: Span, method: FreeMethod, *, done: bool, told: Verdict | None) -> None:
        """Give it back, or not, and write down what was seen of it; None is a control node that died before."""
        act = self.intend(Free(span, method))
        if done:
            self.effect(span, method)
        if told is not None:
            self.end(act, told, {})

    def effect(self, span: Span, method: FreeMethod) -> None:
        """Do to the file what the method does."""
        file, end = self.files[span.path], span.start + span.length
        file.modified = self.now.timestamp()
        if method == "delete":
            del self.files[span.path]
        elif method == "punch":
            file.content[span.start : end] = bytes(span.length)
            file.data = end
        else:
            del file.content[:end]
            file.data = max(0, file.data - end)

    def intend(self, verb: Archive | Free) -> str:
        """Write an act down."""
        self.acts += 1
        act = f"act-{self.acts}"
        self.note(ActIntended(HOST, "0/tasks/0", self.acts, act, Action("", verb)))
        return act

    def end(self, act: str, verdict: Verdict, detail: dict[str, object]) -> None:
        """Write its end down."""
        self.note(ActEnded(HOST, "0/tasks/0", 0, act, verdict, verdict is Verdict.GOOD, detail=detail))

    def note(self, event: Event) -> None:
        """Keep an event."""
        self.steps += 1
        self.events.append(Stamped(len(self.events) + 1, "run", self.now, event))

    def live(self) -> list[LiveFile]:
        """Return the files as a look shows them."""
        return [LiveFile(name, 7, file.inode, len(file.content), file.modified, file.born) for name, file in self.files.items()]

    def raw(self, source: Part | LiveFile) -> bytes:
        """Return what an archive or a file holds."""
        if isinstance(source, Part):
            return self.store[source.kept]
        content = bytes(self.files[source.path].content)
        return gzip.decompress(content) if source.packed else content

    def digest(self, source: Part | LiveFile, offset: int, length: int) -> str:
        """Compare as the shell does."""
        raw = self.raw(source)[offset : offset + length]
        return hashlib.sha256(raw).hexdigest() if len(raw) == length else ""

    def lineage(self, *, asked: bool = True) -> Whole:
        """Return the pieces."""
        live = self.live() if asked else None
        return whole(lineage(moves(HOST, self.events), PATH, live or ()), live, self.digest)

    def restored(self, found: Whole) -> bytes:
        """Put the pieces together."""
        return b"".join(self._bytes(piece) for piece in found.pieces if isinstance(piece, (Kept, Rest)))

    def _bytes(self, piece: Kept | Rest) -> bytes:
        raw = self.raw(piece.part)[piece.skip :] if isinstance(piece, Kept) else self.raw(piece.file)
        if isinstance(piece, Rest) and piece.file.packed:
            return raw[: piece.hole].lstrip(b"\0") + raw[piece.hole :]
        return raw[piece.hole :] if not raw[: piece.hole].strip(b"\0") else raw
