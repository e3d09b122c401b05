"""One host over SSH: paramiko's transport, healer's own protocol on it, and no wait without an end."""

from contextlib import suppress

from paramiko import Channel, ChannelException

from healer.model.command import Command, CommandResult
from healer.model.errors import UnreachableError
from healer.model.host import Login
from healer.ports import ByteStream, Clock, Sink
from healer.remote.channel_wire import ChannelWire
from healer.remote.connector import Connector, Resolver
from healer.remote.exchange import Exchange, begin_become
from healer.remote.fabric_door import bound_connection
from healer.remote.faults import LINK_FAULTS, Stage, translate, translated, words
from healer.remote.frames import BOOTSTRAP
from healer.remote.session import Session

FORBIDDEN = 1
"""SSH_OPEN_ADMINISTRATIVELY_PROHIBITED (RFC 4254, section 5.1)."""


class SshRemote:
    """A logged-in host (ports.Remote). One thread owns it at a time.

    A login that was lost is made again, verified from scratch, by the next command: nothing was sent yet then.
    """

    def __init__(self, connector: Connector, login: Login, session: Session) -> None:
        """Take a login that was just had."""
        self.host = login.host
        self._connector, self._login, self._session = connector, login, session
        self._is_root = False
        self._closed = False

    def run(self, command: Command, sink: Sink | None = None) -> CommandResult:
        """Run it. Raises UnreachableError or BecomeError only when it was certainly not started; ValueError for no command at all."""
        become = begin_become(self._login.become_password) if command.become and not self._is_root else None
        result = Exchange(self.host, self._start(), self._connector.clock, command, sink).run(become)
        self._is_root = self._is_root or (become is not None and become.was_root)
        return result

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        """Open a TCP stream from the host. Raises OSError when the host cannot connect, UnreachableError when we have no login.

        A server that forbids it raises PermissionError: that says nothing of who should have answered.
        """
        session = self._living()
        try:
            channel = session.through(address, port, timeout)
        except LINK_FAULTS as error:
            if not session.alive:
                raise translate(error, self.host, Stage.CHANNEL, session.endpoint.where) from error
            if isinstance(error, ChannelException) and error.code == FORBIDDEN:
                raise PermissionError(f"the SSH server of {self.host} forbids it (AllowTcpForwarding, PermitOpen)") from error
            raise OSError(f"{self.host} cannot connect to {address} port {port}: {words(error)}") from error
        channel.settimeout(timeout)
        return HostStream(channel)

    def relogin(self, timeout: float) -> None:
        """Log in a second time; give the first login up only when the second is had."""
        with translated(self.host, Stage.LOGIN, self._session.endpoint.where):
            fresh = self._connector.open(self._connector.endpoint(self._login), patience=timeout)
        old, self._session = self._session, fresh
        self._is_root = False
        old.close()

    def fabric_connection(self) -> object:
        """Return a fabric.Connection over this login; it cannot log in by itself."""
        session = self._living()
        return bound_connection(session.endpoint, session.transport, self._login.become_password)

    def close(self) -> None:
        """Hang up, within 10 s. The remote is of no use afterwards."""
        self._closed = True
        self._session.close()

    def _start(self) -> ChannelWire:
        """Return a started shell. A link that turns out to be lost at this moment is made again, once: no command was sent yet."""
        clock = self._connector.clock
        session = self._living()
        try:
            channel = session.start(BOOTSTRAP, clock)
        except LINK_FAULTS as error:
            if session.alive:
                self._doubt(session, error)
                raise translate(error, self.host, Stage.CHANNEL, session.endpoint.where) from error
            session = self._living()
            with translated(self.host, Stage.CHANNEL, session.endpoint.where):
                channel = session.start(BOOTSTRAP, clock)
        return ChannelWire(channel, session.pulse, clock, session.hang_up)

    @staticmethod
    def _doubt(session: Session, error: Exception) -> None:
        """Give a link up that did not answer in time, so that the next command makes a new one. A refusal is an answer."""
        if not isinstance(error, ChannelException):
            session.hang_up()

    def _living(self) -> Session:
        if self._closed:
            raise UnreachableError(self.host, "The login was closed.")
        if not self._session.alive:
            self.relogin(self._connector.options.patience)
        return self._session


class HostStream:
    """A TCP stream through the host (ports.ByteStream). A lost login is an error, not the end of the stream."""

    def __init__(self, channel: Channel) -> None:
        """Take an open direct-tcpip channel."""
        self._channel = channel

    def settimeout(self, seconds: float) -> None:
        """Bound every later wait."""
        self._channel.settimeout(seconds)

    def sendall(self, data: bytes) -> None:
        """Send all of it, or raise OSError."""
        try:
            self._channel.sendall(data)
        except LINK_FAULTS as error:
            raise OSError(words(error)) from error

    def recv(self, limit: int) -> bytes:
        """Return what is there, b"" at the end. Raises TimeoutError, or ConnectionError when the login was lost."""
        data = self._channel.recv(limit)
        if not data and not self._channel.eof_received:
            raise ConnectionError("the connection to the host was lost")
        return data

    def close(self) -> None:
        """Give it up."""
        with suppress(*LINK_FAULTS):
            self._channel.close()


def connect(login: Login, *, resolver: Resolver | None = None, clock: Clock, connector: Connector | None = None) -> SshRemote:
    """Log in to one host. Hosts that share a `connector` share their jump hosts and the politeness towards them.

    Raises UnreachableError, with HostKeyError and AuthenticationError for those two reasons.
    """
    shared = connector or Connector(clock, resolver)
    return SshRemote(shared, login, shared.open(shared.endpoint(login)))
