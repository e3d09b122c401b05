"""What is worth writing down of how full a host's disks are, and what earlier passes have left of that. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from healer.model.events import DisksSeen, Stamped
from healer.model.facts import Disk
from healer.model.logs import DiskPast, DiskSample
from healer.reclaim.history import reclaimed

SEEN = ("disks_seen",)
"""The events that samples are read from."""
OLD = 3600.0
"""Seconds after which a sample is worth another one even where nothing moved."""
MOVED = 5.0
"""Percentage points of blocks or inodes by which a disk must have moved to be worth a sample before that."""

WEEK = 7 * 86400.0
"""For how long it matters that room was made in a file."""


def news(last: Iterable[DiskSample], disks: Iterable[Disk], now: float) -> tuple[DiskSample, ...]:
    """Return samples of the disks when they say more than the `last` ones; none when there is nothing new. Read-only disks fill no more."""
    before = {one.mount: one for one in last}
    seen = tuple(disk for disk in disks if not disk.read_only)
    new = any(disk.mount not in before or _differs(before[disk.mount], disk, now) for disk in seen)
    return tuple(DiskSample(now, disk.mount, disk.used, disk.available, disk.inodes_used) for disk in seen) if new else ()


def _differs(before: DiskSample, disk: Disk, now: float) -> bool:
    room = abs(_percent(disk.used, disk.available) - _percent(before.used, before.available))
    inodes = 100 * abs(disk.inodes_used - before.inodes_used) / disk.inodes if disk.inodes else 0.0
    return now - before.at > OLD or now < before.at or max(room, inodes) > MOVED


def _percent(used: int, available: int) -> float:
    return 100 * used / (used + available) if used + available > 0 else 0.0


def disk_past(host: str, looks: Iterable[Stamped], acts: Iterable[Stamped]) -> DiskPast:
    """Return what is known of the host's disks: `looks` are its events of SEEN, `acts` those of history.KINDS, both in order."""
    samples = (sample for one in looks if isinstance(one.event, DisksSeen) and one.event.host == host for sample in one.event.samples)
    return DiskPast(tuple(samples), reclaimed(host, acts))


def before(past: DiskPast, run: str) -> DiskPast:
    """Return the past without what this run has given back itself: several tasks of one run are one pass."""
    return replace(past, reclaimed=tuple(one for one in past.reclaimed if one.run != run))


def since(looks: Sequence[Stamped], now: float) -> int:
    """Return the number of the event after which acts still matter: that of the last look older than a week, or of the first look.

    Whoever makes room has looked at the disks before. `looks` are in order, and there is at least one.
    """
    old = [one.number for one in looks if now - one.at.timestamp() > WEEK]
    return old[-1] if old else looks[0].number
