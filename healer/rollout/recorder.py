"""Writes events: first to the journal, then into the fold, then to whoever listens. The only way by which a run's state changes."""

import threading
from contextlib import suppress
from datetime import timedelta

from healer.failpoints import reach
from healer.model.events import Event, Stamped
from healer.rollout.doors import Doors
from healer.rollout.durations import Seconds, Stopwatch
from healer.rollout.fold import Folding, RunState


class Recorder:
    """Thread-safe. An event that the journal could not keep raises JournalError and changes nothing."""

    def __init__(self, doors: Doors, run: str) -> None:
        """Start from what the journal holds of this run: nothing, or all that happened before a crash."""
        self.run = run
        self._doors = doors
        self._lock = threading.RLock()
        before = doors.journal.events(run)
        self._began = before[0].at if before else doors.clock.now()
        self.first = before[0].number if before else 0
        """The number of the run's first event, 0 before there is one."""
        self._folding = Folding(before)
        self._stopwatch = Stopwatch()
        for stamped in before:
            self._stopwatch.advance(stamped)

    @property
    def age(self) -> timedelta:
        """How long ago the run was begun."""
        return self._doors.clock.now() - self._began

    @property
    def state(self) -> RunState:
        """The run as it is now, frozen."""
        with self._lock:
            return self._folding.state

    @property
    def took(self) -> Seconds:
        """For how long hosts that were changed had been in their slots, by play and host."""
        with self._lock:
            return self._stopwatch.took

    def write(self, event: Event) -> Stamped:
        """Keep the event, fold it, tell it. What could not be folded is refused before it is kept: no resume could read it again.

        A listener that cannot tell (a closed terminal, a defect of its own) is no reason to stop halfway on a host.
        """
        with self._lock:
            shown = self._doors.redact(event)
            self._folding.check(shown)
            reach(f"before.{event.kind}")
            stamped = self._doors.journal.append(self.run, shown)
            reach(f"after.{event.kind}")
            self._folding.advance(stamped)
            self._stopwatch.advance(stamped)
            self.first = self.first or stamped.number
            with suppress(Exception):
                self._doors.listen(stamped)
            return stamped
