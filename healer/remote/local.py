"""The control machine itself as a host (`connection=local`): no SSH, otherwise the same port, protocol and sudo."""

import os
import socket

from fabric import Config
from invoke.context import Context

from healer.model.command import Command, CommandResult
from healer.model.errors import UnreachableError
from healer.model.host import Login
from healer.ports import ByteStream, Clock, Sink
from healer.remote.exchange import Exchange, begin_become
from healer.remote.faults import Stage, translated
from healer.remote.pipe_wire import PipeWire


class LocalRemote:
    """This machine (ports.Remote). There is no link that could break, and no second login to be had."""

    def __init__(self, login: Login, clock: Clock) -> None:
        """Nothing is opened."""
        self.host = login.host
        self._login, self._clock = login, clock

    def run(self, command: Command, sink: Sink | None = None) -> CommandResult:
        """Run it. A command whose time is over is killed, and its result is unknown all the same."""
        become = begin_become(self._login.become_password) if command.become and os.geteuid() != 0 else None
        with translated(self.host, Stage.CHANNEL, "this machine"):
            wire = PipeWire()
        return Exchange(self.host, wire, self._clock, command, sink).run(become)

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        """Open a TCP stream from here. Raises OSError."""
        return socket.create_connection((address, port), timeout)

    def relogin(self, timeout: float) -> None:
        """Do nothing: there is no login that could be broken."""

    def fabric_connection(self) -> object:
        """Return an invoke.Context: it has the `run` and `sudo` of a fabric.Connection, on this machine."""
        password = self._login.become_password
        overrides: dict[str, object] = {"run": {"in_stream": False}, "sudo": {"password": password.reveal() if password else None}}
        return Context(Config(lazy=True, overrides=overrides))

    def close(self) -> None:
        """Do nothing."""


def refuse_remote_words(login: Login) -> None:
    """Raise UnreachableError for a local login that also says how to get somewhere else: one of both is a mistake."""
    if login.proxy_jump or login.password is not None:
        message = "connection=local, but a jump host or a password is set for it."
        raise UnreachableError(login.host, message, advice="Remove one of them from the inventory.")
