"""A shell at the other end of an SSH channel. Never blocks on one stream while the other fills: one poll watches both."""

import select
from collections.abc import Callable

from paramiko import Channel

from healer.ports import Clock
from healer.remote.faults import LINK_FAULTS, words
from healer.remote.pulse import Pulse
from healer.remote.wire import Heard

CHUNK = 2 * 1024 * 1024
"""Bytes that are read at once at most: all that the window lets in. What is left of it paramiko would move, each time."""
LOOK = 2.0
"""Seconds between two looks at the pulse while nothing arrives."""


class ChannelWire:
    """One session channel. `hang_up` closes the whole transport and is called when the other side is dead."""

    def __init__(self, channel: Channel, pulse: Pulse, clock: Clock, hang_up: Callable[[], None]) -> None:
        """Take a channel on which the command was already accepted."""
        self._channel, self._pulse, self._clock, self._hang_up = channel, pulse, clock, hang_up
        self._poll = select.poll()
        self._poll.register(channel.fileno(), select.POLLIN)

    def send(self, data: bytes) -> int:
        """Hand over as much as the window takes."""
        try:
            return self._channel.send(data) if data and self._channel.send_ready() else 0
        except LINK_FAULTS:
            return 0

    def end_input(self) -> None:
        """Send end of file, once."""
        try:
            if not self._channel.eof_sent:
                self._channel.shutdown_write()
        except LINK_FAULTS:
            return

    def receive(self, seconds: float) -> Heard:
        """Return what is there, or wait for it, or for the end."""
        until = self._clock.monotonic() + seconds
        while True:
            out, err = self._drain()
            if out or err:
                self._pulse.heard()
                return Heard(out, err)
            if ending := self._ending():
                return ending
            left = until - self._clock.monotonic()
            if left <= 0:
                return Heard()
            self._poll.poll(max(1.0, min(left, LOOK, self._pulse.interval / 4) * 1000))

    def _drain(self) -> tuple[bytes, bytes]:
        """Return what both streams hold, without waiting; reading also tells the other side that it may send more."""
        try:
            out = self._channel.recv(CHUNK) if self._channel.recv_ready() else b""
            err = self._channel.recv_stderr(CHUNK) if self._channel.recv_stderr_ready() else b""
        except LINK_FAULTS:
            return b"", b""
        return out, err

    def _ending(self) -> Heard | None:
        """Say whether nothing more will come. Only the server's own end of file is an end; everything else is a cut."""
        transport = self._channel.get_transport()
        if not transport.is_active():
            error = transport.get_exception()
            return Heard(cut=words(error) if error else "the connection was closed")
        if self._channel.recv_ready() or self._channel.recv_stderr_ready():
            return None
        if self._channel.eof_received:
            return Heard(ended=True)
        if self._channel.closed:
            return Heard(cut="the server closed the channel")
        complaint = self._pulse.complaint()
        if complaint:
            self._hang_up()
            return Heard(cut=complaint)
        return None

    def abandon(self) -> None:
        """Close the channel; what still runs on the host goes on without us."""
        try:
            self._channel.close()
        except LINK_FAULTS:
            return
