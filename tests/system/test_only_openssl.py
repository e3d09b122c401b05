"""`--only openssl`: the archive's real update of OpenSSL, and nothing else, on a host where much else is pending."""

from dataclasses import dataclass

import own_eyes
import pytest
from console import Answer, Console
from diary import Diary

from healer.lab.lab import Lab
from healer.lab.machine import LabHost

OPENSSL = r"/.*/lib(ssl|crypto)\.so[^ ]*"
NEVER_IN_PLACE = {"systemd-logind.service"}
"""A new logind in place would lose the list of logged-in sessions: it waits for a reboot."""


@dataclass(frozen=True)
class Outcome:
    """What the host was like before, and what was said of the run."""

    mappers: set[str]
    installed: dict[str, str]
    invocations: dict[str, str]
    answer: Answer
    diary: Diary


@pytest.fixture(scope="module")
def host(archive_lab: Lab) -> LabHost:
    """Return a host with many updates pending, OpenSSL's among them."""
    return archive_lab.host("h7")


@pytest.fixture(scope="module")
def outcome(archive_lab: Lab, host: LabHost, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Patch OpenSSL alone."""
    console = Console(tmp_path_factory.mktemp("openssl"), archive_lab)
    console.write_inventory({host.name: {}})
    before = (services(own_eyes.mappers(host, OPENSSL)), own_eyes.installed(host), own_eyes.invocations(host, with_processes=True))
    answer = console.healer("patch", "--rolling", "--only", "openssl", "--soak", "1", "--yes")
    assert answer.code == 0, answer.text
    return Outcome(*before, answer, Diary.read(console.folder / "state", answer.run))


def services(found: set[str]) -> set[str]:
    """Return the services among control groups: login sessions come and go by themselves."""
    return {name for name in found if name.endswith(".service") and "/" not in name}


def test_only_packages_of_openssl_change(host: LabHost, outcome: Outcome) -> None:
    """Every package that changed was built from OpenSSL's source, and its library was among them."""
    changed = own_eyes.changed(outcome.installed, own_eyes.installed(host))
    assert {own_eyes.source(host, package) for package in changed} == {"openssl"}
    assert any(package.startswith("libssl") for package in changed)


def test_the_others_are_still_pending(host: LabHost, outcome: Outcome) -> None:
    """Other security updates were there to be taken, and were left."""
    assert own_eyes.pending_security(host) != []


def test_exactly_the_services_that_mapped_openssl_restart(host: LabHost, outcome: Outcome) -> None:
    """By systemd's invocation ids the services that mapped OpenSSL before were restarted, and no others."""
    assert {"nginx.service", "ssh.service"} <= outcome.mappers
    assert own_eyes.changed(outcome.invocations, own_eyes.invocations(host, with_processes=True)) == outcome.mappers - NEVER_IN_PLACE


def test_nobody_runs_the_old_openssl_but_who_waits_for_a_reboot(host: LabHost, outcome: Outcome) -> None:
    """What still maps the old library is not restarted in place, and the debt is told."""
    left = services(own_eyes.mappers(host, OPENSSL + r" \(deleted\)"))
    assert left == outcome.mappers & NEVER_IN_PLACE
    assert [unit for unit in left if unit not in outcome.answer.text] == []


def test_each_of_them_restarts_once(outcome: Outcome) -> None:
    """The journal knows one restart of each of these services by healer: the package's own scripts restart none."""
    assert dict(outcome.diary.restarts) == {("h7", unit): 1 for unit in outcome.mappers - NEVER_IN_PLACE}


def test_healers_own_login_is_no_debt(outcome: Outcome) -> None:
    """The user's manager that runs because healer is logged in goes when healer goes: nobody is told to restart it."""
    assert "user@" not in outcome.answer.text
