"""Does work on pieces in a thread of its own, so that whoever brings them goes on reading: packing and hashing take long."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

AHEAD = 2
"""Pieces that wait or are worked on at most: whoever brings more waits, so that a slow disk cannot fill the memory."""


class Aside:
    """`work` is called with each piece, in order, never twice at once, and not any more after it raised once."""

    def __init__(self, work: Callable[[bytes], object]) -> None:
        """Begin nothing yet."""
        self._work, self._whole = work, True
        self._thread = ThreadPoolExecutor(1, "aside")
        self._pending: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def feed(self, piece: bytes) -> None:
        """Hand a piece over. Raises what the work on an earlier one has raised."""
        while self._pending and (len(self._pending) >= AHEAD or self._pending[0].done()):
            self._pending.popleft().result()
        self._pending.append(self._thread.submit(self._do, piece))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Wait until nothing is worked on any more; what still waits is done too, unless the caller failed. Raises as `feed`."""
        self._thread.shutdown(wait=True, cancel_futures=error is not None)
        if error is None:
            for done in self._pending:
                done.result()

    def _do(self, piece: bytes) -> None:
        if self._whole:
            self._whole = False
            self._work(piece)
            self._whole = True
