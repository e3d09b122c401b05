"""Takes in an archive while it arrives, a bounded piece at a time, and opens one that was kept: gzip or zstd, as its first bytes say.

What a host without zstd sends comes as it is, behind a line that says so, and is packed here: gzip over there would make it wait.
"""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import zstandard

PIECE = 256 * 1024
"""Bytes that are unpacked at most before they are handed on: a log full of holes shrinks to a thousandth."""
WINDOW = 128 * 1024 * 1024
"""Bytes of memory at most that a zstd stream may ask for to be unpacked; the host's `zstd -1` asks for half a MiB."""
QUICK = zstandard.ZstdCompressionParameters.from_level(1, window_log=17, write_checksum=True)
"""A window of 128 KiB stays in the processor's cache: a fifth less time than with the level's own, and logs become as small."""
RAW = b"healer: raw\n"
"""Stands before what comes as it is. No archive begins so."""
ENDINGS = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst"}


class NotPacked(Exception):
    """The bytes are no archive; the message says how."""


class _Way(Protocol):
    def feed(self, data: bytes) -> None:
        """Take the next bytes."""

    def end(self) -> None:
        """No more come."""


class Unpacking:
    """Hands the raw bytes of a stream to `sink`, in pieces of at most PIECE bytes, and to `store` what is to be kept: packed."""

    def __init__(self, sink: Callable[[bytes], object], store: Callable[[bytes], object] = lambda _data: None) -> None:
        """Wait for the first bytes to tell how it comes."""
        self._sink, self._store, self._first = sink, store, b""
        self._way: _Way | None = None
        self.ending = ""

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises NotPacked."""
        if self._way is None:
            self._first += data
            if len(self._first) < 4 or (len(self._first) < len(RAW) and RAW.startswith(self._first)):
                return
            self._way, data = self._told(self._first)
        try:
            self._way.feed(data)
        except (zlib.error, zstandard.ZstdError) as error:
            raise NotPacked(f"it is not compressed as it should be: {error}") from error

    def end(self) -> None:
        """Say that all has come, so that the rest is stored."""
        if self._way is not None:
            self._way.end()

    def _told(self, first: bytes) -> tuple[_Way, bytes]:
        if first.startswith(RAW):
            self.ending = ".zst"
            return _Pack(self._sink, self._store), first[len(RAW) :]
        self.ending = next((ending for magic, ending in ENDINGS.items() if first.startswith(magic)), "")
        if not self.ending:
            raise NotPacked("it is not compressed as it should be: it begins like nothing that is known")
        return (_Gunzip if self.ending == ".gz" else _Unzstd)(self._sink, self._store), first


class _Pack:
    def __init__(self, sink: Callable[[bytes], object], store: Callable[[bytes], object]) -> None:
        self._sink, self._store = sink, store
        self._packer = zstandard.ZstdCompressor(compression_params=QUICK).compressobj()

    def feed(self, data: bytes) -> None:
        self._sink(data)
        self._store(self._packer.compress(data))

    def end(self) -> None:
        self._store(self._packer.flush())


class _Gunzip:
    def __init__(self, sink: Callable[[bytes], object], store: Callable[[bytes], object]) -> None:
        self._sink, self._store, self._stream = sink, store, zlib.decompressobj(wbits=31)

    def feed(self, data: bytes) -> None:
        self._store(data)
        while data:
            self._sink(self._stream.decompress(data, PIECE))
            data = self._stream.unconsumed_tail
        if self._stream.unused_data:
            raise NotPacked("more arrived than the log")

    def end(self) -> None:
        """Nothing is held back."""


class _Unzstd:
    def __init__(self, sink: Callable[[bytes], object], store: Callable[[bytes], object]) -> None:
        self._store = store
        unpacker = zstandard.ZstdDecompressor(max_window_size=WINDOW)
        self._writer = unpacker.stream_writer(cast("BinaryIO", _Sink(sink)), write_size=PIECE, closefd=False)

    def feed(self, data: bytes) -> None:
        self._store(data)
        self._writer.write(data)

    def end(self) -> None:
        """Nothing is held back."""


class _Sink:
    """The one method of a file that a writer needs."""

    def __init__(self, sink: Callable[[bytes], object]) -> None:
        self._sink = sink

    def write(self, data: bytes) -> int:
        self._sink(data)
        return len(data)


@contextmanager
def open_packed(file: Path) -> Iterator[BinaryIO]:
    """Open a kept archive for reading its raw bytes. Raises OSError, and NotPacked while it is read or opened."""
    try:
        if file.suffix == ".zst":
            with file.open("rb") as packed, zstandard.ZstdDecompressor(max_window_size=WINDOW).stream_reader(packed) as raw:
                yield cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", raw)))
        else:
            with gzip.open(file) as raw_gzip:
                yield cast("BinaryIO", raw_gzip)
    except (zlib.error, gzip.BadGzipFile, EOFError, zstandard.ZstdError) as error:
        raise NotPacked(f"{file} cannot be unpacked: {error}") from error
