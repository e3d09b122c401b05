"""The watch over real hosts: what dies or hangs comes back, and where it is better to do nothing, nothing is done."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from console import Console, sh, wait_for
from patients import acts, at_rest, healed_after, kept, policy, process, sleeper, starts, watching

from healer.lab.lab import Lab
from healer.model.action import Gather
from healer.model.events import ActIntended

VICTIM = "victim.service"
PAGE = {"unit": "nginx.service", "probes": [{"http": "http://127.0.0.1/", "timeout": 2}]}
QUICK = ("--light", "2s", "--full", "1h")


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., Lab]) -> Iterator[Lab]:
    """Return ten hosts with a web server, and a service that nobody but healer starts again."""
    lab = make_lab(10)
    for host in lab.hosts:
        sleeper(host, "victim")
        host.write("/var/www/html/index.html", "here\n")
    yield lab
    lab.down()


@pytest.fixture
def console(lab: Lab, tmp_path) -> Iterator[Console]:
    """Return a control node with an empty journal; whatever a test did to the hosts is taken back."""
    yield Console(tmp_path, lab)
    for host in lab.hosts:
        host.join()
        sh(host, "systemctl reset-failed; systemctl kill -s CONT nginx; systemctl start nginx victim")


def names(lab: Lab, number: int = 10) -> dict[str, dict[str, object]]:
    """Return the first so many hosts for an inventory."""
    return {host.name: {} for host in lab.hosts[:number]}


def rungs(console: Console, host: str) -> list[tuple[str, str]]:
    """Return every evidence and every try on the host in order, as (unit, what)."""
    done = [one for one in acts(console, host) if isinstance(one, ActIntended)]
    return [(one.action.unit, "evidence" if isinstance(one.action.verb, Gather) else one.action.rung) for one in done]


def test_what_is_killed_and_what_hangs_come_back(console: Console, lab: Lab) -> None:
    """A killed service is started; one that accepts and never answers is found by three bad answers, and restarted after its evidence."""
    killed, hung = lab.hosts[0], lab.hosts[1]
    policy(console, names(lab), services=[{"unit": VICTIM}, PAGE])
    with watching(console):
        wait_for(lambda: len(kept(console, hung.name, "services_seen")) > 0)
        before, began = process(hung, "nginx"), datetime.now(UTC)
        sh(killed, "kill -9 $(systemctl show -p MainPID --value victim)")
        sh(hung, "systemctl kill -s STOP nginx")
        wait_for(lambda: starts(killed, "victim") == 2)
        wait_for(lambda: process(hung, "nginx") not in ("0", before))
        wait_for(lambda: "here" in sh(hung, "curl -s -m 5 http://127.0.0.1/"))
        wait_for(lambda: at_rest(console))
    assert healed_after(console, killed.name, began) < healed_after(console, hung.name, began)
    assert [(VICTIM, "evidence"), (VICTIM, "start")] == rungs(console, killed.name)
    assert [("nginx.service", "evidence"), ("nginx.service", "restart")] == rungs(console, hung.name)
    assert all([] == rungs(console, host.name) for host in lab.hosts[2:])
    for host, unit in ((killed, VICTIM), (hung, "nginx.service")):
        told = console.healer("why", host.name, unit, inventory=False)
        assert (0, True) == (told.code, unit.removesuffix(".service") in told.out)


def test_a_human_at_the_same_moment_is_left_alone(console: Console, lab: Lab) -> None:
    """While somebody starts the dead service himself, which takes its time, healer starts nothing: there is one start and not two."""
    host = lab.hosts[2]
    sleeper(host, "slowly", before="/bin/sleep 8")
    policy(console, names(lab, 3), services=[{"unit": "slowly.service"}])
    with watching(console, *QUICK):
        wait_for(lambda: len(kept(console, host.name, "services_seen")) > 0)
        before = starts(host, "slowly")
        sh(host, "kill -9 $(systemctl show -p MainPID --value slowly); systemctl start --no-block slowly")
        wait_for(lambda: starts(host, "slowly") > before)
        sh(host, "sleep 6")
    assert before + 1 == starts(host, "slowly")
    assert [] == [one for one in rungs(console, host.name) if one[1] != "evidence"]


def test_a_control_node_that_is_cut_off_does_nothing(console: Console, lab: Lab) -> None:
    """A control node that reaches no host any more does nothing to any of them, neither meanwhile nor for that when they are back."""
    policy(console, names(lab, 3), services=[{"unit": VICTIM}, PAGE])
    with watching(console, *QUICK) as watch:
        wait_for(lambda: len(kept(console, "h1", "services_seen")) > 0)
        for host in lab.hosts[:3]:
            host.cut()
        try:
            for host in lab.hosts[:3]:
                watch.says(rf"{host.name}\b.*(no|not|lost|broke|unreachable)")
        finally:
            for host in lab.hosts[:3]:
                host.join()
        sh(lab.hosts[0], "sleep 15")
    assert all([] == rungs(console, host.name) for host in lab.hosts[:3])
