"""A package whose new version breaks its service: the canary goes back to what it had, nobody else is touched, and the version is barred."""

import os
import pty
import subprocess
import termios
from collections.abc import Callable
from contextlib import suppress

import pytest
from console import Console, ControlNodes, sh, upgrades, version

from healer.lab.lab import Lab
from healer.lab.machine import LabHost

PACKAGE, QUIET = "healer-demo-broken", "healer-demo-lib"
BAD, FIXED = "1.1", "1.2"
FLEET, LONE = ("h1", "h2", "h3"), "h4"
PATCH = ("patch", "--rolling", "--soak", "0", "-e", "patch_settle=10", "--yes", "--json")


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., Lab]) -> Lab:
    """Return four hosts with a service whose next version does not start."""
    made = make_lab(4, installed=(f"{QUIET}=1.0", f"{PACKAGE}=1.0"))
    made.publish(PACKAGE, BAD)
    return made


def service(host: LabHost) -> str:
    """Return what systemd says of the package's service."""
    return sh(host, f"systemctl is-active {PACKAGE} || true")


def on_a_terminal(console: Console, *words: str, rows: int, columns: int) -> list[str]:
    """Return the lines that a command prints on a terminal of this size."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (rows, columns))
    environment = {**console.environment, "TERM": "dumb"}
    del environment["COLUMNS"]
    process = subprocess.Popen(console.argv(*words), stdin=its, stdout=its, stderr=its, env=environment, cwd=console.folder)
    os.close(its)
    said = b""
    with suppress(OSError):  # so a terminal says that nobody writes to it any more
        while more := os.read(ours, 65536):
            said += more
    process.wait()
    os.close(ours)
    return said.decode().splitlines()


def forgets_the_old_version(host: LabHost) -> None:
    """Leave the host without any archive of the old version: no source offers it, and the caches were cleaned."""
    sh(
        host,
        "sed -i '/stable main/d' /etc/apt/sources.list; apt-get -q update; rm -rf /var/cache/apt/archives/*.deb /var/lib/healer/packages",
    )


@pytest.mark.fault("H11")
def test_a_version_that_breaks_its_service_is_taken_back(lab: Lab, control_nodes: ControlNodes) -> None:
    """The canary is back at its old version and well, no other host was touched, the run ends with 5, and the next one leaves the version out."""
    node = control_nodes(lab)
    node.write_inventory({name: {} for name in FLEET})
    answer = node.healer(*PATCH)
    canary, *others = FLEET
    assert (5, {canary: "failed", "h2": "not_started", "h3": "not_started"}) == (answer.code, answer.ends)
    assert ("1.0", "active") == (version(lab.host(canary), PACKAGE), service(lab.host(canary)))
    assert [f"1.0 {BAD}", f"{BAD} 1.0"] == upgrades(lab.host(canary), PACKAGE)
    assert [] == [host for host in others if upgrades(lab.host(host), PACKAGE)]

    lines = on_a_terminal(node, "show", answer.run, rows=24, columns=80)
    assert 24 >= len(lines), "\n".join(lines)
    text = " ".join(" ".join(lines).split())
    assert f"{PACKAGE}.service failed" in text
    assert "well again" in text
    assert f"healer release {PACKAGE} {BAD}" in text

    again = node.healer(*PATCH)
    assert (0, dict.fromkeys(FLEET, "ok")) == (again.code, again.ends)
    assert "is in quarantine" in again.text
    assert f"{PACKAGE} {BAD}" in node.healer("status").text
    assert dict.fromkeys(FLEET, "1.0") == {name: version(lab.host(name), PACKAGE) for name in FLEET}

    lab.publish(PACKAGE, FIXED)
    fixed = node.healer(*PATCH)
    assert (0, dict.fromkeys(FLEET, "changed")) == (fixed.code, fixed.ends)
    assert 0 == node.healer("release", PACKAGE, BAD, "--yes", inventory=False).code
    assert 2 == node.healer("release", PACKAGE, BAD, "--yes", inventory=False).code


NEVER_WELL = f"""
- hosts: all
  become: true
  rolling: {{soak: 0, settle: 10}}
  prepare:
    - packages: {{state: refreshed}}
    - packages: {{state: downloaded, only: [{QUIET}]}}
  tasks:
    - packages: {{only: [{QUIET}]}}
  health:
    - command: {{cmd: "false", mutating: false}}
"""


def test_a_host_whose_old_version_is_nowhere_is_held(lab: Lab, control_nodes: ControlNodes) -> None:
    """Where no source and no cache has the old version, the plan says so, and the host is held with the command that a person would type."""
    node = control_nodes(lab)
    node.write_inventory({LONE: {}})
    play = node.folder / "never_well.yml"
    play.write_text(NEVER_WELL)
    play.chmod(0o600)
    host = lab.host(LONE)
    lab.publish(QUIET, BAD)
    forgets_the_old_version(host)
    planned = node.healer("plan", str(play))
    assert f"not possible: {QUIET} 1.0 cannot be had any more" in planned.text
    answer = node.healer("run", str(play), "--yes", "--json")
    assert (1, {LONE: "held"}) == (answer.code, answer.ends)
    assert f"no archive of {QUIET} 1.0 is at hand" in answer.text
    assert f"by hand: apt-get install --allow-downgrades {QUIET}=1.0" in answer.text
    assert BAD == version(host, QUIET)
