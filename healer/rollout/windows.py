"""Maintenance windows: when disruptive work such as a reboot may happen, in the local time of the service and not of this machine.

    Sun 02:00-05:00 Europe/Berlin
    Mon-Fri 22:00-23:30 America/New_York; Sat,Sun 20:00-24:00 America/New_York
    daily 23:00-02:00                    (over midnight: belongs to the day on which it opens; no zone means UTC)
    always

When clocks go forward, a time that does not exist stands for the instant of the change: 02:30-05:00 opens at 03:00 that day, and a
window wholly inside the missing hour does not happen. When clocks go back, the whole span counts: an ambiguous start is the
first of the two instants, an ambiguous end the second.
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from healer.model.facts import Verdict
from healer.steps.contract import WindowState

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EVERY_DAY = frozenset(range(7))
EXAMPLE = "write it like `Sun 02:00-05:00 Europe/Berlin`"
SPAN = re.compile(r"(?:(?P<days>[A-Za-z][A-Za-z,\s-]*?)\s+)?(?P<start>\d{1,2}:\d{2})\s*-\s*(?P<end>\d{1,2}:\d{2})(?:\s+(?P<zone>\S+))?")
MIDNIGHT = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """One line of a window. `days` count from 0, Monday; `start` and `end` are minutes of the day; an `end` not after it is tomorrow's."""

    text: str
    days: frozenset[int]
    start: int
    end: int
    zone: tzinfo

    def opening(self, day: date) -> tuple[datetime, datetime] | None:
        """Return when the span that opens on this local day opens and closes, in UTC; None when it does not happen that day."""
        if day.weekday() not in self.days:
            return None
        last = self.end if self.end > self.start else self.end + MIDNIGHT
        opens, closes = self._instant(day, self.start, fold=0), self._instant(day, last, fold=1)
        return (opens, closes) if opens < closes else None

    def _instant(self, day: date, minutes: int, *, fold: int) -> datetime:
        local = datetime.combine(day, time.min) + timedelta(minutes=minutes)
        return _existing(local.replace(tzinfo=self.zone, fold=fold))

    def openings(self, around: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
        """Return the openings from the day before `around` on, in order, for so many days."""
        first = around.astimezone(self.zone).date() - timedelta(days=1)
        return (found for number in range(days) if (found := self.opening(first + timedelta(days=number))))


@dataclass(frozen=True, slots=True)
class Window:
    """All that was declared for a host. It is open when any of its spans is; without spans it is always open."""

    text: str
    spans: tuple[Span, ...]

    @classmethod
    def parse(cls, declared: object) -> "Window":
        """Read a text, several separated by `;`, or a list of texts. Raises ValueError with a sentence for people."""
        texts = [declared] if isinstance(declared, str) else declared
        if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"a window is a text or a list of texts, not {declared!r}; {EXAMPLE}")
        parts = [part.strip() for text in texts for part in text.split(";") if part.strip()]
        if not parts:
            raise ValueError(f"the window is empty; {EXAMPLE}, or `always`")
        always = any(part.lower() == "always" for part in parts)
        return cls("; ".join(parts), () if always else tuple(_span(part) for part in parts))


def window_state(window: Window | None, now: datetime) -> WindowState:
    """Return whether the window is open at `now` (aware), with until or from when. No window is declared: unknown."""
    if window is None:
        return WindowState(Verdict.UNKNOWN, "no window is declared")
    if not window.spans:
        return WindowState(Verdict.GOOD, "the window is always open", declared=True)
    closes = closes_at(window, now)
    if closes is not None:
        return WindowState(Verdict.GOOD, f"the window {window.text} is open until {_shown(closes, window)}", declared=True)
    opens = next_opening(window, now)
    when = f"opens {_shown(opens, window)}" if opens else "does not open within a year"
    return WindowState(Verdict.BAD, f"the window {window.text} is closed and {when}", declared=True)


def next_opening(window: Window, now: datetime) -> datetime | None:
    """Return the first instant from `now` on at which it is open, in UTC: `now` itself when it is; None when not within a year."""
    if not window.spans or closes_at(window, now) is not None:
        return now.astimezone(UTC)
    firsts = (next((opens for opens, _ in span.openings(now, 367) if opens > now), None) for span in window.spans)
    return min((opens for opens in firsts if opens), default=None)


def closes_at(window: Window, now: datetime) -> datetime | None:
    """Return when the opening that we are in closes, in UTC; None when it is closed, or never closes.

    Spans that touch or overlap count as one, a week ahead at most.
    """
    if now.tzinfo is None:
        raise ValueError("a window is judged at an aware time")
    around = sorted(found for span in window.spans for found in span.openings(now, 9))
    closes: datetime | None = None
    for opens, shuts in around:
        if opens <= (closes or now) and shuts > (closes or now):
            closes = shuts
    return closes


def _existing(local: datetime) -> datetime:
    """Return the instant in UTC; for a local time that clocks skip, the instant at which they skip it (PEP 495: fold tells the offsets)."""
    before, after = local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    if before <= after:
        return local.astimezone(UTC)
    low, high = after, before
    old = low.astimezone(local.tzinfo).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if middle.astimezone(local.tzinfo).utcoffset() == old else (low, middle)
    return high


def _span(text: str) -> Span:
    match = SPAN.fullmatch(text)
    if match is None:
        raise ValueError(f"window {text!r} is not understood; {EXAMPLE}")
    start, end = _minutes(match["start"], text), _minutes(match["end"], text)
    if start in (end, MIDNIGHT):
        raise ValueError(f"window {text!r} is empty: it closes when it opens; for a whole day write 00:00-24:00")
    return Span(text, _days(match["days"] or "daily", text), start, end, _zone(match["zone"] or "UTC", text))


def _minutes(clock: str, text: str) -> int:
    hours, minutes = (int(part) for part in clock.split(":"))
    total = hours * 60 + minutes
    if minutes > 59 or total > MIDNIGHT:
        raise ValueError(f"window {text!r}: there is no time {clock}; hours go from 00:00 to 24:00")
    return total


def _days(words: str, text: str) -> frozenset[int]:
    if words.strip().lower() in ("daily", "every day"):
        return EVERY_DAY
    return frozenset(day for part in words.split(",") for day in _day_range(part.strip(), text))


def _day_range(words: str, text: str) -> Iterable[int]:
    """Return the days of `Sat` or `Fri-Mon`; a range may go over the end of the week."""
    first, _, last = (word.strip() for word in words.partition("-"))
    start = _day(first, text)
    end = _day(last, text) if last else start
    return ((start + step) % 7 for step in range((end - start) % 7 + 1))


def _day(word: str, text: str) -> int:
    found = [number for number, name in enumerate(DAYS) if len(word) >= 3 and name.startswith(word.lower())]
    if not found:
        names = [name[:3].title() for name in DAYS]
        near = difflib.get_close_matches(word.title()[:3], names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"days are {', '.join(names)}, or daily"
        raise ValueError(f"window {text!r}: there is no day {word!r}; {hint}")
    return found[0]


def _zone(name: str, text: str) -> tzinfo:
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        known = available_timezones()
        near = difflib.get_close_matches(name, known, n=1)
        missing = "this machine has no time zone database: install tzdata" if not known else "zones are named like Europe/Berlin"
        raise ValueError(f"window {text!r}: there is no time zone {name!r}; {f'did you mean {near[0]}?' if near else missing}") from error


def _shown(moment: datetime, window: Window) -> str:
    """Return the moment in the window's own zone, as people there read it."""
    return moment.astimezone(window.spans[0].zone).strftime("%a %Y-%m-%d %H:%M %Z")
