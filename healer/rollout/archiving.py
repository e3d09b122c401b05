"""Saves a span before it is given back: streamed to the control node, or kept on the host, on another disk. Nothing counts unproved.

An archive changes nothing on the host, so that one that was cut off is thrown away and made again.
"""

import hashlib
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from healer.archive.aside import Aside
from healer.archive.packed import NotPacked, Unpacking
from healer.model.action import Archive
from healer.model.command import Command, CommandResult
from healer.model.errors import ArchiveError, HostError, UnreachableError
from healer.model.facts import Unknown, Verdict
from healer.model.files import Span
from healer.model.job import JobSpec
from healer.ports import Part
from healer.rollout.doors import Doors
from healer.rollout.freeing import refusal
from healer.rollout.seen import Codes, Seen, judge_status, tail
from healer.rollout.session import Session
from healer.rollout.spans import MARKED, MEANINGS, REFUSALS, span_argv, told

CODES = Codes(changed=(), meanings=MEANINGS)
TRIES = 3
"""How often a stream that is cut off is begun in all."""
AGAIN_AFTER = 5.0
ROOM_LOOKS = 5.0
"""Seconds between looks for room that other archives hold."""
PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
NAME_KEPT = 80


def file_name(span: Span, act: str) -> str:
    """Return the archive's name without its ending: what it is for people, and an id that no other act has."""
    name = PLAIN.sub("_", span.path.rpartition("/")[2])[-NAME_KEPT:].lstrip(".")
    return f"{name or 'log'}.{span.inode}.{span.start}.{act}"


def folder_spec(verb: Archive, act: str) -> JobSpec:
    """Return the act that keeps the span in a folder of the host."""
    return JobSpec(act, span_argv("archive_folder", verb.span, verb.folder, f"{file_name(verb.span, act)}.gz"), timeout=verb.timeout)


def kept_on_host(verb: Archive, seen: Seen) -> Seen:
    """Return what was seen, with where the archive is and what proves it."""
    if seen.verdict is Verdict.BAD:
        reason = refusal(verb.span.path, seen) if seen.status in REFUSALS else seen.reason
        return replace(seen, changed=False, reason=reason)
    words = told(seen.output, "kept")
    if seen.verdict is not Verdict.GOOD or len(words) < 5:
        return replace(seen, changed=False)
    detail = {"where": "host", "sha256": words[0], "mark": words[1], "length": int(words[2]), "stored": int(words[3])}
    kept = " ".join(words[4:])
    reason = f"{verb.span.path}: {words[2]} bytes kept as {kept}"
    return replace(seen, changed=False, reason=reason, detail={**seen.detail, **detail, "kept": kept})


