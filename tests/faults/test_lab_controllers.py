"""Two control nodes over one real host: the second is refused, takes over when the first has slept, and the first does nothing more."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from console import Answer, Console, ControlNodes, finished, sh, wait_for

from healer.lab.lab import Lab

SEEN = "/root/acts"


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., Lab]) -> Lab:
    """Return one host."""
    return make_lab(1)


def book(node: Console, *words: str) -> str:
    """Write a playbook of the node's own that writes down each word in turn, and waits in between until it may go on."""
    path = node.folder / "book.yml"
    tasks = "".join(f"    - shell: echo {word} >>{SEEN}; while [ -e /root/wait-{word} ]; do sleep 0.2; done\n" for word in words)
    path.write_text(f"- hosts: h1\n  become: true\n  rolling: {{canary: 0, soak: 0}}\n  tasks:\n{tasks}")
    path.chmod(0o600)
    return f"./{path.name}"


def stat_of(pid: int) -> str:
    """Return the state of a process, as a letter."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.fault("C4", "C5")
def test_a_controller_that_slept_is_refused_by_the_host(lab: Lab, control_nodes: ControlNodes) -> None:
    """Stopped (SIGSTOP) during an act, overtaken by another node when its lease had run out, woken up: it does nothing more and says why."""
    host = lab.host("h1")
    first, second = control_nodes(lab), control_nodes(lab)
    sh(host, "touch /root/wait-a2")
    mine, theirs = book(first, "a1", "a2", "a3"), book(second, "b1", "b2")
    sleeper = first.spawn("run", mine, "--json")
    wait_for(lambda: sh(host, f"cat {SEEN} 2>/dev/null || true").split() == ["a1", "a2"])

    again = first.healer("run", mine)
    assert (75, True) == (again.code, f"process {sleeper.pid}" in again.text), again.text
    elsewhere = second.healer("run", theirs, "--json")
    assert (3, {"h1": "busy"}) == (elsewhere.code, elsewhere.ends), elsewhere.text
    assert "holds the host" in elsewhere.text or "belongs to" in elsewhere.text

    os.kill(sleeper.pid, signal.SIGSTOP)
    try:
        wait_for(lambda: stat_of(sleeper.pid) == "T")
        sh(host, "rm /root/wait-a2")
        sh(host, "while [ -e /run/healer/active ]; do sleep 0.1; done")
        sh(host, "read -r holder boot epoch since until </run/healer/lease; echo $holder $boot $epoch $since 0 >/run/healer/lease")
        taken = second.healer("run", theirs, "--json")
        assert (0, {"h1": "changed"}) == (taken.code, taken.ends), taken.text
    finally:
        os.kill(sleeper.pid, signal.SIGCONT)
    woken = finished(sleeper)
    assert ["a1", "a2", "b1", "b2"] == sh(host, f"cat {SEEN}").split()
    _says_why(woken)


def _says_why(woken: Answer) -> None:
    assert woken.code in (1, 3, 5), woken.text
    assert woken.ends["h1"] != "changed"
    assert "lease" in woken.text
    assert "Traceback" not in woken.text
