"""What a run's journal says, as a test asks it: who had a slot when, which services were restarted and by whom."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from healer.clock import SystemClock
from healer.journal.store import SqlJournal
from healer.model.events import ActIntended, Event, HostEnded, SlotTaken, Stamped, TaskEnded

Kind = TypeVar("Kind", bound=Event)


@dataclass(frozen=True)
class Slot:
    """From the scheduler's word that a host may start to the host's end."""

    host: str
    role: str
    taken: datetime
    ended: datetime


@dataclass(frozen=True)
class Diary:
    """The events of one run."""

    events: Sequence[Stamped]

    @classmethod
    def read(cls, state: Path, run: str) -> "Diary":
        """Read a run from the journal in a control node's state folder."""
        journal = SqlJournal(f"sqlite:///{state / 'journal.db'}", clock=SystemClock())
        try:
            return cls(journal.events(run))
        finally:
            journal.close()

    def all(self, kind: type[Kind]) -> list[tuple[datetime, Kind]]:
        """Return the events of a kind with their times, in order."""
        return [(stamped.at, stamped.event) for stamped in self.events if isinstance(stamped.event, kind)]

    def at(self, kind: type[Kind], host: str) -> datetime:
        """Return when the first event of a kind happened to a host."""
        return next(at for at, event in self.all(kind) if event.host == host)

    @property
    def slots(self) -> list[Slot]:
        """Return the slots in the order in which they were taken."""
        ends = {event.host: at for at, event in self.all(HostEnded)}
        return [Slot(event.host, event.role, at, ends[event.host]) for at, event in self.all(SlotTaken)]

    @property
    def restarts(self) -> Counter[tuple[str, str]]:
        """Return how often healer itself restarted which service on which host."""
        return Counter((event.host, event.action.unit) for _, event in self.all(ActIntended) if event.action.unit)

    @property
    def restarts_by_scripts(self) -> set[tuple[str, str]]:
        """Return the services that the packages' own scripts restarted, by host, as the run has recorded them."""
        ended = [event for _, event in self.all(TaskEnded)]
        return {(event.host, str(unit)) for event in ended for unit in _list(event.result.get("restarted_by_scripts"))}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, (list, tuple)) else ()
