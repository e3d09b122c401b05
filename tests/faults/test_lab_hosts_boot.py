"""Boots that go wrong: a host that never comes back, boots again and again, does not boot at all, or comes back unable to write."""

from collections.abc import Iterator

import pytest
from console import Console, sh, wait_for
from host_cases import reason, written
from host_record import host_record

from healer.lab.lab import Lab

PACKAGE = "healer-demo-reboot"
TASKS = f"""
- packages: {{state: refreshed}}
- packages: {{state: upgraded, scope: all, only: [{PACKAGE}]}}
- reboot: {{policy: always, timeout: "{{{{ patience }}}}", stay_up: 15}}
"""
LOOP = """#!/bin/sh
[ "$(wc -l </var/log/lab-boots)" -lt "$(cat /etc/lab-boots-enough)" ] || exit 0
until ss -Htn state established sport = :22 | grep -q .; do sleep 0.2; done
sleep 8
systemctl reboot
"""
DEAF = """#!/bin/sh
[ "$1" != reboot ] || exit 0
exec /usr/bin/systemctl "$@"
"""
READ_ONLY = "mount --bind /var/lib /var/lib && mount -o remount,bind,ro /var/lib"
PATIENCE = {"h1": 25, "h2": 200, "h3": 15, "h4": 25}
"""Seconds until a boot counts as failed, by host."""


def at_boot(lab: Lab, name: str, command: str, kind: str) -> None:
    """Have a command run at every boot of a host; a `oneshot` is over before anybody can log in."""
    order = "Before=ssh.service" if kind == "oneshot" else ""
    unit = f"[Unit]\n{order}\n[Service]\nType={kind}\nExecStart={command}\n[Install]\nWantedBy=multi-user.target\n"
    lab.host(name).write("/etc/systemd/system/lab-fault.service", unit)
    sh(lab.host(name), "systemctl -q enable lab-fault.service")


@pytest.fixture
def lab(hosts_lab: Lab) -> Iterator[Lab]:
    """Return hosts that want a boot: h1 will let nobody in after it, h2 boots twice more, h3 ignores it, h4 comes back read-only."""
    hosts_lab.publish(PACKAGE, "1.1")
    sh(hosts_lab.host("h1"), "systemctl -q mask ssh.service ssh.socket")
    sh(hosts_lab.host("h2"), "echo $(($(wc -l </var/log/lab-boots) + 3)) >/etc/lab-boots-enough")
    hosts_lab.host("h2").write("/usr/local/sbin/lab-loop", LOOP)
    at_boot(hosts_lab, "h2", "/bin/sh /usr/local/sbin/lab-loop", "simple")
    hosts_lab.host("h3").write("/usr/local/sbin/systemctl", DEAF)
    sh(hosts_lab.host("h3"), "chmod +x /usr/local/sbin/systemctl")
    at_boot(hosts_lab, "h4", f"/bin/sh -c '{READ_ONLY}'", "oneshot")
    yield hosts_lab
    sh(hosts_lab.host("h1"), "systemctl -q unmask ssh.service ssh.socket; systemctl start ssh.service")
    sh(hosts_lab.host("h3"), "rm /usr/local/sbin/systemctl /run/reboot-required*")
    sh(hosts_lab.host("h4"), "umount --lazy /var/lib")
    for name in ("h2", "h4"):
        sh(hosts_lab.host(name), "systemctl -q disable lab-fault.service; rm /etc/systemd/system/lab-fault.service")
    for name in PATIENCE:
        hosts_lab.host(name).wait_ready()
        # The lease of a run that gave a host up keeps others off for two minutes more.
        sh(hosts_lab.host(name), "rm -f /run/healer/lease")


@pytest.mark.fault("H7", "H9", "H10")
def test_a_boot_that_goes_wrong_is_named_and_halts_the_rollout(lab: Lab, control_node: Console) -> None:
    """Never back, booting in a loop, not booted at all, back unable to write: each is named, none is well, nobody else starts."""
    names = (*PATIENCE, "h5")
    control_node.write_inventory({name: {"patience": PATIENCE.get(name, 60)} for name in names})
    before = {name: len(host_record(lab.host(name)).boots) for name in names}
    answer = control_node.healer("run", written(control_node, TASKS, max_unavailable=4, max_failures=0), "--json")
    told = {name: reason(answer, name) for name in names}
    assert (5, "not_started") == (answer.code, answer.ends["h5"]), answer.text
    assert {"unknown"} == {answer.ends[name] for name in ("h1", "h3", "h4")}, answer.text
    assert answer.ends["h2"] in ("failed", "held")
    assert "not back after 25 s" in told["h1"]
    assert "boot loop" in told["h2"]
    assert "the mark in /run is still there" in told["h3"]
    assert "read-only" in told["h4"]
    wait_for(lambda: len(host_record(lab.host("h2")).boots) == before["h2"] + 3)
    status = control_node.healer("status").text
    assert "held since" in status
    assert [1, 3, 0, 1, 0] == [len(host_record(lab.host(name)).boots) - before[name] for name in before]
