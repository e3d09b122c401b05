"""Turns one host's facts into the cells of the status table and the sentences under it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from healer.model.action import Owe
from healer.model.facts import (
    Disk,
    Facts,
    LockHolder,
    OsRelease,
    PackageDatabase,
    RebootOwed,
    StaleProcesses,
    Units,
    Unknown,
    Updates,
)
from healer.model.logs import DiskPast, LogFiles
from healer.model.words import FEW, first_few
from healer.reclaim.growth import growth, seconds_to_full
from healer.reclaim.names import like_a_log
from healer.reclaim.never import never
from healer.reclaim.words import age_words, size_words
from healer.report.words import alike

STATUS_FACTS = (
    "os_release", "identity", "updates", "package_database", "package_locks", "stale_processes", "kernel", "reboot_owed", "units",
    "disks", "load", "log_files",
)  # fmt: skip
Tone = Literal["good", "work", "bad", "unknown", "plain"]
FULL, NEARLY_FULL = 95, 85
"""Percent of blocks or inodes from which a disk is called bad, and from which it is worth a look."""
FAR = 30 * 86400.0
"""Seconds. That a disk will be full after this is no news."""
LARGE = 64 * 1024**2
"""Bytes from which a log is worth naming."""
NO_PAST = DiskPast()


@dataclass(frozen=True, slots=True)
class Cell:
    """A text and how good it is."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Line:
    """One row, without the host's name."""

    cells: tuple[Cell, ...]


UNREACHABLE = Line((Cell("unreachable", "bad"), *(Cell("?", "unknown") for _ in range(7))))


def status_line(facts: Facts, past: DiskPast = NO_PAST) -> Line:
    """Return the row: system, security, updates, stale services, reboot, failed units, fullest disk, age of the lists.

    `past` is what the journal knows of the host's disks: a disk that will soon be full is marked.
    """
    updates = facts.read("updates", Updates)
    now = (_system(facts), _security(updates), _pending(updates), _stale(facts), _reboot(facts), _failed(facts))
    return Line((*now, _disk(facts, past), _age(updates)))


UNKNOWN = Cell("?", "unknown")


def _system(facts: Facts) -> Cell:
    release = facts.read("os_release", OsRelease)
    return UNKNOWN if isinstance(release, Unknown) else Cell(f"{release.id} {release.version}")


def _count(number: int, tone: Tone) -> Cell:
    return Cell(str(number), tone) if number else Cell("0", "good")


def _security(updates: Updates | Unknown) -> Cell:
    if isinstance(updates, Unknown):
        return UNKNOWN
    return _count(sum(update.security and bool(update.installed) for update in updates.pending), "bad")


def _pending(updates: Updates | Unknown) -> Cell:
    if isinstance(updates, Unknown):
        return UNKNOWN
    return _count(sum(bool(update.installed) for update in updates.pending), "work")


def _stale(facts: Facts) -> Cell:
    stale = facts.read("stale_processes", StaleProcesses)
    if isinstance(stale, Unknown):
        return UNKNOWN
    units = sorted({process.unit.removesuffix(".service") for process in stale.processes if process.kind == "service" and process.unit})
    if units:
        return Cell(", ".join(units), "work")
    return Cell("?", "unknown") if stale.unreadable else Cell("-", "good")


def _reboot(facts: Facts) -> Cell:
    owed = facts.read("reboot_owed", RebootOwed)
    if isinstance(owed, Unknown):
        return UNKNOWN
    return Cell("owed", "work") if owed.reasons else Cell("-", "good")


def _failed(facts: Facts) -> Cell:
    units = facts.read("units", Units)
    if isinstance(units, Unknown):
        return UNKNOWN
    return Cell(", ".join(units.failed), "bad") if units.failed else Cell("-", "good")


def _disk(facts: Facts, past: DiskPast) -> Cell:
    disks = _disks(facts)
    if not disks:
        return UNKNOWN
    fullest = max(disks, key=_percent)
    percent, left = _percent(fullest), seconds_to_full(fullest, growth(past.samples, fullest.mount))
    what = " inodes" if fullest.inodes_percent > fullest.used_percent else ""
    soon = left is not None and left < FAR
    return Cell(f"{fullest.mount} {percent}%{what}", "bad" if percent >= FULL else "work" if percent >= NEARLY_FULL or soon else "good")


def _disks(facts: Facts) -> tuple[Disk, ...]:
    disks = facts.get("disks")
    return tuple(disk for disk in disks if isinstance(disk, Disk)) if isinstance(disks, tuple) else ()


def _percent(disk: Disk) -> int:
    return max(disk.used_percent, disk.inodes_percent)


def _age(updates: Updates | Unknown) -> Cell:
    if isinstance(updates, Unknown) or isinstance(updates.list_age, Unknown):
        return UNKNOWN
    hours = updates.list_age / 3600
    return Cell(f"{hours:.0f} h" if hours >= 1 else f"{updates.list_age / 60:.0f} min", "work" if hours > 48 else "plain")


def disk_remarks(facts: Facts, past: DiskPast = NO_PAST) -> Iterator[str]:
    """Yield how fast disks fill, and the largest logs with who writes them: the programs, for pids differ from host to host."""
    for disk in _disks(facts):
        pace = growth(past.samples, disk.mount)
        left = seconds_to_full(disk, pace)
        if pace is not None and left is not None and left < FAR:
            yield f"{disk.mount} grows by {size_words(round(pace.bytes))} a day: full in {age_words(left)}"
    found = facts.read("log_files", LogFiles)
    logs = () if isinstance(found, Unknown) else found.files
    large = [log for log in logs if log.allocated >= LARGE and not log.link and like_a_log(log.path) and not never(log.path)]
    for log in sorted(large, key=lambda one: -one.allocated)[:FEW]:
        names = dict.fromkeys(opener.unit or opener.command for opener in log.writers)
        deleted = ", deleted and still written" if log.deleted else ", written"
        yield f"{log.path}: {size_words(log.allocated)}{f'{deleted} by {first_few(tuple(names))}' if names else ''}"


def remarks(facts: Facts) -> Iterator[str]:
    """Yield the sentences that a number cannot say."""
    database = facts.read("package_database", PackageDatabase)
    if not isinstance(database, Unknown) and (database.interrupted or database.broken):
        yield f"the package database needs repair: {', '.join(database.broken) or 'a transaction was interrupted'}"
    locks = facts.get("package_locks")
    for holder in locks if isinstance(locks, tuple) else ():
        if isinstance(holder, LockHolder):
            yield f"{holder.path} is held by {holder.command} (pid {holder.pid}, {holder.unit or 'no unit'}, for {holder.age:.0f} s)"
    owed = facts.read("reboot_owed", RebootOwed)
    for reason in () if isinstance(owed, Unknown) else owed.reasons:
        yield f"reboot owed: {alike(reason)}"
    stale = facts.read("stale_processes", StaleProcesses)
    yield from () if isinstance(stale, Unknown) else stale.private
    for name, reading in facts.readings.items():
        if isinstance(reading, Unknown):
            yield f"{name} is not known: {reading.reason}"


def debt_in_words(debt: Owe, since: datetime) -> str:
    """Return what is owed, and for a host that is out of service since when (UTC): somebody may be waiting for it."""
    words = f"{debt.kind}: {alike(debt.detail)}"
    return f"{words}, since {since:%Y-%m-%d %H:%M}" if debt.kind == "undrain" else words
