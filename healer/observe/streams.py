"""Streams for the probes: one with a deadline for the whole talk, one that speaks TLS over any stream, and a file for http.client.

A direct-tcpip channel is no socket of this machine, so ssl and http.client cannot have it as it is.
"""

import io
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from healer.ports import ByteStream

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Result = TypeVar("Result")

CHUNK = 16384


@dataclass(frozen=True, slots=True)
class Deadline:
    """A stream whose waits all end at one moment, so that a server that drips bytes cannot hold a probe for ever."""

    stream: ByteStream
    moment: float
    monotonic: Callable[[], float]

    def settimeout(self, seconds: float) -> None:
        """Change nothing: the deadline alone bounds the waits."""

    def sendall(self, data: bytes) -> None:
        """Send all of it before the deadline, or raise OSError."""
        self._bound()
        self.stream.sendall(data)

    def recv(self, limit: int) -> bytes:
        """Return what is there, b"" at the end; raises TimeoutError at the deadline."""
        self._bound()
        return self.stream.recv(limit)

    def close(self) -> None:
        """Give it up."""
        self.stream.close()

    def _bound(self) -> None:
        left = self.moment - self.monotonic()
        if left <= 0:
            raise TimeoutError("the time for the whole answer is over")
        self.stream.settimeout(left)


class Tls:
    """TLS over a stream, by memory buffers. Raises ssl.SSLError (an OSError) where the handshake or the certificate is bad."""

    def __init__(self, stream: ByteStream, context: ssl.SSLContext, server: str) -> None:
        self._stream = stream
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server)
        self._until_done(self._tls.do_handshake)

    def settimeout(self, seconds: float) -> None:
        """Bound every later wait."""
        self._stream.settimeout(seconds)

    def sendall(self, data: bytes) -> None:
        """Send all of it, or raise OSError."""
        while data:
            data = data[self._until_done(partial(self._tls.write, data)) :]

    def recv(self, limit: int) -> bytes:
        """Return decrypted bytes, b"" at the end."""
        try:
            return self._until_done(partial(self._tls.read, limit))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            # Many servers hang up without TLS's farewell; Python's own sockets let that pass too (suppress_ragged_eofs).
            return b""

    def close(self) -> None:
        """Give it up without a TLS farewell: nothing is kept that it would protect."""
        self._stream.close()

    def _until_done(self, step: Callable[[], Result]) -> Result:
        """Repeat the step, feeding it from the stream, until it no longer asks for bytes."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()
                self._feed()
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        if waiting := self._outgoing.read():
            self._stream.sendall(waiting)

    def _feed(self) -> None:
        arrived = self._stream.recv(CHUNK)
        if arrived:
            self._incoming.write(arrived)
        else:
            self._incoming.write_eof()


class _Raw(io.RawIOBase):
    """A stream's receiving side as a raw file."""

    def __init__(self, stream: ByteStream) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        data = self._stream.recv(len(view))
        view[: len(data)] = data
        return len(data)


@dataclass(frozen=True, slots=True)
class SocketLike:
    """As much of a socket as http.client uses."""

    stream: ByteStream

    def sendall(self, data: bytes) -> None:
        """Send all of it, or raise OSError."""
        self.stream.sendall(data)

    def makefile(self, _mode: str) -> BinaryIO:
        """Return the receiving side as a buffered file."""
        return io.BufferedReader(_Raw(self.stream), CHUNK)

    def close(self) -> None:
        """Keep the stream open: http.client hangs up before the body was read, counting on a socket that lives on in its files."""
