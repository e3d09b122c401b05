"""What a log is put together with: streams are unpacked, counted and hashed on their way, and a file gets its name when it is whole."""

import hashlib
import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from healer.model.errors import ArchiveError, UsageError

PIECE = 1024 * 1024
"""Bytes that are unpacked at a time, so that a small stream cannot fill the memory."""
Sink = Callable[[bytes], None]


@dataclass(slots=True)
class Counted:
    """Hands bytes on, and knows how many they were and their sha256."""

    sink: Sink
    length: int = 0
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self.length += len(data)
        self._hash.update(data)
        self.sink(data)

    @property
    def sha256(self) -> str:
        """The digest of all bytes so far."""
        return self._hash.hexdigest()


@dataclass(slots=True)
class Unpacked:
    """Hands on what a gzip stream holds; several members are one after the other (RFC 1952)."""

    sink: Sink
    whole: bool = False
    _unpacker: "zlib._Decompress" = field(default_factory=lambda: zlib.decompressobj(wbits=31))

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises ArchiveError for what is no gzip stream."""
        try:
            while data:
                if self._unpacker.eof:
                    self._unpacker = zlib.decompressobj(wbits=31)
                self.sink(self._unpacker.decompress(data, PIECE))
                data = self._unpacker.unconsumed_tail or self._unpacker.unused_data
        except zlib.error as error:
            raise ArchiveError(f"it is damaged: {error}.") from error
        self.whole = self._unpacker.eof


@dataclass(slots=True)
class Trimmed:
    """Leaves the first `skip` bytes out, and the next `hole` bytes if all of them are NUL; `loose`: those of them that are."""

    sink: Sink
    skip: int = 0
    hole: int = 0
    loose: bool = False
    _left_out: int = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        dropped = min(self.skip, len(data))
        self.skip -= dropped
        data = data[dropped:]
        head = data[: self.hole]
        if self.loose and head.strip(b"\0"):
            data, self.hole = data[len(head) - len(head.lstrip(b"\0")) :], 0
        elif head.strip(b"\0"):
            self._fill()
        else:
            self.hole -= len(head)
            self._left_out += len(head)
            data = data[len(head) :]
        if data:
            self.sink(data)

    def _fill(self) -> None:
        """Give back what was taken for a hole: it is not, for data stand in it."""
        while self._left_out:
            size = min(self._left_out, PIECE)
            self.sink(bytes(size))
            self._left_out -= size
        self.hole = 0


class NewFile:
    """A private file under the name FILE.partial until `keep`; without that nothing is left of it."""

    def __init__(self, path: Path, *, force: bool) -> None:
        """Refuse, with UsageError, a file that is there, unless `force`. Raises ArchiveError where it cannot be made."""
        if path.is_dir() or (not force and os.path.lexists(path)):
            advice = "Name a file." if path.is_dir() else "Name another one, or say --force."
            raise UsageError(f"{path} is there already.", advice=advice)
        self._path, self._partial = path, path.with_name(f"{path.name}.partial")
        try:
            self._partial.unlink(missing_ok=True)
            self._file = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _fault(self._partial, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file >= 0:
            os.close(self._file)
            with suppress(OSError):
                self._partial.unlink()

    def write(self, data: bytes) -> None:
        """Take the next bytes. Raises ArchiveError."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            raise _fault(self._partial, error) from error

    def keep(self) -> None:
        """Put it on stable storage under its own name. Raises ArchiveError."""
        try:
            os.fsync(self._file)
            self._partial.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise _fault(self._path, error) from error
        file, self._file = self._file, -1
        os.close(file)


def _fault(path: Path, error: OSError) -> ArchiveError:
    return ArchiveError(f"{path} cannot be written: {error.strerror}.", advice="See to that disk and folder.")
