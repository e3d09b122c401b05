"""The journal in a database: SQLite on one control node, PostgreSQL for several."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import Row, Select, insert, select

from healer.journal.checksum import checksum
from healer.journal.codec import decode, encode
from healer.journal.database import PATIENCE, READING, open_engine, require_sound, shown
from healer.journal.faults import FAILING, told
from healer.journal.migrate import migrate
from healer.journal.schema import events
from healer.model.errors import JournalError
from healer.model.events import Event, Stamped
from healer.ports import Clock

AT_ONCE = 500
"""How many values a query names: databases bound that."""


class SqlJournal:
    """Implements ports.Journal. One writer at a time in this process; other processes wait their turn at the database."""

    def __init__(self, url: str, *, clock: Clock, patience: float = PATIENCE) -> None:
        """Open it and bring it to this version's schema. `patience` is how many seconds a lock of somebody else is waited for.

        Raises JournalError when it cannot be trusted, UsageError for a senseless URL.
        """
        self._engine = open_engine(url, patience=patience)
        self._name = shown(self._engine)
        self._clock = clock
        self._writing = Lock()
        self._lost = ""
        try:
            self._make_ready()
        except BaseException:
            self.close()  # a connection that is left open would lock the file for whoever tries again
            raise

    def _make_ready(self) -> None:
        with told(self._name), self._engine.begin() as connection:
            migrate(connection, self._name)
        with told(self._name), self._engine.connect().execution_options(**READING) as connection:
            require_sound(connection)

    def append(self, run: str, event: Event) -> Stamped:
        """Keep the event; it is on stable storage when this returns. Raises JournalError otherwise. May be called by any thread.

        After a disk that failed to write or to sync nothing more is kept: what a second try said could not be believed.
        """
        body = encode(event)
        with self._writing, self._until_lost():
            at = self._clock.now()
            row = {"run": run, "host": event.host, "kind": event.kind, "at": at.isoformat(), "body": body}
            row["checksum"] = checksum(row)
            with self._engine.begin() as connection:
                number = connection.execute(insert(events).returning(events.c.number), row).scalar_one()
        return Stamped(number, run, at, event)

    def events(self, run: str) -> Sequence[Stamped]:
        """Return a run's events in order."""
        return self._read(select(events).where(events.c.run == run).order_by(events.c.number))

    def runs(self, limit: int = 50) -> Sequence[Stamped]:
        """Return the RunStarted events of the newest runs, newest first."""
        return self._read(select(events).where(events.c.kind == "run_started").order_by(events.c.number.desc()).limit(limit))

    def about(self, host: str | None, kinds: Iterable[str], newest: int | None = None, after: int = 0) -> Sequence[Stamped]:
        """Return the events of these kinds over all runs, in order: of one host, or of all for None; only the `newest` so many."""
        wanted = (events.c.kind.in_(list(kinds)), events.c.number > after, *(() if host is None else (events.c.host == host,)))
        query = select(events).where(*wanted).order_by(events.c.number.desc()).limit(newest)
        return tuple(reversed(self._read(query)))

    def numbered(self, numbers: Iterable[int]) -> Sequence[Stamped]:
        """Return the events of these numbers, in order."""
        wanted = sorted(set(numbers))
        parts = [wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE)]
        return tuple(one for part in parts for one in self._read(select(events).where(events.c.number.in_(part)).order_by(events.c.number)))

    @contextmanager
    def _until_lost(self) -> Iterator[None]:
        if self._lost:
            raise JournalError(self._lost)
        try:
            with told(self._name):
                yield
        except JournalError as error:
            self._lost = error.message if FAILING in error.message.lower() else ""
            raise

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _read(self, query: Select[Any]) -> Sequence[Stamped]:
        with told(self._name), self._engine.connect().execution_options(**READING) as connection:
            return tuple(map(_stamped, connection.execute(query).all()))


def _stamped(row: Row[Any]) -> Stamped:
    if row.checksum is not None and row.checksum != checksum(row._asdict()):
        raise ValueError(f"event {row.number} is not what was written")
    return Stamped(row.number, row.run, datetime.fromisoformat(row.at), decode(row.body))
