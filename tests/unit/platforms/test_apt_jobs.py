"""apt's jobs: what is pinned, what is accepted, and how the pieces of the answer about updates are judged."""

import pytest

from healer.platforms.packages._apt_updates import is_security_origin, is_security_place
from healer.platforms.packages.apt import PLUGIN
from healer.platforms.packages.contract import Terms


def test_versions_are_pinned_in_order_of_name() -> None:
    """Arguments are mode, lock timeout, choice for configuration files, pins, and after `--` the companions."""
    job = PLUGIN.upgrade({"openssl": "3.0-1", "bash": "5.2-1"}, Terms(30, "new", {"libc6:i386": "1:2.36-9+deb12u1"}))
    assert ("upgrade", "30", "new", "bash=5.2-1", "openssl=3.0-1", "--", "libc6:i386=1:2.36-9+deb12u1") == job.arguments


def test_only_a_transaction_counts_as_a_change() -> None:
    """Refreshing and downloading change nothing that a report counts; an upgrade that found nothing to do does not either."""
    assert (((), (), (0,)), 10) == (
        (PLUGIN.refresh().changed_codes, PLUGIN.download({"a": "1"}).changed_codes, PLUGIN.upgrade({"a": "1"}).changed_codes),
        next(code for code in PLUGIN.upgrade({"a": "1"}).accepted if code),
    )


def test_a_failed_repair_is_accepted_only_before_an_upgrade_of_what_is_broken() -> None:
    """By itself a repair that did not help is a failure."""
    assert (False, True) == (46 in PLUGIN.repair().accepted, 46 in PLUGIN.repair(Terms(upgraded_after=True)).accepted)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("Debian-Security:12/oldstable-security", True),
        ("Debian:12.15/oldstable", False),
        ("Ubuntu:22.04/jammy-security", True),
        ("Ubuntu:22.04/jammy-updates", False),
        ("UbuntuESMApps:22.04/jammy-apps-security", True),
        ("Healer-Lab:1/stable-security", True),
        ("security-tools:1/stable", False),
    ],
)
def test_origins_of_the_simulation(origin: str, expected: bool) -> None:
    """A security pocket is known by its suite or by the names that Debian and Ubuntu gave it."""
    assert expected is is_security_origin(origin)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("        500 http://security.debian.org/debian-security bookworm-security/main amd64 Packages", True),
        ("        500 http://security.debian.org buster/updates/main amd64 Packages", True),
        ("        500 http://deb.debian.org/debian bookworm-updates/main amd64 Packages", False),
        ("        500 http://mirror.example/security/debian bookworm/main amd64 Packages", False),
        ("        100 /var/lib/dpkg/status", False),
    ],
)
def test_places_of_the_policy(place: str, expected: bool) -> None:
    """A place is a security pocket by its suite; only for the suites of old releases the address is asked too."""
    assert expected is is_security_place(place)


@pytest.mark.fault("H1", "H14")
def test_every_job_of_apt_may_be_begun_anew_when_it_was_cut_off() -> None:
    """Each looks first at what is there, and a transaction brings the repair of what an earlier attempt has left along."""
    jobs = (PLUGIN.refresh(), PLUGIN.repair(), PLUGIN.download({"a": "1"}), PLUGIN.upgrade({"a": "1"}))
    assert [True] * 4 == [job.convergent for job in jobs]
    assert "dpkg $keep --configure -a" in PLUGIN.upgrade({"a": "1"}).script


def test_a_transaction_is_never_killed_for_being_late() -> None:
    """What writes to the package database is waited for and then left to itself; what only fetches may be ended."""
    versions = {"nginx": "1.2"}
    assert (True, True) == (PLUGIN.upgrade(versions).patient, PLUGIN.repair().patient)
    assert (False, False) == (PLUGIN.download(versions).patient, PLUGIN.refresh().patient)
