"""A connection whose closing hangs: the run does not wait for it."""

import threading

import pytest

from healer.remote.handshake import hang_up


class Stuck:
    """A transport whose `close` waits for something that never comes (paramiko has had such deadlocks)."""

    def __init__(self) -> None:
        self.closing, self.freed = threading.Event(), threading.Event()

    def is_active(self) -> bool:
        """Say that there is no link any more that could be shut down first."""
        return False

    def close(self) -> None:
        """Hang."""
        self.closing.set()
        self.freed.wait()


@pytest.mark.fault("C15")
def test_a_connection_whose_closing_hangs_is_left_behind() -> None:
    """Closing a connection hangs: after its time it is left behind, and whoever hung up goes on."""
    stuck = Stuck()
    hang_up(stuck, seconds=0.1)  # type: ignore[arg-type]  # a transport that can only be closed
    assert (True, False) == (stuck.closing.is_set(), stuck.freed.is_set())
    stuck.freed.set()
