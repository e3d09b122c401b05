"""How fast a disk fills, from what earlier passes saw, and when it will be full. Pure.

The rate is the median of the slopes between all pairs of samples (Theil and Sen): one odd sample does not move it. Where room was
made, use falls; what was seen before such a fall says nothing about what is written, so only the samples since then count.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import median

from healer.model.facts import Disk
from healer.model.logs import DiskSample

FEWEST = 3
SHORTEST = 3600.0
"""Fewer samples than that, or a shorter time between the first and the last (seconds), are no trend."""
MOST = 60
FALL = 0.01
"""A fall of use by more than this share of the file system is room that was made, not noise."""
DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Growth:
    """Bytes and inodes a day that come on top; 0 where use does not grow."""

    bytes: float
    inodes: float = 0.0


def growth(samples: Iterable[DiskSample], mount: str) -> Growth | None:
    """Return the growth of the file system at `mount`, or None when there are too few samples or it does not grow."""
    seen = _thinned(_since_last_fall(sorted((one for one in samples if one.mount == mount), key=lambda one: one.at)))
    if len(seen) < FEWEST or seen[-1].at - seen[0].at < SHORTEST:
        return None
    found = Growth(_slope(seen, lambda one: one.used), _slope(seen, lambda one: one.inodes_used))
    return found if found.bytes > 0 or found.inodes > 0 else None


def seconds_to_full(disk: Disk, found: Growth | None) -> float | None:
    """Return when blocks or inodes will be used up, whichever comes first, if it goes on like this; None when never."""
    if found is None:
        return None
    times = [disk.available / found.bytes] if found.bytes > 0 else []
    if found.inodes > 0 and disk.inodes:
        times.append(max(0, disk.inodes - disk.inodes_used) / found.inodes)
    return min(times) * DAY if times else None


def _since_last_fall(samples: Sequence[DiskSample]) -> Sequence[DiskSample]:
    cut = 0
    for place, (before, after) in enumerate(pairwise(samples), start=1):
        if _fell(before, after):
            cut = place
    return samples[cut:]


def _fell(before: DiskSample, after: DiskSample) -> bool:
    freed = before.used - after.used > FALL * (before.used + before.available)
    return freed or before.inodes_used - after.inodes_used > max(100.0, FALL * before.inodes_used)


def _thinned(samples: Sequence[DiskSample]) -> Sequence[DiskSample]:
    """Return at most so many, evenly, the first and the last among them: the pairs are counted by the square."""
    if len(samples) <= MOST:
        return samples
    return [samples[number * (len(samples) - 1) // (MOST - 1)] for number in range(MOST)]


def _slope(samples: Sequence[DiskSample], value: Callable[[DiskSample], int]) -> float:
    slopes = [
        (value(later) - value(sooner)) * DAY / (later.at - sooner.at) for sooner, later in combinations(samples, 2) if later.at > sooner.at
    ]
    return max(0.0, median(slopes)) if slopes else 0.0
