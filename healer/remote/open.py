"""The way in: a host's login becomes a Remote of the kind that it asks for."""

from healer.model.errors import UsageError
from healer.model.host import Login
from healer.ports import Clock, Remote
from healer.remote.connector import Connector, Resolver, SshOptions
from healer.remote.local import LocalRemote, refuse_remote_words
from healer.remote.ssh import connect


class Opener:
    """Opens hosts for a whole run, so that they share jump hosts. Threads may share it."""

    def __init__(self, clock: Clock, resolver: Resolver | None = None, options: SshOptions | None = None) -> None:
        """Open nothing yet. `resolver` returns the Login of an inventory host that is named as a jump host."""
        self._connector = Connector(clock, resolver, options)

    def __call__(self, login: Login) -> Remote:
        """Log in. Raises UnreachableError and its kinds, and UsageError for a kind of connection that does not exist."""
        return open_remote(login, connector=self._connector)


def open_remote(login: Login, *, connector: Connector) -> Remote:
    """Log in over SSH, or return this machine."""
    if login.connection == "ssh":
        return connect(login, clock=connector.clock, connector=connector)
    if login.connection == "local":
        refuse_remote_words(login)
        return LocalRemote(login, connector.clock)
    raise UsageError(f"{login.host}: there is no connection {login.connection!r}.", advice="Use ssh or local.")
