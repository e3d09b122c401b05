"""What one host has gathered while its tasks run: registers, handler debts, whether it was acted on and drained."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Lock, RLock
from typing import Literal

from healer.model.events import Event, TaskEnded, Terminal
from healer.model.host import Host, Inventory, Value
from healer.rollout.doors import Doors
from healer.rollout.recorder import Recorder
from healer.rollout.session import Session


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a host cannot go on, and how it ends because of that."""

    terminal: Terminal
    reason: str


@dataclass(slots=True)
class Work:
    """Changed by the one thread that works on the host. `drained`: not, by us (`ours`), or before the run (`found`)."""

    host: Host
    session: Session
    recorder: Recorder
    registers: dict[str, Value] = field(default_factory=dict)
    notified: dict[str, None] = field(default_factory=dict)
    acted: bool = False
    drained: Literal["", "ours", "found"] = ""
    uncertain: set[str] = field(default_factory=set)

    def write(self, event: Event) -> None:
        """Record an event of this host."""
        self.recorder.write(event)

    def data(self) -> dict[str, Value]:
        """Return what templates may see of the host's own words: registers and facts, as plain data."""
        return {**self.registers, "facts": self.session.plain_facts()}

    def adopt(self, ended: TaskEnded) -> None:
        """Take over what a finished task left behind, also one that finished before a crash."""
        self.notified.update(dict.fromkeys(ended.notified))
        self.acted = self.acted or (ended.changed and not ended.skipped)


class Delegates:
    """Logins for `delegate_to` and for probes from another host: one a name, used by one task at a time."""

    def __init__(self, inventory: Inventory, doors: Doors, holder: str) -> None:
        """Nothing is connected yet."""
        self._inventory, self._doors, self._holder = inventory, doors, holder
        self._guard = Lock()
        self._sessions: dict[str, tuple[Session, RLock]] = {}

    def session(self, name: str) -> Session:
        """Return the session of an inventory host, or of this node for `localhost`."""
        return self._entry(name)[0]

    def turn(self, name: str) -> AbstractContextManager[bool]:
        """Return the lock under which the session may be used."""
        return self._entry(name)[1]

    def _entry(self, name: str) -> tuple[Session, RLock]:
        with self._guard:
            if name not in self._sessions:
                host = self._inventory.hosts.get(name) or Host(name, {"connection": "local"} if name == "localhost" else {})
                self._sessions[name] = (Session(host, self._doors, self._holder), RLock())
            return self._sessions[name]

    def close(self) -> None:
        """Hang up everywhere."""
        for session, _lock in self._sessions.values():
            session.close()
