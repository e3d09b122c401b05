"""Does work on pieces in a thread of its own, so that whoever brings them goes on reading: packing and hashing take long."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from types import TracebackType
from typing import Self

AHEAD = 2
"""Pieces that wait or are worked on at most: whoever brings more waits, so that a slow disk cannot fill the memory."""


class Aside:
    """`work` is called with each piece, in order, never twice at once, and not any more after it raised once."""

    def __init__(self, work: Callable[[bytes], object]) -> None:
        """Begin nothing yet."""
        self._work, self._room = work, BoundedSemaphore(AHEAD)
        self._error: Exception | None = None
        self._thread = ThreadPoolExecutor(1, "aside")

    def __enter__(self) -> Self:
        return self

    def feed(self, piece: bytes) -> None:
        """Hand a piece over. Raises what the work on an earlier one has raised."""
        self._room.acquire()
        try:
            self._complain()
        except Exception:
            self._room.release()
            raise
        self._thread.submit(self._do, piece)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Wait until nothing is worked on any more; what still waits is done too, unless the caller failed. Raises as `feed`."""
        self._thread.shutdown(wait=True, cancel_futures=error is not None)
        if error is None:
            self._complain()

    def _do(self, piece: bytes) -> None:
        try:
            if self._error is None:
                self._work(piece)
        except Exception as error:  # noqa: BLE001  it is raised where the pieces come from
            self._error = error
        finally:
            self._room.release()

    def _complain(self) -> None:
        if self._error is not None:
            raise self._error
