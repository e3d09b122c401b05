"""The only wall clock, sleep and dice. Everything else is handed a ports.Clock."""

import time
from datetime import UTC, datetime
from random import SystemRandom
from threading import Event


class SystemClock:
    """Implements ports.Clock. Setting `stop` ends every sleep at once, so that an interrupted run does not first sleep itself out."""

    def __init__(self, stop: Event | None = None) -> None:
        self._stop = stop or Event()
        self._dice = SystemRandom()

    def now(self) -> datetime:
        """Return the wall time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that only grow, whatever happens to the wall clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait, or return early when stopped; whoever must know which asks its own stop."""
        self._stop.wait(max(0.0, seconds))

    def jitter(self, most: float) -> float:
        """Return a random number of seconds between 0 and `most`."""
        return self._dice.uniform(0.0, most)
