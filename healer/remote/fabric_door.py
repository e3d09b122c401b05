"""The door for `python` steps: a fabric.Connection that speaks over the login that healer verified, and can make no other.

fabric by itself would accept any unknown host key, jump hosts' included, and execute ~/.fabric.py; neither happens here.
"""

from typing import NoReturn

from fabric import Config, Connection
from paramiko import SSHClient, Transport

from healer.model.secret import Secret
from healer.remote.endpoint import Endpoint


class VerifiedClient(SSHClient):
    """A client whose transport was made elsewhere. It cannot connect, and closing it leaves the login to its owner."""

    def __init__(self, transport: Transport) -> None:
        """Take over a logged-in transport."""
        super().__init__()
        self._transport = transport

    def connect(self, *_: object, **__: object) -> NoReturn:
        """Refuse: a connection made here would not be verified."""
        raise ConnectionError("the login to this host was lost; healer itself makes the next one")

    def close(self) -> None:
        """Leave the transport open: the engine still needs it after the step."""


def bound_connection(endpoint: Endpoint, transport: Transport, become_password: Secret | None) -> Connection:
    """Return a connection over the transport. Its `sudo` knows the password; nothing waits on the terminal."""
    overrides: dict[str, object] = {
        "run": {"in_stream": False},
        "sudo": {"password": become_password.reveal() if become_password else None},
    }
    connection = Connection(
        endpoint.address,
        user=endpoint.user,
        port=endpoint.port,
        config=Config(lazy=True, overrides=overrides),
        gateway=False,
        forward_agent=False,
        connect_timeout=int(endpoint.connect_timeout) or 1,
    )
    connection.client = VerifiedClient(transport)
    connection.transport = transport
    return connection
