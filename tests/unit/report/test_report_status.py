"""The cells of the status table, and the sentences under it."""

from datetime import UTC, datetime

import pytest

from healer.model.action import Owe
from healer.model.facts import (
    Disk,
    Facts,
    LockHolder,
    OsRelease,
    PackageDatabase,
    RebootOwed,
    StaleProcess,
    StaleProcesses,
    Units,
    Unknown,
    Update,
    Updates,
)
from healer.report.status import STATUS_FACTS, UNREACHABLE, Cell, debt_in_words, remarks, status_line

MISSING = Unknown("not allowed")
SYSTEM, SECURITY, UPDATES, STALE, REBOOT, FAILED, DISK, LISTS = range(8)


def cell(place: int, **readings: object) -> Cell:
    """Return one cell of a host of which only these facts are known."""
    return status_line(Facts({**dict.fromkeys(STATUS_FACTS, MISSING), **readings})).cells[place]


def update(name: str, *, security: bool, installed: str = "1") -> Update:
    """Return a pending update."""
    return Update(name, "amd64", installed, "2", (), security)


def disk(mount: str, used: int, inodes: int = 0) -> Disk:
    """Return a file system of 100 blocks and 100 inodes."""
    return Disk(mount, "/dev/x", "ext4", 100, used, 100 - used, 100, inodes, read_only=False)


def service(unit: str) -> StaleProcess:
    """Return a process of a unit that runs replaced code."""
    return StaleProcess(7, 1, "x", "service", unit, ())


@pytest.mark.parametrize(
    ("place", "readings", "expected"),
    [
        (SYSTEM, {"os_release": OsRelease("debian", "12", "bookworm", (), "", "amd64")}, Cell("debian 12")),
        (SECURITY, {"updates": Updates((update("a", security=True), update("b", security=False)))}, Cell("1", "bad")),
        (SECURITY, {"updates": Updates((update("new", security=True, installed=""),))}, Cell("0", "good")),
        (UPDATES, {"updates": Updates((update("a", security=True), update("b", security=False)))}, Cell("2", "work")),
        (STALE, {"stale_processes": StaleProcesses((service("b.service"), service("a.service")))}, Cell("a, b", "work")),
        (STALE, {"stale_processes": StaleProcesses(())}, Cell("-", "good")),
        (STALE, {"stale_processes": StaleProcesses((), unreadable=3)}, Cell("?", "unknown")),
        (REBOOT, {"reboot_owed": RebootOwed(("new kernel",))}, Cell("owed", "work")),
        (REBOOT, {"reboot_owed": RebootOwed(())}, Cell("-", "good")),
        (FAILED, {"units": Units({}, ("x.service",))}, Cell("x.service", "bad")),
        (FAILED, {"units": Units({}, ())}, Cell("-", "good")),
        (DISK, {"disks": (disk("/", 20), disk("/var", 90))}, Cell("/var 90%", "work")),
        (DISK, {"disks": (disk("/", 20, inodes=97),)}, Cell("/ 97% inodes", "bad")),
        (DISK, {"disks": (disk("/", 20),)}, Cell("/ 20%", "good")),
        (DISK, {"disks": ()}, Cell("?", "unknown")),
        (LISTS, {"updates": Updates((), list_age=300)}, Cell("5 min")),
        (LISTS, {"updates": Updates((), list_age=3600 * 60)}, Cell("60 h", "work")),
        (LISTS, {"updates": Updates(())}, Cell("?", "unknown")),
    ],
)
def test_a_cell(place: int, readings: dict[str, object], expected: Cell) -> None:
    """Each cell says one thing, and how good it is."""
    assert expected == cell(place, **readings)


def test_what_is_not_known_is_neither_good_nor_bad() -> None:
    """A host of which nothing could be read has a question mark everywhere."""
    assert {Cell("?", "unknown")} == set(status_line(Facts(dict.fromkeys(STATUS_FACTS, MISSING))).cells)


def test_an_unreachable_host_has_a_whole_row() -> None:
    """Its row has as many cells as any other."""
    assert len(UNREACHABLE.cells) == len(status_line(Facts(dict.fromkeys(STATUS_FACTS, MISSING))).cells)


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ({"package_database": PackageDatabase("apt", True, (), "x")}, "the package database needs repair: a transaction was interrupted"),
        ({"package_database": PackageDatabase("apt", False, ("curl",), "x")}, "the package database needs repair: curl"),
        ({"package_locks": (LockHolder("/lock", 7, "apt", "", 60.0),)}, "/lock is held by apt (pid 7, no unit, for 60 s)"),
        ({"reboot_owed": RebootOwed(("dbus (pid 36) runs replaced code",))}, "reboot owed: dbus runs replaced code"),
        ({"stale_processes": StaleProcesses((), private=("x is private",))}, "x is private"),
        ({"kernel": Unknown("no /boot")}, "kernel is not known: no /boot"),
    ],
)
def test_a_remark(readings: dict[str, object], expected: str) -> None:
    """What a number cannot say is a sentence; hosts that are alike get equal sentences."""
    assert [expected] == list(remarks(Facts(readings)))


def test_no_remark() -> None:
    """A healthy host needs no sentence."""
    healthy = {"package_database": PackageDatabase("apt", False, (), "x"), "reboot_owed": RebootOwed(())}
    assert [] == list(remarks(Facts(healthy)))


def test_a_debt_is_told_without_what_differs_between_alike_hosts() -> None:
    """Equal debts of many hosts are one line; only of a host that is out of service it is said since when."""
    since = datetime(2026, 1, 7, 12, 30, tzinfo=UTC)
    assert "reboot: dbus runs replaced code" == debt_in_words(Owe("reboot", "dbus (pid 17) runs replaced code"), since)
    assert "undrain: taken out, since 2026-01-07 12:30" == debt_in_words(Owe("undrain", "taken out"), since)
