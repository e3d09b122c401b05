"""A login that was had: the transport, who is at the other end, and what has to be given back when it ends."""

from collections.abc import Callable
from dataclasses import dataclass

from paramiko import Channel, ChannelException, Transport

from healer.ports import Clock
from healer.remote.bounded import give_up_after
from healer.remote.endpoint import Endpoint
from healer.remote.faults import LINK_FAULTS
from healer.remote.handshake import hang_up
from healer.remote.pulse import Pulse

WINDOW = 2 * 1024 * 1024
"""Bytes that a host may send ahead of what was read: what a channel holds in memory at most."""
PACKET = 128 * 1024
"""Bytes of a packet at most. Each costs Python the same work, and OpenSSH fills those of four times paramiko's size too."""
OPEN_TIMEOUT = 15.0
BUSY_PATIENCE = 5.0
"""Seconds to wait for the server to notice that our last channel is closed, where it allows few sessions (MaxSessions)."""


@dataclass(slots=True)
class Session:
    """One authenticated transport. `give_back` frees the jump host that it goes through."""

    endpoint: Endpoint
    transport: Transport
    pulse: Pulse
    give_back: Callable[[], None]

    @property
    def alive(self) -> bool:
        """Say whether the link is not known to be lost."""
        return self.transport.is_active()

    def start(self, command_line: str, clock: Clock) -> Channel:
        """Return a channel on which the server has accepted the command line. Raises what paramiko raises.

        paramiko waits without limit for the acceptance, so a timer closes the whole transport if it takes too long.
        """
        seconds = 2 * OPEN_TIMEOUT + BUSY_PATIENCE
        until = clock.monotonic() + seconds
        guard = give_up_after(seconds, self.hang_up)
        try:
            channel = self._open(clock)
            channel.settimeout(0.0)
            channel.exec_command(command_line)
            return channel
        except LINK_FAULTS as error:
            if clock.monotonic() < until:
                raise
            raise TimeoutError(f"the command was not accepted within {seconds:g} s") from error
        finally:
            guard.cancel()

    def _open(self, clock: Clock) -> Channel:
        until = clock.monotonic() + BUSY_PATIENCE
        while True:
            try:
                return self.transport.open_session(WINDOW, PACKET, timeout=OPEN_TIMEOUT)
            except ChannelException:
                if clock.monotonic() >= until:
                    raise
            clock.sleep(0.1)

    def through(self, address: str, port: int, seconds: float) -> Channel:
        """Return a TCP stream from that host on (direct-tcpip). Raises what paramiko raises."""
        guard = give_up_after(seconds + OPEN_TIMEOUT, self.hang_up)
        try:
            return self.transport.open_channel("direct-tcpip", (address, port), ("127.0.0.1", 0), timeout=seconds)
        finally:
            guard.cancel()

    def hang_up(self) -> None:
        """Close the transport; whoever waits on it is freed."""
        hang_up(self.transport)

    def close(self) -> None:
        """Hang up, and give the way here back. Once only."""
        self.hang_up()
        release, self.give_back = self.give_back, _nothing
        release()


def _nothing() -> None:
    """Give nothing back."""
