"""Logins to other hosts from which probes of a followed host are asked: whether it is well for others too, and not only for itself.

They are made when first needed and kept, for a login each ten seconds would cost more than all the rest.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from healer.model.command import Command, CommandResult
from healer.model.errors import BecomeError, HostError, UnreachableError
from healer.model.facts import Unknown
from healer.model.host import Host
from healer.observe.facts.contract import Vantages
from healer.observe.probes.contract import Vantage
from healer.observe.vantage import nearest
from healer.ports import ByteStream, Clock, Remote

WAIT = 60.0
"""Seconds after a login that could not be had in which none is tried: the host that asks is not held up by it in each round."""


class Lookouts:
    """Opens them. All followed hosts together hold at most `most`; where there is no room the answer is unknown."""

    def __init__(self, hosts: Mapping[str, Host], connect: Callable[[Host], Remote], clock: Clock, most: int) -> None:
        """Open nothing yet. `connect` as in Doors."""
        self._hosts, self._connect, self._clock = hosts, connect, clock
        self._room = threading.BoundedSemaphore(most)

    @contextmanager
    def beside(self, remote: Remote) -> Iterator[Vantages]:
        """Give the places that probes of this host are asked from, to one thread. What was opened is closed at the end."""
        own = _Beside(remote, self)
        try:
            yield own
        finally:
            own.close()

    def open(self, origin: Host) -> Remote:
        """Log in to the host that is asked from. Raises UnreachableError, also where there is no room; InputError."""
        if not self._room.acquire(blocking=False):
            raise UnreachableError(origin.name, "no more logins may be open at once, so that only full passes ask from there.")
        try:
            return self._connect(origin)
        except BaseException:
            self._room.release()
            raise

    def close(self, remote: Remote) -> None:
        """Hang up."""
        self._room.release()
        remote.close()

    def host(self, name: str) -> Host | None:
        """Return the host of that name, None for what is none."""
        return self._hosts.get(name)

    def now(self) -> float:
        """Return seconds of a clock that only goes forward."""
        return self._clock.monotonic()


@dataclass(slots=True)
class _Beside:
    """The places for one followed host (observe: Vantages)."""

    remote: Remote
    lookouts: Lookouts
    opened: dict[str, Remote] = field(default_factory=dict)
    refused: dict[str, tuple[float, HostError]] = field(default_factory=dict)

    def __call__(self, origin: str) -> Vantage:
        """Return the place. Raises UnreachableError and what else logging in raises."""
        host = self.lookouts.host(origin)
        if host is None or origin == self.remote.host:
            return nearest(self.remote, "host" if origin == self.remote.host else origin)
        if origin not in self.opened:
            self.opened[origin] = self._open(host)
        return _Lookout(self.opened[origin], self.drop)

    def _open(self, host: Host) -> Remote:
        until, error = self.refused.pop(host.name, (0.0, None))
        if error is not None and self.lookouts.now() < until:
            self.refused[host.name] = (until, error)
            raise error
        try:
            return self.lookouts.open(host)
        except HostError as fresh:
            self.refused[host.name] = (self.lookouts.now() + WAIT, fresh)
            raise

    def drop(self, remote: Remote) -> None:
        """Give a login up, so that the next question from there is asked over a new one."""
        if self.opened.pop(remote.host, None) is not None:
            self.lookouts.close(remote)

    def close(self) -> None:
        """Hang up everywhere."""
        for remote in tuple(self.opened.values()):
            self.drop(remote)


@dataclass(frozen=True, slots=True)
class _Lookout:
    """One of these logins (observe: Vantage). It is given up after anything that leaves it in doubt."""

    remote: Remote
    drop: Callable[[Remote], None]

    def run(self, command: Command) -> CommandResult:
        """Run it. That root is not to be had there says nothing against the login."""
        try:
            result = self.remote.run(command)
        except BecomeError:
            raise
        except HostError:
            self.drop(self.remote)
            raise
        if isinstance(result.status, Unknown):
            self.drop(self.remote)
        return result

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        """Open a stream. That the host cannot connect (OSError) says nothing against the login."""
        try:
            return self.remote.dial(address, port, timeout)
        except HostError:
            self.drop(self.remote)
            raise
