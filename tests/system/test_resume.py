"""A run that was cut goes on where it stood: what was begun is asked about, and nothing is done twice."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from console import Console, finished, upgrades, version, wait_for
from host_cases import configuring

from healer.lab.lab import Lab

PACKAGE = "healer-demo-slow"


@pytest.fixture(scope="module")
def lab(make_lab) -> Iterator[Lab]:
    """Return hosts on which an update waits that takes its time; each test uses hosts of its own."""
    lab = make_lab(3, installed=(f"{PACKAGE}=1.0",))
    lab.publish(PACKAGE, "1.1", seconds=8)
    yield lab
    lab.down()


@pytest.fixture
def console(lab: Lab, tmp_path: Path) -> Console:
    """Return a control node with an empty journal."""
    return Console(tmp_path, lab)


@pytest.mark.fault("C1")
def test_after_kill_9_the_run_goes_on_and_the_job_ran_once(console: Console) -> None:
    """Kill the control process in the middle of a package job: the job goes on, `resume` takes its result, and the next host is done."""
    first, second = console.lab.host("h1"), console.lab.host("h2")
    console.write_inventory({"h1": {}, "h2": {}})
    process = console.spawn("patch", "--soak", "0")
    wait_for(lambda: configuring(first, PACKAGE))
    process.kill()
    assert -signal.SIGKILL == finished(process).code
    assert configuring(first, PACKAGE)
    answer = console.healer("resume", "--json", inventory=False)
    assert (0, {"h1": "changed", "h2": "changed"}) == (answer.code, answer.ends)
    assert (["1.0 1.1"], ["1.0 1.1"]) == (upgrades(first, PACKAGE), upgrades(second, PACKAGE))
    assert "resumes the run" in console.healer("show", answer.run, "h1", inventory=False).out


@pytest.mark.fault("C2")
def test_ctrl_c_stops_in_good_order_and_resume_finishes(console: Console) -> None:
    """Ctrl-C ends with 130 and the command that goes on; that command finishes the run, and a second one has nothing to resume."""
    host = console.lab.host("h3")
    console.write_inventory({"h3": {}})
    process = console.spawn("patch", "--soak", "0")
    wait_for(lambda: configuring(host, PACKAGE))
    process.send_signal(signal.SIGINT)
    stopped = finished(process)
    assert 130 == stopped.code, stopped.text
    assert f"healer resume {stopped.run}" in stopped.text
    answer = console.healer("resume", stopped.run, "--json", inventory=False)
    assert (0, {"h3": "changed"}) == (answer.code, answer.ends)
    assert ("1.1", ["1.0 1.1"]) == (version(host, PACKAGE), upgrades(host, PACKAGE))
    again = console.healer("resume", inventory=False)
    assert 2 == again.code
    assert "there is no unfinished run" in again.text
