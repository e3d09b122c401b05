"""The one clock."""

from datetime import UTC
from threading import Event

from healer.clock import SystemClock


def test_now_is_utc() -> None:
    """Wall time is aware and in UTC."""
    assert SystemClock().now().tzinfo is UTC


def test_monotonic_grows() -> None:
    """Monotonic seconds never go back, and a sleep moves them on."""
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(0.01)
    assert clock.monotonic() > before


def test_stop_ends_sleep() -> None:
    """Once stopped, no sleep waits: this test would else run into its time limit."""
    stop = Event()
    stop.set()
    SystemClock(stop).sleep(100000)


def test_negative_sleep() -> None:
    """A sleep for a time that has passed returns at once."""
    SystemClock().sleep(-5)


def test_jitter_is_bounded() -> None:
    """Dice stay between 0 and the given number."""
    clock = SystemClock()
    assert all(0 <= clock.jitter(2.0) <= 2.0 for _ in range(100))
    assert clock.jitter(0.0) == 0.0
