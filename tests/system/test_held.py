"""A canary that falls ill is held, nobody else is touched, and a person can read why and let go."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from console import Answer, Console, sh, upgrades, version

from healer.lab.lab import Lab

PACKAGE = "healer-demo-broken"


@pytest.fixture(scope="module")
def lab(make_lab) -> Iterator[Lab]:
    """Return hosts on which an update waits whose service will not start."""
    lab = make_lab(3, installed=(f"{PACKAGE}=1.0",))
    lab.publish(PACKAGE, "1.1")
    yield lab
    lab.down()


@pytest.fixture(scope="module")
def console(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Console:
    """Return one control node for all tests here: a hold outlives the run."""
    return Console(tmp_path_factory.mktemp("console"), lab)


@dataclass(frozen=True)
class Halted:
    """The run that met the broken package, and what was seen on the hosts right after it."""

    answer: Answer
    upgrades: list[list[str]]
    services: list[str]

    @property
    def run(self) -> str:
        """Return the id of the run."""
        return self.answer.run


@pytest.fixture(scope="module")
def halted(console: Console) -> Halted:
    """Patch all hosts, the canary first."""
    answer = console.healer("patch", "--rolling", "--soak", "0", "-e", "patch_rollback=never", "-e", "patch_settle=10", "--json")
    hosts = console.lab.hosts
    return Halted(answer, [upgrades(host, PACKAGE) for host in hosts], [sh(host, f"systemctl is-active {PACKAGE}") for host in hosts])


def test_the_canary_is_held_and_nobody_else_is_touched(halted: Halted) -> None:
    """The update breaks the canary's service: it is held, the rollout halts with 5, the others keep the version that works."""
    assert (5, {"h1": "held", "h2": "not_started", "h3": "not_started"}) == (halted.answer.code, halted.answer.ends)
    assert [["1.0 1.1"], [], []] == halted.upgrades
    assert ["failed", "active", "active"] == halted.services


def test_history_lists_the_run(console: Console, halted: Halted) -> None:
    """The run stands in `history` with its command and with what became of its hosts."""
    listed = console.healer("history", inventory=False).out
    line = next(line for line in listed.splitlines() if halted.run in line)
    assert "1 held" in line
    assert "healer patch --rolling --soak 0" in line


def test_show_explains_the_hold(console: Console, halted: Halted) -> None:
    """`show RUN HOST` tells in order that the host went first, what was installed, what the gate found, and that it is on hold."""
    told = console.healer("show", halted.run, "h1", inventory=False).out
    steps = ["takes a slot as canary", "begins: upgrade 1 package", "health gate: bad", f"{PACKAGE}.service", "on hold until", "halted"]
    places = [told.find(step) for step in steps]
    assert -1 not in places, told
    assert sorted(places) == places, told
    assert "the rollout was halted" in console.healer("show", halted.run, "h2", inventory=False).out


def test_a_held_host_is_left_alone_until_ack_and_then_healed(console: Console, halted: Halted) -> None:
    """Until a person has looked, runs leave the host alone and say how to let go; after `ack` the mended package reaches all hosts."""
    answer = console.healer("patch", "--soak", "0", "-l", "h1", "--json")
    assert (1, {"h1": "held"}) == (answer.code, answer.ends)
    assert f"by run {halted.run}" in answer.text
    assert "healer ack h1" in answer.text
    assert "held since" in console.healer("status").text
    acknowledged = console.healer("ack", "h1", inventory=False)
    assert 0 == acknowledged.code
    assert f"by run {halted.run}" in acknowledged.out
    assert 2 == console.healer("ack", "h1", inventory=False).code
    console.lab.publish(PACKAGE, "1.2")
    answer = console.healer("patch", "--soak", "0", "--json")
    assert (0, dict.fromkeys(("h1", "h2", "h3"), "changed")) == (answer.code, answer.ends)
    assert ["1.2"] * 3 == [version(host, PACKAGE) for host in console.lab.hosts]
    assert ["active"] * 3 == [sh(host, f"systemctl is-active {PACKAGE}") for host in console.lab.hosts]
