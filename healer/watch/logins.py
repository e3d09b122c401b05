"""One login a host for a whole pass: three dry looks and a run would else log in four times, which costs most of their time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from healer.model.command import Command, CommandResult
from healer.model.errors import HostError
from healer.model.facts import Unknown
from healer.model.host import Host
from healer.ports import ByteStream, Clock, Remote, Sink

FRESH = 120.0
"""Seconds for which a login that nobody used is taken for alive once it has answered again."""
ANSWERS = Command(("true",), timeout=5.0)


@dataclass(frozen=True, slots=True)
class _Idle:
    remote: Remote
    since: float


class LoginPool:
    """Stands before `Doors.connect`: who closes a login gives it back, and who connects next to the same host gets it again.

    A login is used again only when nothing went wrong on it, it is not older than `FRESH`, and it answers now: what is told of a host
    that does not answer is always from a login of its own. At most `most` are kept. Leaving the context closes all.
    """

    def __init__(self, connect: Callable[[Host], Remote], clock: Clock, most: int) -> None:
        self._connect, self._clock, self._most = connect, clock, most
        self._idle: dict[str, _Idle] = {}
        self._lock, self._closed = threading.Lock(), False

    def connect(self, host: Host) -> Remote:
        """Return a login that was given back and is alive, else a new one. Raises as `Doors.connect` does."""
        with self._lock:
            kept = self._idle.pop(host.name, None)
        if kept is not None:
            if self._clock.monotonic() - kept.since <= FRESH and _answers(kept.remote):
                return _Lent(kept.remote, self._back)
            kept.remote.close()
        return _Lent(self._connect(host), self._back)

    def _back(self, remote: Remote) -> None:
        with self._lock:
            room = not self._closed and len(self._idle) < self._most and remote.host not in self._idle
            if room:
                self._idle[remote.host] = _Idle(remote, self._clock.monotonic())
        if not room:
            remote.close()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Hang up all; what is given back later is closed at once."""
        with self._lock:
            self._closed, idle = True, list(self._idle.values())
            self._idle.clear()
        for one in idle:
            one.remote.close()


def _answers(remote: Remote) -> bool:
    try:
        return remote.run(ANSWERS).ok
    except HostError:
        return False


class _Lent:
    """A login out of the pool (ports.Remote). After anything that leaves it in doubt it does not go back there."""

    def __init__(self, remote: Remote, back: Callable[[Remote], None]) -> None:
        self.host = remote.host
        self._remote, self._back = remote, back
        self._good, self._open = True, True

    def run(self, command: Command, sink: Sink | None = None) -> CommandResult:
        """Run it; an error or a status that is not known spoils the login."""
        self._good, good = False, self._good
        result = self._remote.run(command, sink)
        self._good = good and not isinstance(result.status, Unknown)
        return result

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        """Open a stream. That the host cannot connect says nothing about the login; another error does."""
        self._good, good = False, self._good
        try:
            stream = self._remote.dial(address, port, timeout)
        except OSError:
            self._good = good
            raise
        self._good = good
        return stream

    def relogin(self, timeout: float) -> None:
        """Log in anew. Who asks for that wants to know whether others can log in: such a login is nobody else's."""
        self._good = False
        self._remote.relogin(timeout)

    def fabric_connection(self) -> object:
        """Return the connection, which somebody else's code gets: it is not trusted afterwards."""
        self._good = False
        return self._remote.fabric_connection()

    def close(self) -> None:
        """Give it back, or hang up when it is in doubt. A second time does nothing."""
        if not self._open:
            return
        self._open = False
        if self._good:
            self._back(self._remote)
        else:
            self._remote.close()
