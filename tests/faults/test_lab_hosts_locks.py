"""Somebody else works with the package manager of a host, or the host is slow: healer waits its time, then says for whom it waited."""

from functools import partial

import pytest
from console import Console, finished, sh, version
from host_cases import printed, reason, when, written
from host_record import host_record

from healer.lab.lab import Lab
from healer.lab.machine import LabHost

PACKAGE = "healer-demo-plain"
OTHER = "healer-demo-slow"
GO, HELD = "/run/healer-test-go", "/run/healer-test-held"
UPGRADE = """
- packages: {state: upgraded, scope: all, only: [healer-demo-plain], lock_timeout: %d}
"""
SLOW = ("apt-get", "dpkg", "dpkg-query", "systemctl")


@pytest.fixture(scope="module")
def lab(hosts_lab: Lab) -> Lab:
    """Return hosts with an update of a small package."""
    hosts_lab.publish(PACKAGE, "1.1")
    hosts_lab.publish(OTHER, "1.1", seconds=0)
    hosts_lab.refresh()
    return hosts_lab


def administrate(lab: Lab, name: str, package: str) -> None:
    """Let an administrator upgrade a package by hand; the locks are held until GO is there, then the upgrade goes on."""
    wait = f"touch {HELD}; until [ -e {GO} ]; do sleep 0.2; done"
    argv = f"apt-get -q -y -o DPkg::Pre-Invoke::='{wait}' install {package}"
    sh(lab.host(name), f"rm -f {GO} {HELD}; systemd-run --quiet --unit=administrator {argv}")
    sh(lab.host(name), f"until [ -e {HELD} ]; do sleep 0.1; done")


def waits(host: LabHost) -> bool:
    """Tell whether an act on the host has said that it waits."""
    return "waiting for" in printed(host)


@pytest.mark.fault("H2", "H17", "H16")
def test_who_holds_the_locks_is_waited_for_and_named(lab: Lab, control_node: Console) -> None:
    """Locks held for ever end a host as busy, with their holder; held for a while they are waited for; slow programs fail nobody."""
    control_node.write_inventory({"h1": {}, "h2": {}, "h3": {}, "h4": {}})
    for name, package in (("h1", OTHER), ("h2", OTHER), ("h3", PACKAGE)):
        administrate(lab, name, package)
    for program in SLOW:
        lab.host("h4").write(f"/usr/local/bin/{program}", f'#!/bin/sh\nsleep 0.4\nexec /usr/bin/{program} "$@"\n')
        sh(lab.host("h4"), f"chmod +x /usr/local/bin/{program}")
    process = control_node.spawn("run", written(control_node, UPGRADE % 12), "--json")
    for name in ("h2", "h3"):
        when(process, partial(waits, lab.host(name)))
        sh(lab.host(name), f"touch {GO}")
    answer = finished(process)
    sh(lab.host("h1"), f"touch {GO}")
    sh(lab.host("h4"), "rm /usr/local/bin/apt-get /usr/local/bin/dpkg /usr/local/bin/dpkg-query /usr/local/bin/systemctl")
    assert {"h1": "busy", "h2": "changed", "h3": "ok", "h4": "changed"} == answer.ends, answer.text
    assert "apt-get -q -y" in reason(answer, "h1")
    assert "held by process" in reason(answer, "h1")
    assert ["1.0", "1.1", "1.1", "1.1"] == [version(lab.host(name), PACKAGE) for name in ("h1", "h2", "h3", "h4")]
    assert ["1.0 1.1"] == host_record(lab.host("h3")).upgrades(PACKAGE)
