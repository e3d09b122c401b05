"""Makes logins: resolves where to go, goes there through verified jump hosts, and shares what can be shared between hosts."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from paramiko import PKey

from healer.model.errors import UnreachableError
from healer.model.host import Login
from healer.ports import Clock
from healer.remote import known_hosts
from healer.remote.addresses import Addresses
from healer.remote.admission import Admission, patiently
from healer.remote.authenticate import credentials, forget, log_in
from healer.remote.endpoint import Endpoint, endpoint
from healer.remote.faults import Stage, translated
from healer.remote.handshake import Socket, exchange_keys, hang_up, tcp, verify
from healer.remote.jumps import Jumps
from healer.remote.pulse import Pulse
from healer.remote.session import Session
from healer.remote.ssh_config import Configuration

Resolver = Callable[[str], Login | None]
"""Returns the Login of an inventory host, or None when the inventory has no host of that name."""

LONGEST_CHAIN = 8


@dataclass(frozen=True, slots=True)
class SshOptions:
    """What is the same for every host. Times are seconds.

    `config_file` stands in for the user's and the system's SSH configuration. A quiet link is asked for a sign of life after
    `ping_interval` and given up after `ping_misses` more of them. `patience` bounds one login with all its tries.
    """

    config_file: str | None = None
    home: Path = field(default_factory=Path.home)
    ping_interval: float = 12.0
    ping_misses: int = 3
    patience: float = 60.0


class Connector:
    """One for a whole run. Threads may share it."""

    def __init__(self, clock: Clock, resolver: Resolver | None = None, options: SshOptions | None = None) -> None:
        """Start without any connection. `resolver` finds jump hosts that are inventory hosts."""
        self.clock = clock
        self.options = options or SshOptions()
        self._resolver = resolver
        self._configuration = Configuration(self.options.home, self.options.config_file)
        self._admission = Admission()
        self._jumps = Jumps(clock)
        self._addresses = Addresses()

    def endpoint(self, login: Login) -> Endpoint:
        """Return where the login goes. Raises UnreachableError or UsageError."""
        return endpoint(login, self._configuration.of(login), self.options.home)

    def open(self, target: Endpoint, patience: float | None = None) -> Session:
        """Log in, with several tries where the server is merely busy. Raises UnreachableError and its kinds."""
        return self._open(target, self.route(target), self.options.patience if patience is None else patience)

    def route(self, target: Endpoint) -> tuple[Endpoint, ...]:
        """Return the jump hosts on the way, the one next to the target first. Raises UnreachableError for a circle.

        Known before the first login, so that threads which wait for each other's jump hosts never wait in a circle either.
        """
        hops: list[Endpoint] = []
        current = target
        while current.jump:
            current = self._hop(current)
            if current in hops or len(hops) == LONGEST_CHAIN:
                raise UnreachableError(target.host, "Its jump hosts lead in a circle, or the chain is too long.", advice="Mend proxy_jump.")
            hops.append(current)
        return tuple(hops)

    def _open(self, target: Endpoint, route: tuple[Endpoint, ...], seconds: float) -> Session:
        plan = _Plan(target, credentials(target), known_hosts.load_about(target.known_hosts, target.name, target.port), route)
        try:
            return patiently(lambda left: self._log_in(plan, left), self.clock, seconds)
        finally:
            forget(plan.key)

    def _log_in(self, plan: "_Plan", seconds: float) -> Session:
        target = plan.target
        with ExitStack() as undo:
            undo.enter_context(self._admission.waiting_for((target.jump, target.address, target.port), target.host, seconds))
            link, give_back = self._link(target, plan.route, seconds)
            on_failure = undo.enter_context(ExitStack())
            on_failure.callback(give_back)
            on_failure.callback(link.close)
            transport = exchange_keys(target, link, plan.known.entries, seconds)
            on_failure.callback(hang_up, transport)
            verify(target, transport, plan.known, self.clock)
            self._addresses.keep(target.address, target.port, link)
            log_in(target, transport, plan.key)
            on_failure.pop_all()
        pulse = Pulse(transport, self.clock, self.options.ping_interval, self.options.ping_misses)
        return Session(target, transport, pulse, give_back)

    @contextmanager
    def reach(self, target: Endpoint) -> Iterator[Socket]:
        """Give a bare link to the server for as long as the block lasts, for looking at its key without logging in."""
        link, give_back = self._link(target, self.route(target), target.connect_timeout)
        try:
            yield link
        finally:
            link.close()
            give_back()

    def _link(self, target: Endpoint, route: tuple[Endpoint, ...], seconds: float) -> tuple[Socket, Callable[[], None]]:
        """Return a connection to the server, direct or through its jump hosts, and how to give the way back."""
        if not route:
            return tcp(target, min(seconds, target.connect_timeout), self._addresses), _nothing
        hop, *rest = route
        try:
            session = self._jumps.take(hop, lambda: self._open(hop, tuple(rest), seconds))
        except UnreachableError as error:
            raise type(error)(target.host, f"Its jump host is not to be had. {error.host}: {error.message}", advice=error.advice) from error
        try:
            with self._jumps.opening(hop), translated(target.host, Stage.CHANNEL, f"the jump host {hop.host} towards {target.where}"):
                return session.through(target.address, target.port, target.connect_timeout), lambda: self._jumps.give_back(hop)
        except BaseException:
            self._jumps.give_back(hop)
            raise

    def _hop(self, target: Endpoint) -> Endpoint:
        """Return the last jump host before the target; the ones before it become its own jump hosts."""
        before, _, last = target.jump.rpartition(",")
        known = self._resolver(last.strip()) if self._resolver else None
        login = known or _unlisted(last.strip(), target)
        hop = self.endpoint(replace(login, proxy_jump=before) if before else login)
        is_its_own = self._names(hop.jump) == self._names(last)
        return replace(hop, jump="") if is_its_own else hop

    @staticmethod
    def _names(spec: str) -> str:
        return spec.strip().rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What stays the same over all tries of one login."""

    target: Endpoint
    key: PKey | None
    known: known_hosts.Known
    route: tuple[Endpoint, ...]


def _unlisted(spec: str, target: Endpoint) -> Login:
    """Return the Login for `user@host:port` that the inventory does not list: files, policy and agent are the target's."""
    user, _, place = spec.rpartition("@")
    address, port = _place(place, target.host)
    return Login(
        host=spec,
        address=address,
        port=port,
        user=user or None,
        private_key=target.key or None,
        known_hosts=target.known_hosts,
        host_key_policy=target.policy,
        allow_agent=target.allow_agent,
        connect_timeout=target.connect_timeout,
    )


def _place(text: str, host: str) -> tuple[str, int | None]:
    """Split `address:port`; an IPv6 address with a port stands in brackets."""
    found = re.fullmatch(r"\[([^]]+)\](?::(\d+))?|([^:]+)(?::(\d+))?|([^[]*:[^[]*:[^[]*)", text)
    if not found:
        raise UnreachableError(host, f"{text!r} is no address of a jump host.", advice="Write user@address:port.")
    port = found[2] or found[4]
    return found[1] or found[3] or found[5], int(port) if port else None


def _nothing() -> None:
    """Give nothing back."""
