"""The thread executor."""

from threading import Barrier, Event

import pytest

from healer.executors.threads import Threads
from healer.ports import Executor


def test_results_and_errors_come_back() -> None:
    """What the work returns or raises is in its future."""
    executor: Executor = Threads(2)
    with executor:
        good = executor.submit(lambda: 5)
        bad = executor.submit(lambda: 1 // 0)
    assert good.result() == 5
    with pytest.raises(ZeroDivisionError):
        bad.result()


def test_workers_work_at_once() -> None:
    """As many works run at the same time as there are workers: they meet at a barrier."""
    barrier = Barrier(3, timeout=30)
    with Threads(3) as executor:
        works = [executor.submit(barrier.wait) for _ in range(3)]
    assert sorted(work.result() for work in works) == [0, 1, 2]


def test_no_more_than_workers() -> None:
    """Work beyond the number of workers waits its turn."""
    gate, order = Event(), []
    with Threads(1) as executor:
        executor.submit(lambda: (gate.wait(30), order.append("first")))
        executor.submit(lambda: order.append("second"))
        gate.set()
    assert order == ["first", "second"]


def test_error_drops_what_waits() -> None:
    """When the run breaks off, what runs is waited for and what has not started is dropped."""
    started, gate = Event(), Event()
    futures = []

    def work() -> str:
        started.set()
        gate.wait(30)
        return "done"

    def broken_off() -> None:
        with Threads(1) as executor:
            futures.extend([executor.submit(work), executor.submit(work)])
            futures[1].add_done_callback(lambda _: gate.set())
            started.wait(30)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert (futures[0].result(), futures[1].cancelled()) == ("done", True)
