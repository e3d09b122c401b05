"""Which hosts may be patched now: those in whose open window the work will also end, as far as its length is known. Pure.

Hosts share slots, so who is late in the queue begins late: the queue is played through with the lengths that the journal knows.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from healer.rollout.windows import Window, closes_at, window_state

UNKNOWN_LENGTH = 1800.0
"""Seconds that are taken for a host of a fleet of which nobody knows yet how long it takes: an ordinary upgrade with its reboot."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One host. `window` is None where none was declared; `seconds` how long it is likely to take, None where nobody knows."""

    host: str
    group: str
    window: Window | None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """`now` are the hosts to begin with, in the order of the candidates; `later` those that wait, each with the reason."""

    now: tuple[str, ...]
    later: Mapping[str, str]


def fitting(candidates: Sequence[Candidate], slots: Mapping[str, int], now: datetime) -> Fit:
    """Return who fits. `slots` are how many of a budget group are worked on at once; `now` is aware.

    The one whose window closes first is taken first; of each group the first goes alone, as a canary does.
    """
    later: dict[str, str] = {}
    queues: dict[str, list[Candidate]] = {}
    for one in candidates:
        state = window_state(one.window, now)
        if one.window is None:
            later[one.host] = "no window is declared"
        elif state.verdict != "good":
            later[one.host] = state.reason
        else:
            queues.setdefault(one.group, []).append(one)
    for group, queue in queues.items():
        later |= _too_late(queue, max(1, slots.get(group, 1)), now)
    return Fit(tuple(one.host for one in candidates if one.host not in later), later)


def _too_late(queue: Sequence[Candidate], slots: int, now: datetime) -> dict[str, str]:
    """Play the queue through; return those that would not end in time. They take no slot from the others."""
    late: dict[str, str] = {}
    free = [0.0] * slots
    first = True
    for one in sorted(queue, key=lambda one: (_left(one, now), one.host)):
        seconds = UNKNOWN_LENGTH if one.seconds is None else one.seconds
        ends = free[0] + seconds
        if ends > _left(one, now):
            late[one.host] = f"its window closes in {_left(one, now) / 60:.0f} min, and it would end in {ends / 60:.0f} min"
        elif first:
            free, first = [ends] * slots, False
        else:
            heapq.heapreplace(free, ends)
    return late


def _left(one: Candidate, now: datetime) -> float:
    """Return the seconds until the host's open window closes."""
    closes = closes_at(one.window, now) if one.window and one.window.spans else None
    return float("inf") if closes is None else (closes - now) / timedelta(seconds=1)
