"""The default executor: as many threads as forks. SSH waits far more than it works, so threads are enough."""

from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from threading import Condition
from types import TracebackType
from typing import Self, TypeVar

from healer.ports import Clock

Result = TypeVar("Result")

STUCK = 2.0
"""Seconds after which work that is still under way gives its place to other work, where there are spare threads."""


class Threads:
    """Implements ports.Executor. What is submitted beyond the number of workers waits its turn, in order."""

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="healer")

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Start it when a worker is free."""
        return self._pool.submit(work)

    def __enter__(self) -> Self:
        """Give itself: threads are made when needed."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Wait for what runs. After an error what has not started yet is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=kind is not None)


class PatientThreads(Threads):
    """Threads for looking at a fleet: hosts that accept a connection and never say a word do not keep the others waiting.

    Work that is stuck goes on in its thread, but no longer counts as one of the `workers`; at most `spare` threads more are used.
    """

    def __init__(self, workers: int, spare: int, clock: Clock) -> None:
        super().__init__(workers + spare)
        self._workers, self._clock = workers, clock
        self._changed = Condition()
        self._begun: dict[object, float] = {}
        self._left = False

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Start it when a worker is free, or stuck."""
        return super().submit(lambda: self._in_turn(work))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Wait for what runs. After an error neither what has not started is begun, nor what only waits in its thread."""
        with self._changed:
            self._left = kind is not None
            self._changed.notify_all()
        super().__exit__(kind, error, trace)

    def _in_turn(self, work: Callable[[], Result]) -> Result:
        turn = object()
        with self._changed:
            while len(active := self._active()) >= self._workers:
                self._changed.wait(STUCK - max(active))
                if self._left:
                    raise CancelledError
            self._begun[turn] = self._clock.monotonic()
        try:
            return work()
        finally:
            with self._changed:
                del self._begun[turn]
                self._changed.notify()

    def _active(self) -> list[float]:
        """Return for how many seconds each has been under way that is not stuck."""
        now = self._clock.monotonic()
        return [now - begun for begun in self._begun.values() if now - begun < STUCK]
