"""This control node as the place that a probe asks from. A host's own vantage is its Remote, which has the same two methods."""

import os
import signal
import socket
import subprocess
from dataclasses import dataclass

from healer.model.command import Command, CommandResult
from healer.model.errors import UnreachableError
from healer.model.facts import Unknown
from healer.observe.probes.contract import Vantage
from healer.ports import ByteStream, Remote


@dataclass(frozen=True, slots=True)
class SocketStream:
    """A connected socket of this machine."""

    socket: socket.socket

    def settimeout(self, seconds: float) -> None:
        """Bound every later wait."""
        self.socket.settimeout(seconds)

    def sendall(self, data: bytes) -> None:
        """Send all of it, or raise OSError."""
        self.socket.sendall(data)

    def recv(self, limit: int) -> bytes:
        """Return what is there, b"" at the end."""
        return self.socket.recv(limit)

    def close(self) -> None:
        """Give it up."""
        self.socket.close()


@dataclass(frozen=True, slots=True)
class ControlVantage:
    """Runs commands and opens streams here, as the user that healer runs as."""

    def run(self, command: Command) -> CommandResult:
        """Run it without a shell. What cannot be started, or is asked for as root by somebody else, has an unknown status."""
        if command.become and os.geteuid() != 0:
            return CommandResult(Unknown("healer does not become root on its own control node"))
        try:
            process = subprocess.Popen(
                command.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
            )
        except OSError as error:
            return CommandResult(Unknown(f"{command.argv[0]} could not be started: {error.strerror}"))
        with process:
            return _wait(process, command)

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        """Open a TCP stream from here. Raises OSError when it cannot be had."""
        return SocketStream(socket.create_connection((address, port), timeout))


def _wait(process: subprocess.Popen[bytes], command: Command) -> CommandResult:
    try:
        stdout, stderr = process.communicate(command.stdin, timeout=command.timeout)
    except subprocess.TimeoutExpired:
        # The whole group, for a child that keeps the pipes open would be waited for without end.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return CommandResult(Unknown(f"it took longer than {command.timeout:g} s and was ended"))
    truncated = len(stdout) > command.limit or len(stderr) > command.limit
    return CommandResult(process.returncode, stdout[: command.limit], stderr[: command.limit], truncated)


def nearest(remote: Remote, origin: str) -> Vantage:
    """Return the vantage `host` or `control`. Raises UnreachableError for other hosts: nobody here has a login there."""
    if origin == "host":
        return remote
    if origin == "control":
        return ControlVantage()
    raise UnreachableError(remote.host, f"{origin} is not logged in to here, so nothing can be asked from there.")
