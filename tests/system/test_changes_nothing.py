"""Whoever only wants to know changes nothing: `status`, `patch --check` and `plan` leave no trace but that somebody logged in."""

from dataclasses import dataclass

import own_eyes
import pytest
from console import Console, sh
from releases import release

from healer.lab.lab import Lab
from healer.lab.machine import LabHost


@dataclass(frozen=True)
class Sight:
    """One host, in all that a look must leave as it was."""

    status: str
    invocations: dict[str, str]
    files: dict[str, str]

    @classmethod
    def of(cls, host: LabHost) -> "Sight":
        """Look at it."""
        return cls(own_eyes.status_file(host), own_eyes.invocations(host), own_eyes.file_times(host))


@dataclass(frozen=True)
class Look:
    """A command that only looks: how it must end, and what it must tell, so that it is known to have looked."""

    words: tuple[str, ...]
    code: int
    told: str


LOOKS = (
    Look(("status",), 0, "h3"),
    Look(("patch", "--rolling", "--check"), 3, "healer-demo-lib"),
    Look(("plan", "-o", "patch.plan"), 3, "healer-demo-lib"),
)


@pytest.fixture(scope="module")
def fleet(small_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Console:
    """Return a control node that logs in as root, by sudo, and by sudo with a password; each host has an update pending.

    apt's caches are missing, old or current: whoever lets apt do as it likes writes them anew. What systemd does by itself is stopped.
    """
    console = Console(tmp_path_factory.mktemp("nothing"), small_lab)
    password = console.folder / "password"
    password.touch(mode=0o600)
    password.write_text(small_lab.sudo_password + "\n")
    logins = {"h1": {}, "h2": {"ansible_user": "ops"}, "h3": {"ansible_user": "opspw", "become_password_file": password}}
    console.write_inventory(logins)
    release(small_lab, "healer-demo-lib")
    small_lab.refresh()
    for host, make_old in zip(small_lab.hosts, ("rm /var/cache/apt/*.bin", "touch /var/lib/dpkg/status", "true"), strict=True):
        sh(host, f"systemctl stop '*.timer'; {make_old}")
    return console


@pytest.fixture(scope="module")
def before(small_lab: Lab, fleet: Console) -> dict[str, Sight]:
    """Return what the hosts were like before anybody looked."""
    return {host.name: Sight.of(host) for host in small_lab.hosts}


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.words[0])
def test_nothing_changes(fleet: Console, small_lab: Lab, before: dict[str, Sight], look: Look) -> None:
    """The status of dpkg, every service's invocation and the times of all files are the same after the look as before it."""
    answer = fleet.healer(*look.words)
    after = {host.name: Sight.of(host) for host in small_lab.hosts}
    assert (answer.code, look.told in answer.out) == (look.code, True), answer.text
    assert {name: differences(before[name], sight) for name, sight in after.items()} == {"h1": set(), "h2": set(), "h3": set()}


def differences(before: Sight, after: Sight) -> set[str]:
    """Return what is not as it was."""
    status = set() if before.status == after.status else {"dpkg's status"}
    return status | own_eyes.changed(before.invocations, after.invocations) | own_eyes.changed(before.files, after.files)


def test_the_witness_sees_a_change(small_lab: Lab, fleet: Console) -> None:
    """What the witness is asked for it can see: a touched file, a restarted service, a written cache."""
    host = small_lab.host("h1")
    sh(host, "rm -f /var/cache/apt/*.bin")
    old = Sight.of(host)
    sh(host, "touch /etc/hostname; systemctl restart cron; apt-get -s -q dist-upgrade")
    seen = differences(old, Sight.of(host))
    assert {"/etc/hostname", "cron.service", "/var/cache/apt/pkgcache.bin"} <= seen
