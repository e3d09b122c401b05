"""What one host has gathered while its tasks run: registers, handler debts, whether it was acted on and drained."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, RLock
from typing import Literal

from healer.model.events import Event, TaskEnded, Terminal
from healer.model.host import Host, Inventory, Value
from healer.rollout.doors import Doors
from healer.rollout.fold import RunState
from healer.rollout.recorder import Recorder
from healer.rollout.session import Session


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a host cannot go on, and how it ends because of that."""

    terminal: Terminal
    reason: str


class CutShort(Exception):
    """The host's task list ends here, whatever the task at hand says about errors: its drain failed."""

    def __init__(self, trouble: Trouble) -> None:
        """Keep how the host ends."""
        super().__init__(trouble.reason)
        self.trouble = trouble


@dataclass(slots=True)
class Work:
    """Changed by the one thread that works on the host.

    `acted`: something was done in the slot, so that health has to be proved. `changed`: a task said that it changed something.
    `drained`: not, by us (`ours`), or before the run (`found`). In a dry run `uncertain` are facts that an act before would have
    changed, and `guessed` are registers that only foretell.
    """

    host: Host
    session: Session
    recorder: Recorder
    registers: dict[str, Value] = field(default_factory=dict)
    notified: dict[str, None] = field(default_factory=dict)
    acted: bool = False
    changed: bool = False
    drained: Literal["", "ours", "found"] = ""
    uncertain: set[str] = field(default_factory=set)
    guessed: set[str] = field(default_factory=set)

    @property
    def run(self) -> RunState:
        """The run as the journal has it."""
        return self.recorder.state

    def write(self, event: Event) -> None:
        """Record an event of this host."""
        self.recorder.write(event)

    def data(self) -> dict[str, Value]:
        """Return what templates may see of the host's own words: registers and facts, as plain data."""
        return {**self.registers, "facts": self.session.plain_facts()}

    def adopt(self, ended: TaskEnded) -> None:
        """Take over what a finished task left behind, also one that finished before a crash."""
        self.notified.update(dict.fromkeys(ended.notified))
        self.changed = self.changed or (ended.changed and not ended.skipped)
        self.acted = self.acted or self.changed


class Delegates:
    """Logins for `delegate_to` and for probes from another host, and who may act on which host now.

    Acts on one host follow each other, whoever of this run sends them: a delegated task has its host's turn from its plan to its
    end, a host's own act while it runs. Who has one turn never asks for another's, so nobody waits in a circle.
    """

    def __init__(self, inventory: Inventory, doors: Doors, holder: str) -> None:
        """Nothing is connected yet."""
        self._inventory, self._doors, self._holder = inventory, doors, holder
        self._guard = Lock()
        self._sessions: dict[tuple[str, str], Session] = {}
        self._turns: dict[str, RLock] = {}
        self.own: dict[str, Session] = {}
        """The sessions of the play's own hosts by name: they share their lease with ours."""

    def asking(self, name: str, asker: str) -> Session:
        """Return the session by which probes for the host `asker` are asked from another host: each asker has one of its own."""
        return self._session(name, asker)

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Wait until nobody else of this run acts on the host."""
        with self._guard:
            lock = self._turns.setdefault(name, RLock())
        with lock:
            yield

    @contextmanager
    def delegated(self, name: str) -> Iterator[Session]:
        """Give the session of a delegated task, for its length. The lease is taken anew and given back, so that other runs may come."""
        with self.turn(name):
            session = self._session(name, "")
            session.lose_lease()
            try:
                yield session
            finally:
                if name in self.own and self.own[name].leased:
                    session.lose_lease()
                session.release()

    def _session(self, name: str, asker: str) -> Session:
        with self._guard:
            if (name, asker) not in self._sessions:
                host = self._inventory.hosts.get(name) or Host(name, {"connection": "local"} if name == "localhost" else {})
                self._sessions[name, asker] = Session(host, self._doors, self._holder)
            return self._sessions[name, asker]

    def close(self) -> None:
        """Hang up everywhere."""
        for session in self._sessions.values():
            session.close()
