"""The journal in memory: for a run that is to leave no trace (`--check`), and for tests. Keeps the same contract, but for the disk."""

from collections.abc import Iterable, Sequence
from threading import Lock

from healer.journal.codec import from_text, to_text
from healer.model.events import Event, RunStarted, Stamped
from healer.ports import Clock


class MemoryJournal:
    """Implements ports.Journal. What the database would refuse is refused here too."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._kept: list[Stamped] = []
        self._writing = Lock()

    def append(self, run: str, event: Event) -> Stamped:
        """Keep the event. Raises JournalError for a value that has no rule. May be called by any thread."""
        kept = from_text(to_text(event))
        with self._writing:
            stamped = Stamped(len(self._kept) + 1, run, self._clock.now(), kept)
            self._kept.append(stamped)
        return stamped

    def events(self, run: str) -> Sequence[Stamped]:
        """Return a run's events in order."""
        return tuple(stamped for stamped in self._all() if stamped.run == run)

    def runs(self, limit: int = 50) -> Sequence[Stamped]:
        """Return the RunStarted events of the newest runs, newest first."""
        return tuple(stamped for stamped in reversed(self._all()) if isinstance(stamped.event, RunStarted))[:limit]

    def about(self, host: str | None, kinds: Iterable[str], newest: int | None = None, after: int = 0) -> Sequence[Stamped]:
        """Return the events of these kinds over all runs, in order: of one host, or of all for None; only the `newest` so many."""
        wanted = frozenset(kinds)
        found = tuple(stamped for stamped in self._all()[after:] if stamped.event.kind in wanted and host in {None, stamped.event.host})
        return found if newest is None else found[max(0, len(found) - newest) :]

    def numbered(self, numbers: Iterable[int]) -> Sequence[Stamped]:
        """Return the events of these numbers, in order."""
        kept = self._all()
        return tuple(kept[number - 1] for number in sorted(set(numbers)))

    def _all(self) -> Sequence[Stamped]:
        with self._writing:
            return tuple(self._kept)
