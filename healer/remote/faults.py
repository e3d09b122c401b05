"""The one door through which the SSH library's and the system's exceptions become ours, with the stage at which they happened."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from paramiko import ssh_exception as theirs

from healer.model.errors import AuthenticationError, HealerError, HostError, HostKeyError, UnreachableError


class Stage(StrEnum):
    """How far a connection had come, in the words of the message."""

    CONFIG = "reading the SSH configuration for"
    RESOLVE = "looking up the address of"
    CONNECT = "connecting to"
    GREETING = "exchanging keys with"
    HOST_KEY = "checking the host key of"
    LOGIN = "logging in to"
    CHANNEL = "opening a channel on"


LINK_FAULTS = (theirs.SSHException, OSError, EOFError)
"""Everything that a broken link raises out of paramiko."""

Maker = Callable[[str, str], HostError]


def _unreachable(advice: str) -> Maker:
    return lambda host, message: UnreachableError(host, message, advice=advice)


def _refused(advice: str) -> Maker:
    return lambda host, message: AuthenticationError(host, message, advice=advice)


KEYS = "Check the user, the key and the account's authorized_keys there."

SSH_FAULTS: dict[type[BaseException], Maker] = {
    theirs.SSHException: _unreachable("Try `ssh -v` to the same address."),
    theirs.AuthenticationException: _refused(KEYS),
    theirs.PasswordRequiredException: _refused("The key has a passphrase: load it into an SSH agent and allow the agent."),
    theirs.BadAuthenticationType: _refused("The server does not take this way of logging in: give a key, or a password, as it asks."),
    theirs.PartialAuthentication: _refused("The server asks for a second factor; give healer an account that needs one key only."),
    theirs.UnableToAuthenticate: _refused(KEYS),
    theirs.ChannelException: _unreachable("Look at MaxSessions and AllowTcpForwarding in the server's sshd_config."),
    theirs.BadHostKeyException: lambda host, message: HostKeyError(host, message, advice=f"Look at `healer trust {host}`."),
    theirs.IncompatiblePeer: _unreachable("The server speaks only algorithms that are no longer safe; upgrade its SSH server."),
    theirs.ProxyCommandFailure: _unreachable("Use ProxyJump in place of ProxyCommand."),
    theirs.NoValidConnectionsError: _unreachable("Check that the SSH server runs and that the port is right."),
    theirs.CouldNotCanonicalize: _unreachable("Check CanonicalizeHostname in the SSH configuration."),
    theirs.ConfigParseError: _unreachable("Mend the SSH configuration."),
    theirs.MessageOrderError: _unreachable("Somebody may be tampering with the connection: look before you try again."),
}

SYSTEM_FAULTS: dict[type[BaseException], Maker] = {
    socket.gaierror: _unreachable("Check the name, or set ansible_host to an address."),
    TimeoutError: _unreachable("Check that the host is up and that no firewall drops the connection."),
    ConnectionRefusedError: _unreachable("Check that the SSH server runs and that the port is right."),
    ConnectionResetError: _unreachable("The server hung up; look at MaxStartups and at its log."),
    OSError: _unreachable("Check the network between here and the host."),
    EOFError: _unreachable("The server hung up; look at MaxStartups and at its log."),
}


FAULTS: dict[type[BaseException], Maker] = {**SYSTEM_FAULTS, **SSH_FAULTS}


def translate(error: BaseException, host: str, stage: Stage, where: str) -> HealerError:
    """Return our error for theirs. The nearest class in the error's own line of descent decides; ours are returned as they are."""
    if isinstance(error, HealerError):
        return error
    maker = next(FAULTS[kind] for kind in type(error).__mro__ if kind in FAULTS)
    return maker(host, f"Failed while {stage} {where}: {words(error)}.")


def words(error: BaseException) -> str:
    """Return what an exception says, for people: never empty, without the full stop."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, EOFError):
        return "the server closed the connection"
    return str(error).strip().rstrip(".") or ("timed out" if isinstance(error, TimeoutError) else type(error).__name__)


@contextmanager
def translated(host: str, stage: Stage, where: str) -> Iterator[None]:
    """Let nothing of the SSH library or the system out of the block."""
    try:
        yield
    except LINK_FAULTS as error:
        raise translate(error, host, stage, where) from error
