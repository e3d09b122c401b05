"""The journal in a database: SQLite on one control node, PostgreSQL for several."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import Row, Select, insert, select

from healer.journal.codec import decode, encode
from healer.journal.database import READING, open_engine, shown
from healer.journal.faults import told
from healer.journal.migrate import migrate
from healer.journal.schema import events
from healer.model.events import Event, Stamped
from healer.ports import Clock


class SqlJournal:
    """Implements ports.Journal. One writer at a time in this process; other processes wait their turn at the database."""

    def __init__(self, url: str, *, clock: Clock) -> None:
        """Open it and bring it to this version's schema. Raises JournalError when it cannot be trusted, UsageError for a senseless URL."""
        self._engine = open_engine(url)
        self._name = shown(self._engine)
        self._clock = clock
        self._writing = Lock()
        with told(self._name), self._engine.begin() as connection:
            migrate(connection)

    def append(self, run: str, event: Event) -> Stamped:
        """Keep the event; it is on stable storage when this returns. Raises JournalError otherwise. May be called by any thread."""
        body = encode(event)
        with self._writing, told(self._name):
            at = self._clock.now()
            row = {"run": run, "host": event.host, "kind": event.kind, "at": at.isoformat(), "body": body}
            with self._engine.begin() as connection:
                number = connection.execute(insert(events).returning(events.c.number), row).scalar_one()
        return Stamped(number, run, at, event)

    def events(self, run: str) -> Sequence[Stamped]:
        """Return a run's events in order."""
        return self._read(select(events).where(events.c.run == run).order_by(events.c.number))

    def runs(self, limit: int = 50) -> Sequence[Stamped]:
        """Return the RunStarted events of the newest runs, newest first."""
        return self._read(select(events).where(events.c.kind == "run_started").order_by(events.c.number.desc()).limit(limit))

    def about(self, host: str | None, kinds: Iterable[str]) -> Sequence[Stamped]:
        """Return the events of these kinds over all runs, in order: of one host, or of all for None."""
        query = select(events).where(events.c.kind.in_(list(kinds))).order_by(events.c.number)
        return self._read(query if host is None else query.where(events.c.host == host))

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _read(self, query: Select[Any]) -> Sequence[Stamped]:
        with told(self._name), self._engine.connect().execution_options(**READING) as connection:
            return tuple(_stamped(row) for row in connection.execute(query))


def _stamped(row: Row[Any]) -> Stamped:
    return Stamped(row.number, row.run, datetime.fromisoformat(row.at), decode(row.body))
