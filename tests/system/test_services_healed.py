"""Services of real hosts that crash, hang and crash again: found, brought back with evidence, left alone when nothing helps."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from console import PATIENCE, Console, sh, wait_for

from healer.lab.lab import Lab
from healer.lab.machine import LabHost

POLICY = """
services_starved: 100
services:
  - unit: healer-test-tiny.service
    stays: 2s
  - unit: nginx.service
    stays: 2s
    probes: [{http: "http://127.0.0.1/", timeout: 1s}]
"""
GRACE = 62.0
"""Seconds after its start from which the probes of a service count."""
TINY = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
LOOP = """
[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/sh -c 'echo one more time; sleep 0.3; exit 7'
Restart=always
RestartSec=0.2
[Install]
WantedBy=multi-user.target
"""


@pytest.fixture(scope="module")
def lab(make_lab) -> Iterator[Lab]:
    """Return three hosts with a service that nobody restarts."""
    lab = make_lab(3)
    for name in ("h1", "h2", "h3"):
        host = lab.host(name)
        host.write("/etc/systemd/system/healer-test-tiny.service", TINY)
        sh(host, "systemctl daemon-reload; systemctl enable --now healer-test-tiny.service 2>/dev/null")
    yield lab
    lab.down()


@pytest.fixture
def console(lab: Lab, tmp_path: Path) -> Console:
    """Return a control node with an empty journal and a policy; one budget group for all hosts."""
    console = Console(tmp_path, lab)
    console.write_inventory({name: {} for name in ("h1", "h2", "h3")})
    folder = console.folder / "group_vars"
    folder.mkdir(mode=0o700)
    (folder / "all.yml").write_text(POLICY)
    return console


def is_active(host: LabHost, unit: str) -> bool:
    """Ask systemd itself."""
    return sh(host, f"systemctl is-active {unit} || true") == "active"


def _age(host: LabHost, unit: str) -> float:
    """Return for how many seconds the unit has been up."""
    began = int(sh(host, f"systemctl show -p ActiveEnterTimestampMonotonic --value {unit}")) / 1e6
    return float(sh(host, "cut -d' ' -f1 /proc/uptime")) - began


def told(console: Console, host: str, service: str) -> list[dict[str, str]]:
    """Return what `healer why` knows, newest first."""
    return list(json.loads(console.healer("why", host, service, "--json").out))


def test_a_service_that_was_killed_is_back(console: Console) -> None:
    """A service killed with -9 that systemd does not restart runs again after `healer services`, and a second run does nothing."""
    host = console.lab.host("h1")
    sh(host, "systemctl kill -s KILL healer-test-tiny.service; sleep 0.5")
    assert not is_active(host, "healer-test-tiny.service")
    found = console.healer("services", "--check")
    assert 3 == found.code, found.text
    assert not is_active(host, "healer-test-tiny.service")
    answer = console.healer("services", "--json")
    assert (0, "changed") == (answer.code, _any_end(console, answer.run, "h1")), answer.text
    assert is_active(host, "healer-test-tiny.service")
    assert 0 == console.healer("services", "--check").code
    why = console.healer("why", "h1", "healer-test-tiny").text
    assert "start healer-test-tiny.service" in why
    assert "[down]" in why


def _any_end(console: Console, run: str, host: str) -> str:
    """Return `changed` where the host was changed in one of the run's plays."""
    events = json.loads(console.healer("show", run, host, "--json", inventory=False).out)["events"]
    ends = [one["event"].get("terminal") for one in events if one["event"]["kind"] == "host_ended"]
    return "changed" if "changed" in ends else str(ends)


def test_a_server_that_hangs_is_restarted_and_its_evidence_is_kept(console: Console) -> None:
    """A web server that accepts and never answers is found by its probe and restarted; what it hung in is kept before."""
    host = console.lab.host("h2")
    wait_for(lambda: _age(host, "nginx.service") > GRACE)
    sh(host, "systemctl kill -s STOP nginx.service")
    before = sh(host, "systemctl show -p InvocationID --value nginx.service")
    answer = console.healer("services")
    assert 0 == answer.code, answer.text
    assert before != sh(host, "systemctl show -p InvocationID --value nginx.service")
    assert "200" == sh(host, "curl -s -m 3 -o /dev/null -w '%{http_code}' http://127.0.0.1/")
    evidence = console.healer("why", "h2", "nginx", "--evidence").out
    assert "stopped)" in evidence
    assert "restart nginx.service" in evidence
    kinds = [one["kind"] for one in reversed(told(console, "h2", "nginx"))]
    assert kinds.index("evidence") < kinds.index("heal")


def test_a_crash_loop_ends_in_quarantine_until_somebody_has_looked(console: Console) -> None:
    """A service that crashes again and again is started three times, then left alone; an acknowledgement gives it new tries."""
    host, unit = console.lab.host("h3"), "healer-test-loop.service"
    host.write(f"/etc/systemd/system/{unit}", LOOP)
    (console.folder / "group_vars" / "all.yml").write_text(f"services: [{{unit: {unit}, stays: 2s}}]\n")
    sh(host, f"systemctl daemon-reload; systemctl enable --now {unit} 2>/dev/null; sleep 3")

    def given_up() -> bool:
        return "in quarantine" in console.healer("services", "-l", "h3").text

    wait_for(given_up, 2 * PATIENCE)
    tries = [one for one in told(console, "h3", unit) if one["kind"] == "heal"]
    assert 3 == len(tries)
    again = console.healer("services", "-l", "h3")
    assert (1, 3) == (again.code, len([one for one in told(console, "h3", unit) if one["kind"] == "heal"])), again.text
    wrong = console.healer("ack", "h3", "no-such-service")
    assert wrong.code == 2
    assert unit in wrong.text
    assert 0 == console.healer("ack", "h3", unit, "--yes").code
    console.healer("services", "-l", "h3")
    assert 4 == len([one for one in told(console, "h3", unit) if one["kind"] == "heal"])
    sh(host, f"systemctl disable --now {unit} 2>/dev/null; rm /etc/systemd/system/{unit}; systemctl daemon-reload")
