"""What a name says about a file."""

import pytest

from healer.reclaim.names import is_dated, like_a_log, original, set_aside, stem, was_rotated

ROTATED = {
    "syslog.1": "syslog",
    "syslog.2.gz": "syslog",
    "messages-20261123": "messages",
    "app.log-20261123.xz": "app.log",
    "app.log-2026112306": "app.log",
    "app.log-20261123-061500.zst": "app.log",
    "app.log.2026-11-23": "app.log",
    "app.log.gz": "app.log",
    "boot.log.old": "boot.log",
    "app.log.healer-20261123T061500Z": "app.log",
    "app.log.healer-20261123T061500Z-1": "app.log",
    "app.log.1.old": "app.log",
    "catalina.2026-11-22.log": "catalina.log",
    "access_log.2026-11-22.txt.gz": "access_log.txt",
    "app-20261122-3.log": "app.log",
}
LIVE = ("app.log", "syslog", "Xorg.0.log", "php8.2-fpm.log", "postgresql-15-main.log", "app1", "log")


@pytest.mark.parametrize("name", ROTATED)
def test_a_rotated_log_is_known_by_its_name(name: str) -> None:
    """The names that rotation gives are known, and so is the name before it."""
    assert (True, ROTATED[name]) == (was_rotated(f"/var/log/{name}"), stem(name))


@pytest.mark.parametrize("name", LIVE)
def test_a_live_log_is_not_taken_for_a_rotated_one(name: str) -> None:
    """Numbers that belong to the program's own name are no rotation."""
    assert (False, name) == (was_rotated(f"/var/log/{name}"), stem(name))


def test_a_date_in_the_middle_is_told_apart() -> None:
    """Only a date before the ending may be that of today's log."""
    assert [True, False, False] == [is_dated(f"/l/{name}") for name in ("a.2026-11-22.log", "a.log-20261122", "a.log")]


def test_what_healer_put_away_belongs_to_its_log() -> None:
    """A file that healer set aside is known as such, and under which path it was written."""
    aside = "/var/log/app.log.healer-20261123T061500Z"
    assert (True, "/var/log/app.log") == (set_aside(aside), original(aside))
    assert (False, "/var/log/app.log.1") == (set_aside("/var/log/app.log.1"), original("/var/log/app.log.1"))


@pytest.mark.parametrize(
    "path", ["/srv/app.log", "/srv/access_log", "/srv/syslog.1", "/srv/nohup.out", "/srv/app/logs/x", "/srv/app-logs/x"]
)
def test_a_log_says_so(path: str) -> None:
    """The name of the file or of a folder above it says that it is a log."""
    assert like_a_log(path)


@pytest.mark.parametrize("path", ["/srv/catalogue.dat", "/srv/blog/index", "/srv/app.bin", "/srv/libfoo.so.1"])
def test_what_does_not_say_so_is_no_log(path: str) -> None:
    """A word that happens to hold the three letters is no sign."""
    assert not like_a_log(path)
