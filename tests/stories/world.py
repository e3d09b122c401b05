"""A fleet of fake hosts, a journal in memory and a clock that only moves when somebody waits: the whole pipeline runs on it in no time."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self, TypeVar

from fake_host import FakeGate, FakeHost, remote_of

from healer.freezing import inputs_of
from healer.journal.memory import MemoryJournal
from healer.journal.redacting import redacted
from healer.model.errors import LockedError
from healer.model.events import Event, HostEnded, Stamped
from healer.model.facts import Facts
from healer.model.host import Group, Host, Inventory
from healer.model.redact import Redactor
from healer.model.report import RunReport
from healer.pipeline import Order, carry_out
from healer.playbook.load import parse_playbook
from healer.ports import Archives, Executor, Remote
from healer.rollout.context import RunInputs
from healer.rollout.doors import Doors, NoArchives
from healer.rollout.planning import steps

Result = TypeVar("Result")
START = datetime(2026, 1, 7, 12, 0, tzinfo=UTC)


class Killed(BaseException):
    """The control node died here: nothing after it happens."""


class FakeClock:
    """Time that passes by waiting only (ports.Clock)."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the wall time."""
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the seconds that were waited."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        with self._lock:
            self.seconds += seconds

    def jitter(self, most: float) -> float:
        """Return no jitter."""
        return most * 0.0


class InLine:
    """Does each work at once, in the caller's thread (ports.Executor): every run of a story is the same."""

    def submit(self, work: Callable[[], Result]) -> "Future[Result]":
        """Do it."""
        future: Future[Result] = Future()
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  as every executor does
            future.set_exception(error)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None


class KillableJournal(MemoryJournal):
    """A journal that dies before event number `dies_at` is kept, and stays dead until it is revived."""

    def __init__(self, *, clock: FakeClock) -> None:
        super().__init__(clock=clock)
        self.dies_at = 0
        self.dead = False

    def append(self, run: str, event: Event) -> Stamped:
        """Keep the event, or die."""
        if self.dead or (self.dies_at and len(self.kept) + 1 >= self.dies_at):
            self.dead = True
            raise Killed
        return super().append(run, event)

    @property
    def kept(self) -> Sequence[Stamped]:
        """All events."""
        return self._all()


@dataclass
class World:
    """The fleet and what the control node has. `variables` are by host; hosts without any have none."""

    names: Sequence[str]
    variables: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    secrets: Redactor = field(default_factory=lambda: Redactor(()))
    executor: Executor = field(default_factory=InLine)
    machine_id: str = "control"
    node: str = field(default_factory=socket.gethostname)
    waits: dict[str, str] = field(default_factory=dict)
    runs: int = 0
    folder: str = "/nowhere"
    archives: Archives = field(default_factory=NoArchives)

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.journal = KillableJournal(clock=self.clock)
        self.stop = threading.Event()
        self.hosts = {name: FakeHost(name, self.clock.monotonic) for name in self.names}
        self.log: list[tuple[str, str]] = []
        for host in self.hosts.values():
            host.on_effect = self.noted
        self.inventory = Inventory(
            {name: Host(name, dict(self.variables.get(name, {})), ("web",)) for name in self.names},
            {"web": Group("web", tuple(self.names))},
        )

    def noted(self, host: FakeHost, what: str) -> None:
        """Remember the order of effects over all hosts."""
        self.log.append((host.name, what))

    def __getitem__(self, name: str) -> FakeHost:
        return self.hosts[name]

    def doors(self) -> Doors:
        """Return the ways to this world."""
        return Doors(
            connect=lambda host: self._alive(lambda: remote_of(self.hosts[host.name])),
            look=self._look,
            gate=self._gate,
            journal=self.journal,
            clock=self.clock,
            executor=self.executor,
            waiting=self.waits.update,
            redact=lambda event: redacted(event, self.secrets),
            stop=self.stop,
            machine_id=self.machine_id,
            node=self.node,
            archives=self.archives,
        )

    def _alive(self, work: Callable[[], Result]) -> Result:
        if self.journal.dead:
            raise Killed
        return work()

    def _look(self, remote: Remote, names: Sequence[str], _vantages: object) -> Facts:
        return self._alive(lambda: self.hosts[remote.host].look(tuple(names)))

    def _gate(self, remote: Remote) -> FakeGate:
        return self._alive(lambda: FakeGate(self.hosts[remote.host]))

    def order(self, playbook: str, **options: object) -> Order:
        """Return a new run of the playbook."""
        self.runs += 1
        parsed = parse_playbook(playbook.encode(), file=f"{self.folder}/play.yml", steps=steps())
        held = options.pop("held", {})
        values = {"hosts": tuple(self.names), **options}
        inputs = RunInputs(f"run-{self.runs}", self.inventory, parsed, **values)  # type: ignore[arg-type]  # a story names the fields
        return Order(inputs, "healer run", playbook, held=held)  # type: ignore[arg-type]  # as above

    def run(self, playbook: str, **options: object) -> RunReport:
        """Carry a new run out."""
        return carry_out(self.order(playbook, **options), self.doors(), free)

    def resume(self, **options: object) -> RunReport:
        """Go on with the newest run as `healer resume` does: from nothing but the journal."""
        self.journal.dead, self.journal.dies_at = False, int(str(options.get("dies_at", 0)))
        self.stop.clear()
        name = f"run-{self.runs}"
        started = next(stamped.event for stamped in self.journal.events(name))
        inputs = inputs_of(name, started.documents)  # type: ignore[union-attr]  # a run begins with its RunStarted
        settled = options.get("settled", {})
        inputs = RunInputs(**{**{key: getattr(inputs, key) for key in inputs.__slots__}, "inventory": self.inventory, "settled": settled})
        return carry_out(Order(inputs, "healer run", resume=True), self.doors(), free)

    def events(self, kind: str, host: str | None = None, run: str = "") -> list[Event]:
        """Return the newest run's events of a kind."""
        mine = self.journal.events(run or f"run-{self.runs}")
        return [one.event for one in mine if one.event.kind == kind and host in (None, one.event.host)]

    def journal_text(self) -> str:
        """Return everything that was written down, as text."""
        return "\n".join(repr(one.event) for one in self.journal.kept)

    def ends(self) -> dict[str, str]:
        """Return how each host ended in the newest run. A host that ended twice in one play breaks the law of all stories."""
        ended = [event for event in self.events("host_ended") if isinstance(event, HostEnded)]
        return {event.host: event.terminal for event in ended}


@contextmanager
def free(_groups: Sequence[str], _run: str) -> Iterator[Mapping[str, str]]:
    """Give every lock."""
    yield {}


@contextmanager
def taken(_groups: Sequence[str], _run: str) -> Iterator[Mapping[str, str]]:
    """Give no lock."""
    raise LockedError("budget group web is held by somebody else.")
    yield {}


@contextmanager
def db_is_taken(_groups: Sequence[str], _run: str) -> Iterator[Mapping[str, str]]:
    """Give every lock but that of the budget group db."""
    yield {"db": "budget group db is held by run r9"}


def ends(report: RunReport) -> dict[str, str]:
    """Return how each host ended."""
    return {host.host: host.terminal for host in report.hosts}


def reason(report: RunReport, host: str) -> str:
    """Return why a host ended so."""
    return next(one.reason for one in report.hosts if one.host == host)


def dies_after_effect(world: World, number: int) -> None:
    """Let the control node die after this act was done and before anybody hears of it."""
    left = [number]

    def die(_host: FakeHost, _what: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            world.journal.dead = True
            raise Killed

    for host in world.hosts.values():
        host.on_effect = die
