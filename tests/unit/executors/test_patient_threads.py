"""Looking at a fleet in which some hosts accept a connection and never say a word."""

import itertools
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Event, Lock

from healer.executors.threads import STUCK, PatientThreads

PATIENCE = 30.0


class Hurrying:
    """A clock (ports.Clock) by which much time goes by between two looks at it."""

    def __init__(self, step: float) -> None:
        self._seconds = itertools.count(0.0, step)

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return next(self._seconds)

    def sleep(self, seconds: float) -> None:
        """Return at once."""

    def jitter(self, most: float) -> float:
        return most


@contextmanager
def silence() -> Iterator[Event]:
    """Give what silent hosts wait for, and end their silence whatever becomes of the test."""
    spoken = Event()
    try:
        yield spoken
    finally:
        spoken.set()


def test_stuck_work_keeps_nobody_waiting() -> None:
    """Others are done while as much work as there are workers is stuck."""
    with PatientThreads(2, spare=2, clock=Hurrying(STUCK)) as executor, silence() as spoken:
        stuck = [executor.submit(lambda: spoken.wait(PATIENCE)) for _ in range(2)]
        assert "done" == executor.submit(lambda: "done").result(PATIENCE)
        assert [False, False] == [one.done() for one in stuck]


def test_never_more_at_once_than_workers() -> None:
    """While nobody is stuck no more work is under way at once than there are workers, spare threads or not."""
    under_way, most = [0], [0]
    counting = Lock()

    def work() -> None:
        with counting:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        Event().wait(0.01)
        with counting:
            under_way[0] -= 1

    with PatientThreads(2, spare=6, clock=Hurrying(0.0)) as executor:
        for done in [executor.submit(work) for _ in range(20)]:
            done.result(PATIENCE)
    assert 2 == most[0]


def test_a_failure_frees_its_place() -> None:
    """Work that raises hands on what it raised, and the next begins."""
    with PatientThreads(1, spare=1, clock=Hurrying(0.0)) as executor:
        failing = executor.submit(lambda: 1 // 0)
        assert isinstance(failing.exception(PATIENCE), ZeroDivisionError)
        assert "next" == executor.submit(lambda: "next").result(PATIENCE)


def test_after_a_failure_nothing_that_waits_is_begun() -> None:
    """Who leaves because of an error (Ctrl-C) does not wait for work that has a thread already, but not its turn."""
    begun: list[str] = []
    waiting: list[Future[None]] = []
    under_way, told = Event(), Event()

    def work() -> None:
        under_way.set()
        told.wait(PATIENCE)
        for _ in range(round(PATIENCE * 100)):
            if all(one.done() for one in waiting):
                return
            Event().wait(0.01)

    with suppress(KeyboardInterrupt), PatientThreads(1, spare=3, clock=Hurrying(0.0)) as executor:
        executor.submit(work)
        under_way.wait(PATIENCE)
        waiting += [executor.submit(lambda: begun.append("work")) for _ in range(6)]
        told.set()
        raise KeyboardInterrupt
    assert ([], True) == (begun, all(one.done() for one in waiting))
