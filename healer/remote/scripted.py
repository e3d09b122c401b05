"""Hosts made of functions: a stand-in for a fleet where no network is wanted, for tests and for trying a playbook out.

Ships with healer, as transports made of functions do in HTTP libraries, because whoever writes a step needs it too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from healer.model.command import Command, CommandResult
from healer.model.errors import UnreachableError
from healer.model.host import Login
from healer.ports import ByteStream, Sink

Handler = Callable[[Command], CommandResult]
Dialer = Callable[[str, int], ByteStream]


def _refuse_to_dial(address: str, port: int) -> ByteStream:
    raise ConnectionRefusedError(f"nothing listens on {address} port {port}")


@dataclass(slots=True)
class ScriptedRemote:
    """One host whose answers come from `handler` (ports.Remote). It writes down what it was asked.

    The handler may raise what a real host's `run` may raise. `relogin_fault` is raised by the next logins while it is set.
    """

    host: str
    handler: Handler
    dialer: Dialer = _refuse_to_dial
    fabric: object = None
    relogin_fault: UnreachableError | None = None
    commands: list[Command] = field(default_factory=list)
    relogins: int = 0
    closes: int = 0

    def run(self, command: Command, sink: Sink | None = None) -> CommandResult:
        """Write the command down and return the handler's answer, cut to the command's limit as a real one would be.

        A sink gets the whole output at once.
        """
        if self.closes:
            raise UnreachableError(self.host, "The login was closed.")
        self.commands.append(command)
        answer = self.handler(command)
        if sink is not None:
            sink(answer.stdout)
            return CommandResult(answer.status, b"", answer.stderr[: command.limit], len(answer.stderr) > command.limit)
        cut = len(answer.stdout) > command.limit or len(answer.stderr) > command.limit
        return CommandResult(answer.status, answer.stdout[: command.limit], answer.stderr[: command.limit], answer.truncated or cut)

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        """Return the dialer's stream, bounded."""
        stream = self.dialer(address, port)
        stream.settimeout(timeout)
        return stream

    def relogin(self, timeout: float) -> None:  # noqa: ARG002 - the port's signature
        """Count it, or fail as told."""
        if self.relogin_fault is not None:
            raise self.relogin_fault
        self.relogins += 1

    def fabric_connection(self) -> object:
        """Return what was given."""
        return self.fabric

    def close(self) -> None:
        """Count it."""
        self.closes += 1


@dataclass(slots=True)
class ScriptedFleet:
    """Opens scripted hosts by name, as `open_remote` opens real ones. A host without a handler is unreachable."""

    handlers: Mapping[str, Handler]
    opened: dict[str, ScriptedRemote] = field(default_factory=dict)

    def __call__(self, login: Login) -> ScriptedRemote:
        """Return the host. Raises UnreachableError when there is none of that name."""
        if login.host not in self.handlers:
            raise UnreachableError(login.host, "There is no such host.", advice="Give it a handler.")
        remote = ScriptedRemote(login.host, self.handlers[login.host])
        self.opened[login.host] = remote
        return remote


def by_program(answers: Mapping[str, CommandResult | Handler]) -> Handler:
    """Return a handler that answers by the command's first word; what is not listed is not found (status 127)."""

    def handler(command: Command) -> CommandResult:
        answer = answers.get(command.argv[0], CommandResult(127, stderr=f"sh: {command.argv[0]}: not found\n".encode()))
        return answer if isinstance(answer, CommandResult) else answer(command)

    return handler
