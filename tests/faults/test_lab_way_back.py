"""The way back on real hosts: the control node is killed on it again and again; and it is not gone where it would touch anything else."""

import os
import signal
from collections.abc import Callable

import pytest
from console import Console, finished, sh, version, wait_for
from host_cases import configuring, reason, when, whole
from host_record import host_record
from lab_kills import healer

from healer.lab.lab import Lab
from healer.lab.machine import LabHost
from healer.lab.packages import GO

HELD_BACK, PLAIN, SERVICE = "healer-demo-waiting", "healer-demo-plain", "healer-demo-broken"
ANCHOR = "healer-test-anchor"
NEW = "1.1"
PLAY = """
- hosts: all
  become: true
  rolling: {{soak: 0, settle: 1}}
  prepare:
    - packages: {{state: refreshed}}
    - packages: {{state: downloaded, only: [{package}]}}
  tasks:
    - packages: {{only: [{package}]}}
    - command: {then}
  health:
    - command: {{cmd: "{healthy}", mutating: false}}
"""


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., Lab]) -> Lab:
    """Return three hosts with updates: of a package whose script waits, forwards and backwards, and of one that does nothing."""
    made = make_lab(3, installed=tuple(f"{name}=1.0" for name in (HELD_BACK, PLAIN, SERVICE)))
    made.publish(HELD_BACK, NEW)
    made.publish(PLAIN, NEW)
    return made


def play(console: Console, package: str, *, then: str, healthy: str) -> str:
    """Write a play that upgrades the package, runs a command, and asks another one whether the host is well."""
    path = console.folder / "play.yml"
    path.write_text(PLAY.format(package=package, then=then, healthy=healthy))
    path.chmod(0o600)
    return str(path)


def state(host: LabHost) -> tuple[str, bool, str]:
    """Return which version is there, whether dpkg is content, and what systemd says of a service."""
    return version(host, HELD_BACK), whole(host), sh(host, f"systemctl is-active {SERVICE}")


def ways_back(host: LabHost) -> list[int | None]:
    """Return how each act ended in which apt went back."""
    return [act.status for act in host_record(host).acts if "DOWNGRADED" in act.output]


@pytest.mark.fault("C1", "H11")
def test_a_control_node_that_is_killed_on_the_way_back(lab: Lab, control_node: Console) -> None:
    """Killed in the midst of the job that goes back, at its resume there again, and before its result is kept: the canary is back and well, once, the other untouched."""
    canary, other = lab.host("h1"), lab.host("h2")
    control_node.write_inventory({"h1": {}, "h2": {}})
    sh(canary, f"touch {GO}")
    before = other.boot_id(), host_record(other).dpkg
    healthy = f"dpkg-query -s {HELD_BACK} | grep -q 'Version: 1.0'"
    process = control_node.spawn("run", play(control_node, HELD_BACK, then=f"rm {GO}", healthy=f'sh -c \\"{healthy}\\"'), "--json")
    when(
        process, lambda: (configuring(canary, HELD_BACK), version(canary, HELD_BACK)) == (True, "1.0")
    )  # in this order: 1.0 was there before
    os.kill(process.pid, signal.SIGKILL)
    assert -signal.SIGKILL == finished(process).code

    assert -signal.SIGKILL == healer(control_node, "resume", "--json", dies="job.poll:kill@2").code
    wait_for(lambda: configuring(canary, HELD_BACK))
    sh(canary, f"touch {GO}")
    assert -signal.SIGKILL == healer(control_node, "resume", "--json", dies="done.job:kill").code
    answer = control_node.healer("resume", "--json", inventory=False)

    assert (5, {"h1": "failed", "h2": "not_started"}) == (answer.code, answer.ends), answer.text
    assert f"rolled back to {HELD_BACK} 1.0, and well again" in reason(answer, "h1")
    assert ("1.0", True, "active") == state(canary)
    assert [f"1.0 {NEW}", f"{NEW} 1.0"] == host_record(canary).upgrades(HELD_BACK)
    assert [0] == ways_back(canary)
    assert before == (other.boot_id(), host_record(other).dpkg)


@pytest.mark.fault("H11")
def test_a_way_back_that_would_touch_another_package_is_not_gone(lab: Lab, control_node: Console) -> None:
    """Something came that needs the new version, and would go with it: nothing is taken back, the host is held, and the command is told."""
    host = lab.host("h3")
    control_node.write_inventory({"h3": {}})
    depends = f"Package: {ANCHOR}\\nVersion: 1\\nArchitecture: all\\nMaintainer: nobody\\nDescription: x\\nDepends: {PLAIN} (>= {NEW})\\n"
    sh(
        host,
        f"mkdir -p /root/{ANCHOR}/DEBIAN; printf '{depends}' >/root/{ANCHOR}/DEBIAN/control; dpkg-deb -b /root/{ANCHOR} /root/anchor.deb",
    )
    answer = control_node.healer("run", play(control_node, PLAIN, then="dpkg -i /root/anchor.deb", healthy="false"), "--json")
    assert (1, {"h3": "held"}) == (answer.code, answer.ends), answer.text
    told = reason(answer, "h3")
    assert f"going back would touch more than what was upgraded: removal of {ANCHOR}: nothing was done" in told
    assert f"by hand: apt-get install --allow-downgrades {PLAIN}=1.0" in told
    assert ([f"1.0 {NEW}"], "1") == (host_record(host).upgrades(PLAIN), version(host, ANCHOR))
    assert whole(host)