@dataclass(slots=True)
class Receiver:
    """Takes the stream: keeps it compressed, and unpacks it on the way to count and to hash. `wanted` -1 is any length."""

    part: Part
    wanted: int
    length: int = 0
    stored: int = 0
    _whole: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _last: deque[bytes] = field(default_factory=deque)
    _unpacking: Unpacking = field(init=False)

    def __post_init__(self) -> None:
        """Count what is unpacked."""
        self._unpacking = Unpacking(self._count, self._store)

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises NotPacked, or ArchiveError."""
        self._unpacking.feed(data)

    def _store(self, data: bytes) -> None:
        self.part.write(data)
        self.stored += len(data)

    def _count(self, raw: bytes) -> None:
        self._whole.update(raw)
        self.length += len(raw)
        self._last.append(raw)
        while sum(map(len, self._last)) - len(self._last[0]) >= MARKED:
            self._last.popleft()
        if 0 <= self.wanted < self.length:
            raise NotPacked(f"more than {self.wanted} bytes arrived")

    def keep(self, sha256: str, length: str) -> str:
        """Compare with what the host has read, and keep it only when it is the same. Raises NotPacked, or ArchiveError."""
        if str(self.length) != length or self.wanted not in (-1, self.length):
            raise NotPacked(f"{self.length} bytes arrived, {length if self.wanted < 0 else self.wanted} were wanted")
        if self.sha256 != sha256:
            raise NotPacked("what arrived is not what the host has read: their sha256 differ")
        self._unpacking.end()
        return self.part.keep(self._unpacking.ending)

    @property
    def sha256(self) -> str:
        """The digest of all raw bytes so far."""
        return self._whole.hexdigest()

    @property
    def mark(self) -> str:
        """The digest of the last raw MiB."""
        return hashlib.sha256(b"".join(self._last)[-MARKED:]).hexdigest()


@dataclass(frozen=True, slots=True)
class Streaming:
    """One archive on its way to the control node."""

    verb: Archive
    session: Session
    doors: Doors
    act: str
    become: bool = True

    def archive(self) -> Seen:
        """Stream it and prove it, from the beginning again where the link is cut.

        Raises UnreachableError where the host cannot be reached at the beginning, or in the end: no archive is there then, for sure.
        """
        for left in reversed(range(TRIES)):
            seen = self._once(patient=0 < left < TRIES - 1)
            if seen.verdict is not Verdict.UNKNOWN:
                return seen
            self.session.drop()
            if left:
                self.doors.pause(AGAIN_AFTER)
        return replace(seen, verdict=Verdict.BAD)

    def _once(self, *, patient: bool) -> Seen:
        """Try it; unknown is a stream that was cut off. Whatever went wrong, nothing is kept then, and that is certain."""
        path = self.verb.span.path
        try:
            part = self._room()
            try:
                return self._receive(part)
            finally:
                part.drop()
        except (ArchiveError, NotPacked) as error:
            return Seen(Verdict.BAD, reason=f"{path} was not archived: {error}")
        except HostError as error:
            if not patient and isinstance(error, UnreachableError):
                raise
            return Seen(Verdict.UNKNOWN, reason=f"{path} was not archived: {error.message}")

    def _room(self) -> Part:
        """Return the part, with the room that it can need at most; wait while others hold that room. Raises ArchiveError."""
        most = packed_at_most(self.verb.span.length)
        name = file_name(self.verb.span, self.act)
        while (part := self.doors.archives.begin(self.session.host.name, name, most)) is None:
            self.doors.pause(ROOM_LOOKS)
            self.session.prolong()
        return part

    def _receive(self, part: Part) -> Seen:
        receiver = Receiver(part, self.verb.span.length)
        command = Command(span_argv("archive_stream", self.verb.span), timeout=self.verb.timeout, become=self.become, limit=64 * 1024)
        with Aside(receiver.feed) as aside:
            result = self.session.remote.run(command, self._watched(aside.feed))
        seen = self._judged(result)
        if seen.verdict is not Verdict.GOOD:
            return seen
        proof = told(seen.output, "read")
        if len(proof) != 2:
            raise NotPacked("the host did not tell what it has read")
        return self._kept(receiver, receiver.keep(*proof))

    def _watched(self, feed: Callable[[bytes], None]) -> Callable[[bytes], None]:
        """Return the sink that also heeds a wish to stop, and keeps the lease meanwhile."""

        def sink(data: bytes) -> None:
            self.doors.check_stop()
            self.session.prolong()
            feed(data)

        return sink

    def _judged(self, result: CommandResult) -> Seen:
        text = tail(result.stderr)
        if isinstance(result.status, Unknown):
            return Seen(Verdict.UNKNOWN, reason=f"{self.verb.span.path} was not archived: {result.status.reason}", output=text)
        seen = judge_status(result.status, text, CODES)
        if seen.verdict is Verdict.BAD:
            return replace(seen, changed=False, reason=refusal(self.verb.span.path, seen))
        return seen

    def _kept(self, receiver: Receiver, kept: str) -> Seen:
        detail = {"kept": kept, "where": "control", "sha256": receiver.sha256, "mark": receiver.mark}
        reason = f"{self.verb.span.path}: {receiver.length} bytes kept as {kept}"
        return Seen(Verdict.GOOD, reason=reason, detail={**detail, "length": receiver.length, "stored": receiver.stored})


def packed_at_most(length: int) -> int:
    """Return how many bytes a compressed copy can have: what cannot be compressed grows a little (RFC 1951: 5 bytes a block)."""
    return max(0, length) + max(0, length) // 1000 + 4096
