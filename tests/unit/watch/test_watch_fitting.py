"""Which hosts may be patched now, by their windows and by how long they are likely to take."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from healer.rollout.windows import Window
from healer.watch.fitting import UNKNOWN_LENGTH, Candidate, fitting

NOW = datetime(2026, 1, 7, 12, 0, tzinfo=UTC)
HOUR = Window.parse("Wed 11:00-13:00")
"""It closes in an hour."""
ALWAYS = Window.parse("always")
MINUTE = 60.0


def one(host: str, minutes: float | None, window: Window | None = HOUR, group: str = "web") -> Candidate:
    """Return a host that is likely to need so many minutes."""
    return Candidate(host, group, window, None if minutes is None else minutes * MINUTE)


def test_who_ends_before_the_window_closes_fits() -> None:
    """Exactly as long as the window is open is short enough."""
    assert ("a",) == fitting([one("a", 60)], {"web": 1}, NOW).now


def test_who_would_end_too_late_waits_and_is_told_why() -> None:
    """The reason has both times."""
    fit = fitting([one("a", 61)], {"web": 1}, NOW)
    assert ((), {"a": "its window closes in 60 min, and it would end in 61 min"}) == (fit.now, fit.later)


def test_hosts_that_share_a_slot_come_one_after_the_other() -> None:
    """With one slot a third host of 25 minutes would end after 75."""
    hosts = [one("a", 25), one("b", 25), one("c", 25)]
    assert ("a", "b") == fitting(hosts, {"web": 1}, NOW).now


def test_the_first_of_a_group_goes_alone() -> None:
    """A canary is waited for, however many slots there are."""
    hosts = [one("a", 40), one("b", 25), one("c", 15)]
    assert ("a", "c") == fitting(hosts, {"web": 3}, NOW).now


def test_groups_do_not_wait_for_each_other() -> None:
    """Each budget group has slots of its own."""
    hosts = [one("a", 50), one("b", 50, group="db")]
    assert ("a", "b") == fitting(hosts, {"web": 1, "db": 1}, NOW).now


def test_whose_window_closes_first_comes_first() -> None:
    """A host whose window is always open leaves the slot to one that has an hour."""
    hosts = [one("a", 50, ALWAYS), one("b", 50)]
    assert ("a", "b") == fitting(hosts, {"web": 1}, NOW).now


def test_an_unknown_length_is_taken_for_half_an_hour() -> None:
    """Of a fleet that was never patched nobody knows how long it takes: the last minutes of a window are not tried."""
    assert UNKNOWN_LENGTH == 30 * MINUTE
    late = datetime(2026, 1, 7, 12, 31, tzinfo=UTC)
    assert ("a",) == fitting([one("a", None)], {"web": 1}, NOW).now
    assert () == fitting([one("a", None)], {"web": 1}, late).now


def test_without_a_window_nobody_is_patched() -> None:
    """No window is declared: that is no permission."""
    assert {"a": "no window is declared"} == fitting([one("a", 1, None)], {}, NOW).later


def test_a_closed_window_says_when_it_opens() -> None:
    """The reason is the window's own sentence."""
    fit = fitting([one("a", 1, Window.parse("Sun 02:00-03:00"))], {}, NOW)
    assert "opens Sun 2026-01-11 02:00 UTC" in fit.later["a"]


@given(
    st.lists(st.tuples(st.floats(0, 200), st.sampled_from(["web", "db"]), st.sampled_from([HOUR, ALWAYS, None])), max_size=20),
    st.integers(1, 4),
)
def test_every_host_is_either_begun_or_told_why_not(drawn: list[tuple[float, str, Window | None]], slots: int) -> None:
    """Nobody is forgotten, nobody is both, and the order is that of the candidates."""
    hosts = [one(f"h{number:02}", minutes, window, group) for number, (minutes, group, window) in enumerate(drawn)]
    fit = fitting(hosts, {"web": slots, "db": slots}, NOW)
    assert sorted(one.host for one in hosts) == sorted([*fit.now, *fit.later])
    assert list(fit.now) == sorted(fit.now)
    assert all(one.seconds is not None and one.seconds <= 60 * MINUTE for one in hosts if one.host in fit.now and one.window is HOUR)
