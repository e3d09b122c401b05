"""Boots that bring back what was there before: the old kernel, or the very same boot. The hosts pass for machines here, which containers do not."""

from collections.abc import Iterator

import pytest
from console import Console, sh
from host_cases import reason, written
from host_record import host_record

from healer.lab.lab import Lab

TASKS = """
- reboot: {policy: always, timeout: "{{ patience }}", stay_up: 2}
"""
NEWER = "999.0.0-lab"
MACHINE = """#!/bin/sh
echo none
exit 1
"""
DEAF = """#!/bin/sh
[ "$1" != reboot ] || exit 0
exec /usr/bin/systemctl "$@"
"""
FAKES = "/usr/local/bin/systemd-detect-virt /usr/local/sbin/systemctl"
OLD_KERNEL, SAME_BOOT = "h5", "h6"
PATIENCE = {OLD_KERNEL: 200, SAME_BOOT: 10}
"""Seconds until a boot counts as failed, by host."""


@pytest.fixture
def lab(hosts_lab: Lab) -> Iterator[Lab]:
    """Return two hosts with a kernel that would boot next: one whose loader starts the old one, one that does not boot when it is told to."""
    for name in PATIENCE:
        hosts_lab.host(name).write("/usr/local/bin/systemd-detect-virt", MACHINE)
        sh(hosts_lab.host(name), f"chmod +x /usr/local/bin/systemd-detect-virt; touch /boot/vmlinuz-{NEWER}")
    hosts_lab.host(SAME_BOOT).write("/usr/local/sbin/systemctl", DEAF)
    sh(hosts_lab.host(SAME_BOOT), "chmod +x /usr/local/sbin/systemctl")
    yield hosts_lab
    for name in PATIENCE:
        hosts_lab.host(name).wait_ready()
        # The lease of a run that gave a host up keeps others off for two minutes more.
        sh(hosts_lab.host(name), f"rm -f {FAKES} /boot/vmlinuz-{NEWER} /run/healer/lease")


@pytest.mark.fault("H9", "H10")
def test_a_boot_that_brings_the_old_back_is_named(lab: Lab, control_node: Console) -> None:
    """Back and well, but with the old kernel: failed, and both kernels are named. The same boot id, though it was told to boot: unknown, and held."""
    control_node.write_inventory({name: {"patience": seconds} for name, seconds in PATIENCE.items()})
    before = {name: len(host_record(lab.host(name)).boots) for name in PATIENCE}
    answer = control_node.healer("run", written(control_node, TASKS), "--json")
    told = {name: reason(answer, name) for name in PATIENCE}
    assert f"planned was {NEWER}" in told[OLD_KERNEL], answer.text
    assert "the boot id is still the old one" in told[SAME_BOOT], answer.text
    assert {OLD_KERNEL: "failed", SAME_BOOT: "unknown"} == answer.ends, answer.text
    assert [1, 0] == [len(host_record(lab.host(name)).boots) - before[name] for name in PATIENCE]
    assert f"healer ack {SAME_BOOT}" in answer.text
