"""Bounds for calls that know none: name resolution, and closing a transport whose other side may be frozen."""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def within(seconds: float, work: Callable[[], Result], name: str) -> Result:
    """Return what the work returns, or raise what it raises. Raises TimeoutError when it takes too long; it is left behind then."""
    answers: queue.SimpleQueue[tuple[Result, None] | tuple[None, Exception]] = queue.SimpleQueue()

    def worker() -> None:
        try:
            answers.put((work(), None))
        except Exception as error:  # noqa: BLE001 - carried over to the caller's thread and raised there
            answers.put((None, error))

    threading.Thread(target=worker, name=f"healer-{name}", daemon=True).start()
    try:
        result, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"{name} took longer than {seconds:g} s") from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # one of the two is always there, which a pair cannot say


def give_up_after(seconds: float, stop: Callable[[], None]) -> threading.Timer:
    """Return a started timer that calls `stop` unless it is cancelled first: the last resort for calls without a timeout."""
    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    return timer
