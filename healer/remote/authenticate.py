"""Logging in: exactly one key is offered, because every refused one counts against us (MaxAuthTries, PerSourcePenalties)."""

import contextlib
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from paramiko import Agent, AgentKey, AuthenticationException, PasswordRequiredException, PKey, SSHException, Transport
from paramiko.pkey import PublicBlob, UnknownKeyType

from healer.model.errors import AuthenticationError
from healer.remote.endpoint import Endpoint
from healer.remote.faults import Stage, translated

CERTIFICATE_SUFFIX = "-cert.pub"
KEY_SUFFIX = ".pub"


def credentials(endpoint: Endpoint) -> PKey | None:
    """Return the one key to offer, or None when there is only a password. Raises AuthenticationError when there is nothing at all.

    Called before the connection is made: connecting without a way to log in is what sshd penalises.
    """
    key = _from_agent(endpoint) if endpoint.allow_agent else None
    if key is None and endpoint.key:
        key = _from_file(endpoint)
    if key is None and endpoint.password is None:
        message = "There is no key, no agent's key and no password to log in with."
        raise AuthenticationError(endpoint.host, message, advice="Set ansible_ssh_private_key_file, or allow the agent.")
    return key


def _from_agent(endpoint: Endpoint) -> PKey | None:
    """Return the agent's key that belongs to the configured file, else the agent's first when none is configured."""
    with translated(endpoint.host, Stage.LOGIN, endpoint.where):
        agent = Agent()
    wanted = _public_half(endpoint.key) if endpoint.key else b""
    found = next((key for key in agent.get_keys() if not endpoint.key or key.asbytes() == wanted), None)
    if found is None:
        agent.close()
    return found


def forget(key: PKey | None) -> None:
    """Hang up at the agent, if the key is one of an agent's. It cannot sign afterwards."""
    if isinstance(key, AgentKey) and isinstance(key.agent, Agent):
        key.agent.close()


def _public_half(file: str) -> bytes:
    with contextlib.suppress(OSError, ValueError, SSHException):
        return bytes(PublicBlob.from_file(file + KEY_SUFFIX).key_blob)
    return b""


def _from_file(endpoint: Endpoint) -> PKey:
    certificate = endpoint.certificate or endpoint.key + CERTIFICATE_SUFFIX
    try:
        if not endpoint.certificate and not Path(certificate).is_file():
            certificate = ""
        key = _loaded(endpoint.key, certificate, tuple(Path(file).stat().st_mtime_ns for file in (endpoint.key, certificate) if file))
    except (PasswordRequiredException, TypeError) as error:
        advice = "Load it into an SSH agent and allow the agent for this host."
        raise AuthenticationError(endpoint.host, f"The key {endpoint.key} has a passphrase.", advice=advice) from error
    except (OSError, SSHException, ValueError, UnknownKeyType, UnsupportedAlgorithm) as error:
        raise AuthenticationError(endpoint.host, f"The key {endpoint.key} cannot be used: {error}.", advice="Check the file.") from error
    return key


@lru_cache(maxsize=32)
def _loaded(file: str, certificate: str, _changed: tuple[int, ...]) -> PKey:
    """Read a key, with its certificate where it has one, once for all hosts: a fleet is mostly logged in to with one key."""
    key = PKey.from_path(file)
    if certificate:
        key.load_certificate(certificate)
    return key


def log_in(endpoint: Endpoint, transport: Transport, key: PKey | None) -> None:
    """Authenticate with the key, then with the password if there is one. Raises AuthenticationError or UnreachableError."""
    who = f"{endpoint.user}@{endpoint.where}"
    with translated(endpoint.host, Stage.LOGIN, who):
        if key is not None and _by_key(endpoint, transport, key):
            return
        if endpoint.password is not None and transport.is_active():
            transport.auth_password(endpoint.user, endpoint.password.reveal())
        if not transport.is_authenticated():
            raise AuthenticationException("the server asks for more than our key")


def _by_key(endpoint: Endpoint, transport: Transport, key: PKey) -> bool:
    """Say whether the key was enough. A refused key is an error unless a password is there to be tried next."""
    try:
        transport.auth_publickey(endpoint.user, key)
    except AuthenticationException:
        if endpoint.password is None or not transport.is_active():
            raise
        return False
    return transport.is_authenticated()
