"""The watch over real hosts: what dies or hangs comes back, and where it is better to do nothing, nothing is done."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from console import Console, sh, wait_for
from patients import acts, at_rest, healed_after, kept, policy, process, sleeper, starts, watching

from healer.lab.lab import Lab
from healer.model.action import Gather
from healer.model.events import ActIntended, ServicesJudged

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


def judged(console: Console, host: str) -> set[tuple[str, str, str]]:
    """Return what was decided of the host's services: unit, choice, rule."""
    events = [one.event for one in kept(console, host, "services_judged")]
    return {(one.unit, one.choice, one.rule) for event in events if isinstance(event, ServicesJudged) for one in event.judgements}


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


def test_a_dependency_that_is_down_restarts_nobody(console: Console, lab: Lab) -> None:
    """All pages fail because the service behind them is stopped: nobody is restarted, and the service behind is named."""
    behind, front = lab.hosts[9], lab.hosts[:4]
    site = f"server {{ listen 81; location / {{ proxy_pass http://{behind.address}:80; proxy_connect_timeout 1s; }} }}\n"
    for host in front:
        host.write("/etc/nginx/conf.d/front.conf", site)
        sh(host, "systemctl reload nginx")
    pages = {
        "unit": "nginx.service",
        "probes": [{"http": "http://127.0.0.1:81/", "timeout": 2}],
        "depends_on": [f"{behind.name}/nginx.service"],
    }
    policy(console, {**names(lab, 4), behind.name: {}}, services=[pages])
    (console.folder / "host_vars").mkdir()
    (console.folder / "host_vars" / f"{behind.name}.yml").write_text("services: [{unit: nginx.service}]\n")
    before = [process(host, "nginx") for host in front]
    with watching(console, *QUICK):
        wait_for(lambda: len(kept(console, front[0].name, "services_seen")) > 0)
        sh(behind, "systemctl stop nginx")
        wait_for(lambda: all(("nginx.service", "withhold", "dependency") in judged(console, host.name) for host in front))
        sh(behind, "systemctl start nginx")
    assert before == [process(host, "nginx") for host in front]
    assert all([] == rungs(console, host.name) for host in (*front, behind))
    assert f"{behind.name}/nginx.service" in console.healer("why", front[0].name, "nginx.service", inventory=False).text
    for host in front:
        sh(host, "rm /etc/nginx/conf.d/front.conf; systemctl reload nginx")


def test_half_of_the_fleet_cut_off_freezes_everything(console: Console, lab: Lab) -> None:
    """With half of the hosts out of reach nothing is healed anywhere, and it is told; when they are back the dead service is started."""
    policy(console, names(lab, 6), services=[{"unit": VICTIM}])
    host = lab.hosts[0]
    before = starts(host, "victim")
    with watching(console, *QUICK):
        wait_for(lambda: len(kept(console, host.name, "services_seen")) > 0)
        for other in lab.hosts[3:6]:
            other.freeze()
        try:
            sh(host, "sleep 40; kill -9 $(systemctl show -p MainPID --value victim)")
            wait_for(lambda: (VICTIM, "withhold", "cut-off") in judged(console, host.name))
            assert before == starts(host, "victim")
        finally:
            for other in lab.hosts[3:6]:
                other.thaw()
        wait_for(lambda: starts(host, "victim") == before + 1)
        wait_for(lambda: at_rest(console))


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


def test_the_last_healthy_member_is_not_taken_down(console: Console, lab: Lab) -> None:
    """Of two members one has lost its service for good, and the other hangs: it is not restarted, and that is told.

    Which of two rules says so first is the same to the service: nobody else is well, and both are bad.
    """
    gone, last = lab.hosts[7], lab.hosts[8]
    policy(console, {gone.name: {}, last.name: {}}, services=[PAGE], services_meltdown=100)
    sh(gone, "systemctl stop nginx; systemctl mask -q nginx")
    before = process(last, "nginx")
    withheld = {("nginx.service", "withhold", rule) for rule in ("last-healthy", "shared-cause")}
    try:
        with watching(console, *QUICK):
            wait_for(lambda: len(kept(console, last.name, "services_seen")) > 0)
            sh(last, "systemctl kill -s STOP nginx")
            wait_for(lambda: bool(withheld & judged(console, last.name)))
        assert before == process(last, "nginx")
    finally:
        sh(gone, "systemctl unmask nginx")
    assert [] == rungs(console, last.name)


def test_a_starved_host_is_no_reason_to_restart(console: Console, lab: Lab) -> None:
    """Where the processors are taken, an answer comes too late: the service is left alone, and the want of processor time is named."""
    host = lab.hosts[5]
    slow = "n=0; while [ $n -lt 400000 ]; do n=$((n + 1)); done"
    probe = {"command": ["sh", "-c", slow], "timeout": 3}
    policy(console, {host.name: {}}, services=[{"unit": VICTIM, "probes": [probe]}], services_starved=10)
    before = starts(host, "victim")
    sh(host, "for n in 1 2 3 4 5 6 7 8 9 10 11 12; do systemd-run -q --unit=burn$n sh -c 'while :; do :; done'; done")
    try:
        with watching(console, *QUICK):
            wait_for(lambda: (VICTIM, "wait", "starved") in judged(console, host.name))
    finally:
        sh(host, "systemctl stop 'burn*'")
    assert before == starts(host, "victim")
    assert [] == rungs(console, host.name)
