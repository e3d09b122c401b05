"""The cells of the status table, and the sentences under it."""

from dataclasses import replace
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
from healer.model.logs import DiskPast, DiskSample, LogFile, LogFiles, Opener
from healer.report.status import STATUS_FACTS, UNREACHABLE, Cell, debt_in_words, disk_remarks, remarks, status_line

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


GB, HOUR = 10**9, 3600.0


def filling(a_day: int) -> tuple[Facts, DiskPast]:
    """Return a host whose /var, of 101 GB with 61 left, has grown so much a day for three hours."""
    seen = Disk("/var", "/dev/x", "ext4", 101 * GB, 40 * GB, 61 * GB, 0, 0, read_only=False)
    samples = (DiskSample(hour * HOUR, "/var", 40 * GB + round(a_day * hour / 24), 61 * GB) for hour in range(4))
    return Facts({"disks": (seen,)}), DiskPast(tuple(samples))


def test_a_disk_that_fills_says_when_it_is_full() -> None:
    """The cell is marked, the sentence says how fast and when; a month ahead is no news."""
    facts, past = filling(20 * GB)
    assert Cell("/var 40%", "work") == status_line(facts, past).cells[DISK]
    assert ["/var grows by 20.0 GB a day: full in 3 days"] == list(disk_remarks(facts, past))
    facts, past = filling(GB)
    assert Cell("/var 40%", "good") == status_line(facts, past).cells[DISK]
    assert [] == list(disk_remarks(facts, past))


def log(path: str, megabytes: int, *writers: str, **changes: object) -> LogFile:
    """Return a log that takes so much and is written by these units."""
    openers = tuple(Opener(number, 1, 3, "app", unit, "write", append=True, position=0) for number, unit in enumerate(writers))
    plain = LogFile(path, "/", 7, 8, 1, 0, megabytes * 1024**2, 4096, "640", 0, 0, 0.0, openers)
    return replace(plain, **changes)  # type: ignore[arg-type]  # a test names the fields


def test_the_largest_logs_are_named_with_their_writers() -> None:
    """Three logs at most, the largest first, each with the units that write it; small ones, links and what is data in truth are left out."""
    logs = (
        log("/var/log/app.log", 100, "app.service", "app.service", "other.service"),
        log("/var/log/old.log", 70),
        log("/var/log/gone.log", 200, "x.service", deleted=True),
        log("/var/log/fourth.log", 65),
        log("/var/log/small.log", 63),
        log("/var/log/link.log", 900, link="/elsewhere"),
        log("/var/lib/mysql/ib_logfile0", 900, "mysqld.service"),
        log("/srv/data.bin", 900, "app.service"),
    )
    assert [
        "/var/log/gone.log: 209.7 MB, deleted and still written by x.service",
        "/var/log/app.log: 104.9 MB, written by app.service, other.service",
        "/var/log/old.log: 73.4 MB",
    ] == list(disk_remarks(Facts({"log_files": LogFiles(logs)})))
