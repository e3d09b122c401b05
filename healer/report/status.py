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
from healer.report.words import alike

STATUS_FACTS = (
    "os_release", "identity", "updates", "package_database", "package_locks", "stale_processes", "kernel", "reboot_owed", "units",
    "disks", "load",
)  # fmt: skip
Tone = Literal["good", "work", "bad", "unknown", "plain"]
FULL, NEARLY_FULL = 95, 85
"""Percent of blocks or inodes from which a disk is called bad, and from which it is worth a look."""


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


def status_line(facts: Facts) -> Line:
    """Return the row: system, security, updates, stale services, reboot, failed units, fullest disk, age of the lists."""
    updates = facts.read("updates", Updates)
    return Line(
        (_system(facts), _security(updates), _pending(updates), _stale(facts), _reboot(facts), _failed(facts), _disk(facts), _age(updates))
    )


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


def _disk(facts: Facts) -> Cell:
    disks = facts.get("disks")
    if not isinstance(disks, tuple) or not disks:
        return UNKNOWN
    fullest = max((disk for disk in disks if isinstance(disk, Disk)), key=lambda disk: max(disk.used_percent, disk.inodes_percent))
    percent = max(fullest.used_percent, fullest.inodes_percent)
    what = "inodes" if fullest.inodes_percent > fullest.used_percent else ""
    return Cell(f"{fullest.mount} {percent}% {what}".rstrip(), "bad" if percent >= FULL else "work" if percent >= NEARLY_FULL else "good")


def _age(updates: Updates | Unknown) -> Cell:
    if isinstance(updates, Unknown) or isinstance(updates.list_age, Unknown):
        return UNKNOWN
    hours = updates.list_age / 3600
    return Cell(f"{hours:.0f} h" if hours >= 1 else f"{updates.list_age / 60:.0f} min", "work" if hours > 48 else "plain")


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
