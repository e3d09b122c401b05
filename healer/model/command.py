"""What is sent to a host and what comes back. A command is an argument list, never a shell string."""

from dataclasses import dataclass

from healer.model.facts import Unknown


@dataclass(frozen=True, slots=True)
class Command:
    """Run `argv` on the host with `stdin` as its whole input.

    `timeout` is wall seconds for the whole command; when it passes, the result is unknown and the remote process may live on.
    With a `beat` the sink of a command is also given nothing (`b""`) whenever so many seconds passed without output, so that it can end
    the command. `become` asks for root. `limit` caps the bytes kept of each stream; what is beyond is dropped and `truncated` says so.
    A shell script is `argv=("sh", "-c", STATIC_TEXT, "name", *arguments)`: the text never holds data of users.
    """

    argv: tuple[str, ...]
    stdin: bytes = b""
    timeout: float = 60.0
    become: bool = False
    limit: int = 8 * 1024 * 1024
    beat: float = 0.0


@dataclass(frozen=True, slots=True)
class CommandResult:
    """`status` is the exit status as the host's shell saw it, or why it is not known (never -1, never 255 by guess)."""

    status: int | Unknown
    stdout: bytes = b""
    stderr: bytes = b""
    truncated: bool = False

    @property
    def ok(self) -> bool:
        """Whether the command is known to have ended with 0."""
        return self.status == 0
