"""Maintenance windows as tables that can be checked against a wall calendar."""

import re
from datetime import UTC, datetime

import pytest

from healer.model.facts import Verdict
from healer.rollout import windows
from healer.rollout.windows import Window, closes_at, next_opening, window_state

BERLIN = "Sun 02:00-05:00 Europe/Berlin"


def utc(text: str) -> datetime:
    """Return the instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


OPEN = [
    # window, an instant in UTC, whether it is open
    (BERLIN, "2026-01-04 00:59", False),  # Sunday 01:59 in Berlin (CET, +1)
    (BERLIN, "2026-01-04 01:00", True),  # 02:00
    (BERLIN, "2026-01-04 03:59", True),  # 04:59
    (BERLIN, "2026-01-04 04:00", False),  # 05:00: closed at its end
    (BERLIN, "2026-01-05 01:30", False),  # Monday
    (BERLIN, "2026-07-05 00:00", True),  # Sunday 02:00 in Berlin (CEST, +2)
    (BERLIN, "2026-07-05 03:00", False),  # 05:00
    ("Sat 23:00-02:00", "2026-01-03 22:59", False),  # no zone is UTC
    ("Sat 23:00-02:00", "2026-01-03 23:00", True),
    ("Sat 23:00-02:00", "2026-01-04 01:59", True),  # over midnight: still Saturday's
    ("Sat 23:00-02:00", "2026-01-04 02:00", False),
    ("Sat 23:00-02:00", "2026-01-04 23:30", False),  # Sunday night is not Saturday night
    ("Mon-Fri 22:00-23:30", "2026-01-02 22:10", True),  # Friday
    ("Mon-Fri 22:00-23:30", "2026-01-03 22:10", False),  # Saturday
    ("Fri-Mon 10:00-11:00", "2026-01-04 10:30", True),  # a range over the end of the week: Sunday
    ("Fri-Mon 10:00-11:00", "2026-01-06 10:30", False),  # Tuesday
    ("Sat, Sunday 10:00-11:00", "2026-01-04 10:30", True),
    ("daily 02:00-03:00", "2026-01-07 02:30", True),
    ("02:00-03:00", "2026-01-07 02:30", True),
    ("Wed 22:00-24:00", "2026-01-07 23:59", True),
    ("Wed 22:00-24:00", "2026-01-08 00:00", False),
    ("Tue 01:00-02:00; Thu 01:00-02:00", "2026-01-08 01:30", True),  # the second of two
    ("Tue 01:00-02:00; Thu 01:00-02:00", "2026-01-07 01:30", False),
    ("always", "2026-01-07 01:30", True),
    # Clocks go forward in Berlin on 2026-03-29: 02:00 CET is 03:00 CEST, at 01:00 UTC.
    ("Sun 02:30-05:00 Europe/Berlin", "2026-03-29 00:59", False),
    ("Sun 02:30-05:00 Europe/Berlin", "2026-03-29 01:00", True),  # 02:30 does not exist: it opens at 03:00
    ("Sun 02:30-05:00 Europe/Berlin", "2026-03-29 02:59", True),
    ("Sun 02:30-05:00 Europe/Berlin", "2026-03-29 03:00", False),
    ("Sun 01:00-02:30 Europe/Berlin", "2026-03-29 00:59", True),  # an end that does not exist: closes at 03:00
    ("Sun 01:00-02:30 Europe/Berlin", "2026-03-29 01:00", False),
    ("Sun 02:10-02:50 Europe/Berlin", "2026-03-29 01:00", False),  # wholly in the missing hour: does not happen
    # Clocks go back in Berlin on 2026-10-25: 03:00 CEST is 02:00 CET, at 01:00 UTC. 02:30 happens at 00:30 and 01:30 UTC.
    ("Sun 02:30-04:00 Europe/Berlin", "2026-10-25 00:29", False),
    ("Sun 02:30-04:00 Europe/Berlin", "2026-10-25 00:30", True),  # the first 02:30
    ("Sun 02:30-04:00 Europe/Berlin", "2026-10-25 02:59", True),
    ("Sun 01:00-02:30 Europe/Berlin", "2026-10-25 01:29", True),  # up to the second 02:30
    ("Sun 01:00-02:30 Europe/Berlin", "2026-10-25 01:30", False),
]


@pytest.mark.parametrize(("text", "moment", "is_open"), OPEN)
@pytest.mark.fault("C6")
def test_a_window_is_open_when_the_calendar_says_so(text: str, moment: str, is_open: bool) -> None:
    """A window is open from its start up to and without its end, on its days, in its zone, also where clocks change."""
    state = window_state(Window.parse(text), utc(moment))
    assert (Verdict.GOOD if is_open else Verdict.BAD, True) == (state.verdict, state.declared)


NEXT = [
    (BERLIN, "2026-01-01 00:00", "2026-01-04 01:00"),
    (BERLIN, "2026-01-04 02:00", "2026-01-04 02:00"),  # open already
    (BERLIN, "2026-01-04 04:00", "2026-01-11 01:00"),
    ("Sun 02:30-05:00 Europe/Berlin", "2026-03-28 12:00", "2026-03-29 01:00"),
    ("Sun 02:10-02:50 Europe/Berlin", "2026-03-28 12:00", "2026-04-05 00:10"),  # the lost Sunday is passed over
    ("Tue 01:00-02:00; Thu 01:00-02:00", "2026-01-07 00:00", "2026-01-08 01:00"),
    ("always", "2026-01-07 00:00", "2026-01-07 00:00"),
]


@pytest.mark.parametrize(("text", "moment", "opens"), NEXT)
def test_the_next_opening(text: str, moment: str, opens: str) -> None:
    """The next opening is now when it is open, else the first start that happens."""
    assert utc(opens) == next_opening(Window.parse(text), utc(moment))


def test_windows_that_touch_are_one() -> None:
    """A window that opens when another closes, or before, extends it."""
    window = Window.parse(["Sat 22:00-24:00", "Sun 00:00-03:00", "Sun 02:00-04:00"])
    assert utc("2026-01-04 04:00") == closes_at(window, utc("2026-01-03 22:30"))


def test_no_declared_window_is_unknown() -> None:
    """Without a declaration nothing is known, which is neither open nor closed."""
    state = window_state(None, utc("2026-01-03 22:30"))
    assert (Verdict.UNKNOWN, False) == (state.verdict, state.declared)


def test_the_state_says_until_when_and_from_when_in_local_time() -> None:
    """The reason names the end of an open window and the start of the next one in the window's own zone."""
    window = Window.parse(BERLIN)
    assert f"the window {BERLIN} is open until Sun 2026-01-04 05:00 CET" == window_state(window, utc("2026-01-04 02:00")).reason
    assert f"the window {BERLIN} is closed and opens Sun 2026-03-29 03:00 CEST" == window_state(window, utc("2026-03-28 12:00")).reason
    assert f"the window {BERLIN} is closed and opens Sun 2026-04-05 02:00 CEST" == window_state(window, utc("2026-03-30 12:00")).reason


