"""The default executor: as many threads as forks. SSH waits far more than it works, so threads are enough."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

Result = TypeVar("Result")


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
