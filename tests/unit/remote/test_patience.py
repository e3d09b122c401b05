"""Tries, pauses and bounds: busy servers are given time, everything else is not repeated."""

import subprocess
import sys
import threading

import pytest

from healer.clock import SystemClock
from healer.model.errors import AuthenticationError, HostKeyError, UnreachableError
from healer.remote.admission import TRIES, Admission, patiently, worth_another_try
from healer.remote.bounded import within


class Ticking:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def jitter(self, most: float) -> float:
        return most


def caused_by(cause: Exception, kind: type[UnreachableError] = UnreachableError) -> UnreachableError:
    """Return an error of ours with that cause."""
    error = kind("web1", "message")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (caused_by(ConnectionResetError()), True),
        (caused_by(EOFError()), True),
        (caused_by(Exception("Error reading SSH protocol banner")), True),
        (caused_by(ConnectionRefusedError()), False),
        (caused_by(TimeoutError()), False),
        (caused_by(EOFError(), AuthenticationError), False),
        (caused_by(EOFError(), HostKeyError), False),
    ],
)
def test_only_a_server_that_hung_up_early_is_tried_again(error: UnreachableError, expected: bool) -> None:
    """A dropped greeting may be a busy server; a refused port, key or login is an answer."""
    assert expected == worth_another_try(error)


def test_a_server_that_stays_busy_is_given_up_after_some_tries() -> None:
    """Tries are counted, and the pauses between them grow."""
    clock, starts = Ticking(), []

    def attempt(_: float) -> None:
        starts.append(clock.time)
        raise caused_by(EOFError())

    with pytest.raises(UnreachableError):
        patiently(attempt, clock, 1000.0)

    assert TRIES == len(starts)
    assert starts[2] - starts[1] > starts[1] - starts[0] > 0


def test_tries_end_with_the_patience() -> None:
    """No try starts after the time is over."""
    clock, left = Ticking(), []

    def attempt(seconds: float) -> None:
        left.append(seconds)
        raise caused_by(EOFError())

    with pytest.raises(UnreachableError):
        patiently(attempt, clock, 1.0)

    assert all(seconds > 0 for seconds in left)
    assert clock.time <= 1.0


def test_few_logins_are_under_way_at_one_address(clock: SystemClock) -> None:
    """A place at an address is had when another one is given back, and not waited for without end."""
    admission = Admission(at_once=1)

    with admission.waiting_for("address", "web1", 1.0):
        with pytest.raises(UnreachableError, match="too many"), admission.waiting_for("address", "web2", 0.05):
            pass
        with admission.waiting_for("another", "web3", 0.05):
            pass
    with admission.waiting_for("address", "web2", 0.05):
        pass


def test_a_call_without_a_bound_is_left_behind() -> None:
    """Work that does not end in time raises TimeoutError; what it raises itself is passed on."""
    never = threading.Event()

    with pytest.raises(TimeoutError, match="waiting took longer"):
        within(0.05, never.wait, "waiting")
    with pytest.raises(ZeroDivisionError):
        within(5.0, lambda: 1 // 0, "dividing")

    never.set()
    assert 5 == within(5.0, lambda: 5, "counting")


def test_a_broken_link_leaves_no_trace_of_the_library_on_the_screen() -> None:
    """For each link that breaks paramiko logs a traceback: without logging being set up nothing of it is printed."""
    script = "import healer.remote.connector, logging; logging.getLogger('paramiko.transport').error('Traceback')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ("", "") == (done.stdout, done.stderr)