def test_a_window_that_never_comes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that does not open within a year is closed and says that."""
    window = Window.parse("daily 02:00-03:00")
    monkeypatch.setattr(windows.Span, "opening", lambda self, day: None)
    assert window_state(window, utc("2026-01-04 02:00")).reason.endswith("does not open within a year")


REFUSED = [
    ("Sonntag 02:00-05:00", "there is no day 'Sonntag'; did you mean Sun?"),
    ("Xyz 02:00-05:00", "days are Mon, Tue, Wed, Thu, Fri, Sat, Sun, or daily"),
    ("Su 02:00-05:00", "did you mean Sun?"),
    ("Sun 02:00-05:00 Europe/Berln", "did you mean Europe/Berlin?"),
    ("Sun 02:00-05:00 Qqqq", "zones are named like Europe/Berlin"),
    ("Sun 02:00-05:00 /etc/passwd", "there is no time zone '/etc/passwd'"),
    ("Sun 25:00-26:00", "there is no time 25:00"),
    ("Sun 02:60-03:00", "there is no time 02:60"),
    ("Sun 02:00-02:00", "it closes when it opens"),
    ("Sun 24:00-02:00", "it closes when it opens"),
    ("Sunday night", "is not understood; write it like `Sun 02:00-05:00 Europe/Berlin`"),
    (" ; ", "the window is empty"),
    ([], "the window is empty"),
    (5, "a window is a text or a list of texts, not 5"),
    ([5], "a window is a text or a list of texts, not [5]"),
]


@pytest.mark.parametrize(("declared", "sentence"), REFUSED)
def test_a_wrong_window_is_refused_with_a_helpful_sentence(declared: object, sentence: str) -> None:
    """What cannot be read raises ValueError that says what is wrong and how to write it."""
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Window.parse(declared)


def test_a_machine_without_time_zones_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no time zone is known at all the sentence names tzdata; UTC works even there."""
    monkeypatch.setattr(windows, "available_timezones", set)
    with pytest.raises(ValueError, match="install tzdata"):
        Window.parse("Sun 02:00-05:00 Europe/Nowhere")
    assert Window.parse("Sun 02:00-05:00 UTC").spans[0].zone is UTC


def test_a_naive_time_is_refused() -> None:
    """A time without a zone is never guessed."""
    with pytest.raises(ValueError, match="aware"):
        closes_at(Window.parse(BERLIN), utc("2026-01-04 02:00").replace(tzinfo=None))
