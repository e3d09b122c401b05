"""A control node that is told to stop while a real package job runs: the job goes on at the host, and the resumed run counts it once."""

import signal
import subprocess
from pathlib import Path

import pytest
from console import Console, finished, sh, version, wait_for
from host_cases import AT_ONCE, configuring, when, whole
from host_record import Act, host_record

from healer.lab.lab import Lab
from healer.lab.machine import LabHost
from healer.lab.packages import GO

PACKAGE = "healer-demo-waiting"
PATCH = ("patch", "--only", PACKAGE, *AT_ONCE, "--json")
ESTABLISHED = "01"


@pytest.fixture(scope="module")
def lab(hosts_lab: Lab) -> Lab:
    """Return hosts with an update whose script waits until it is let go on."""
    hosts_lab.publish(PACKAGE, "1.1")
    return hosts_lab


def begun(console: Console, name: str) -> "subprocess.Popen[str]":
    """Begin to patch a host, and return when dpkg is at the package."""
    host = console.lab.host(name)
    console.write_inventory({name: {}})
    process = console.spawn(*PATCH)
    when(process, lambda: configuring(host, PACKAGE))
    return process


def ends_by_itself(host: LabHost) -> None:
    """Let the package's script go on, and wait until its job has left its result on the host, which nobody asks for."""
    assert configuring(host, PACKAGE)
    sh(host, f"touch {GO}")
    wait_for(lambda: [act.status for act in transactions(host)] == [0])
    assert ("1.1", True) == (version(host, PACKAGE), whole(host))


def transactions(host: LabHost) -> list[Act]:
    """Return the acts in which dpkg configured the package."""
    return [act for act in host_record(host).acts if f"Setting up {PACKAGE}" in act.output]


def jobs(host: LabHost) -> list[str]:
    """Return the ids of all jobs that the host was ever given."""
    return [act.id for act in host_record(host).acts if act.detached]


def resumed(console: Console, name: str) -> None:
    """Resume: the run ends as if nobody had disturbed it, and no job was begun on the host a second time."""
    host = console.lab.host(name)
    before = jobs(host)
    answer = console.healer("resume", "--json", inventory=False)
    assert (0, {name: "changed"}) == (answer.code, answer.ends), answer.text
    assert before == jobs(host)
    assert (1, ["1.0 1.1"]) == (len(transactions(host)), host_record(host).upgrades(PACKAGE))


def waits_for_an_answer(host: LabHost) -> bool:
    """Tell whether this machine has asked the host's SSH server something that it has not heard, as its kernel says."""
    octets = "".join(f"{int(octet):02X}" for octet in reversed(host.address.split(".")))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    peers = [row for row in rows if row[2] == f"{octets}:{host.port:04X}" and row[3] == ESTABLISHED]
    return any(int(row[4].partition(":")[0], 16) > 0 for row in peers)


@pytest.mark.fault("C2")
def test_a_run_that_is_terminated_in_a_package_job_is_resumed(lab: Lab, control_node: Console) -> None:
    """SIGTERM while a real host configures a package: exit code 143, the job ends without anybody, and the resumed run finds it done, once."""
    process = begun(control_node, "h5")
    process.send_signal(signal.SIGTERM)
    stopped = finished(process)
    assert (143, True) == (stopped.code, "healer resume " in stopped.text), stopped.text
    ends_by_itself(lab.host("h5"))
    resumed(control_node, "h5")
    again = control_node.healer(*PATCH)
    assert (0, {"h5": "ok"}) == (again.code, again.ends), again.text


@pytest.mark.fault("C2")
def test_a_run_that_is_left_at_once_in_a_package_job_is_resumed(lab: Lab, control_node: Console) -> None:
    """Ctrl-C twice while a real host is asked about its package job and does not answer: healer is gone at once, the job ends, and was done once."""
    host = lab.host("h6")
    process = begun(control_node, "h6")
    host.cut()
    try:
        wait_for(lambda: waits_for_an_answer(host))
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert any("stopping:" in line for line in process.stderr)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        # What a shell shows as 130. A run that ends in good order exits with 130 itself.
        assert -signal.SIGINT == finished(process).code
    finally:
        host.join()
    ends_by_itself(host)
    resumed(control_node, "h6")
