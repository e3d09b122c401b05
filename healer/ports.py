"""The four doors to the outside. Only the shell implements them; only `wiring` names the implementations."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self, TypeVar, runtime_checkable

from healer.model.command import Command, CommandResult
from healer.model.events import Event, Stamped
from healer.model.job import JobReport, JobSpec, Lease

Result = TypeVar("Result")
Sink = Callable[[bytes], None]


class ByteStream(Protocol):
    """A connected TCP stream through the host. `recv` returns b"" at the end; waits are bounded by `settimeout`."""

    def settimeout(self, seconds: float) -> None:
        """Bound every later wait."""

    def sendall(self, data: bytes) -> None:
        """Send all of it, or raise OSError."""

    def recv(self, limit: int) -> bytes:
        """Return what is there, at most `limit` bytes, b"" at the end."""

    def close(self) -> None:
        """Give it up."""


@runtime_checkable
class Remote(Protocol):
    """One logged-in host. One thread owns it at a time; every wait in it is bounded.

    Raises UnreachableError while nothing was sent, OutcomeUnknown once something was, BecomeError where root was asked for and
    not had. A broken link never turns into an exit status.
    """

    host: str

    def run(self, command: Command, sink: Sink | None = None) -> CommandResult:
        """Run it; `status` is Unknown when the link broke or the time was over.

        With a sink standard output goes there piece by piece as it comes, however long it is, and the result has none of it; the host is
        made to wait while the sink is busy. What the sink raises ends the command and is raised here.
        """

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        """Open a TCP stream from the host to `address:port` (direct-tcpip). Raises OSError when the host cannot connect."""

    def relogin(self, timeout: float) -> None:
        """Log in a second time from scratch while this login stays open, then give the first up for the second.

        Raises UnreachableError when no second login is had; the first stays in use then.
        """

    def fabric_connection(self) -> object:
        """Return a fabric.Connection over this login, for `python` steps."""

    def close(self) -> None:
        """Hang up, within 10 s whatever the other side does."""


class Gate(Protocol):
    """The host's own door for acts: a lease, and a once-only gate by act id. See `model/job.py` for the words.

    Raises RefusedError when the host said no (nothing was done), UnreachableError or OutcomeUnknown as Remote does.
    """

    def take_lease(self, holder: str, seconds: float = 120.0, over: Lease | None = None) -> Lease:
        """Take the lease, or raise RefusedError naming the holder. The same holder gets the same epoch again while it is valid.

        `over` is the lease of a run that is over for sure: it hinders nobody, but an act of that run which still runs does.
        """

    def renew(self, lease: Lease) -> Lease:
        """Prolong it; raises RefusedError when somebody else took over."""

    def release(self, lease: Lease) -> None:
        """Give it back."""

    def start(self, lease: Lease, spec: JobSpec) -> JobReport:
        """Let the act in once; for an id that was let in before, report what became of it."""

    def poll(self, act: str, offset: int = 0, *, detached: bool, linger: bool = False) -> JobReport:
        """Ask what became of an act, with its output from `offset` on. With `linger` the host waits a second for the end."""

    def clean(self, act: str) -> None:
        """Remove the act's folder once its result is journalled."""

    def sweep(self, older_than: float) -> int:
        """Tidy up after acts that ended more than `older_than` seconds ago; return how many."""


class Journal(Protocol):
    """The record. `append` returns only after the event is on stable storage; it raises JournalError otherwise."""

    def append(self, run: str, event: Event) -> Stamped:
        """Keep the event and return it with number and time."""

    def events(self, run: str) -> Sequence[Stamped]:
        """Return a run's events in order."""

    def runs(self, limit: int = 50) -> Sequence[Stamped]:
        """Return the RunStarted events of the newest runs, newest first."""

    def about(self, host: str | None, kinds: Iterable[str], newest: int | None = None, after: int = 0) -> Sequence[Stamped]:
        """Return a host's events of these kinds over all runs, in order: holds, debts, acknowledgements. None means: of all hosts.

        `newest` bounds how many: the last ones then. Only those with a number greater than `after`.
        """

    def numbered(self, numbers: Iterable[int]) -> Sequence[Stamped]:
        """Return the events of these numbers, in order."""


class Part(Protocol):
    """An archive that is being written. Nothing of it counts before `keep`."""

    def write(self, data: bytes) -> None:
        """Take the next bytes. Raises ArchiveError when there is no room for them, or the disk fails."""

    def keep(self, ending: str) -> str:
        """Make it last, whole and under its own name with this ending; return the file's path. Raises ArchiveError."""

    def drop(self) -> None:
        """Throw it away; without effect after `keep`."""


class Archives(Protocol):
    """Where the control node keeps what it has saved from the hosts. Several threads and processes use it at once."""

    def begin(self, host: str, name: str, most: int) -> Part | None:
        """Reserve room for `most` bytes and return the part, None while others hold room that may become free.

        Raises ArchiveError when there is no room for it whatever becomes of the others; the message has the numbers.
        """


class Clock(Protocol):
    """Time and dice, handed in so that decisions can be tested."""

    def now(self) -> datetime:
        """Return the wall time, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that only grow."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def jitter(self, most: float) -> float:
        """Return a random number of seconds between 0 and `most`."""


class Executor(Protocol):
    """Where the work of the hosts runs."""

    def submit(self, work: Callable[[], Result]) -> "Future[Result]":
        """Start it when a worker is free."""

    def __enter__(self) -> Self:
        """Make it ready."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Wait for what runs."""
