"""A saved plan is a promise: what it says is done, nothing else, and where the world has moved on the host is refused."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from console import Console, sh, upgrades, version

from healer.lab.lab import Lab

PACKAGE = "healer-demo-lib"


@pytest.fixture(scope="module")
def lab(make_lab) -> Iterator[Lab]:
    """Return hosts that know of an update (their lists are fresh, for a plan refreshes nothing); no two tests change the same host."""
    lab = make_lab(6)
    lab.publish(PACKAGE, "1.1")
    lab.refresh()
    yield lab
    lab.down()


@pytest.fixture
def console(lab: Lab, tmp_path: Path) -> Console:
    """Return a control node with an empty journal."""
    return Console(tmp_path, lab)


def state(lab: Lab) -> list[str]:
    """Return everything of the hosts that a plan could have changed: packages, lists, downloads, jobs, boot."""
    script = "dpkg-query -W; find /var/lib/apt/lists /var/cache/apt /var/lib/healer -newer /etc/hostname -type f -printf '%p %T@\\n' | sort"
    return [host.boot_id() + sh(host, script) for host in lab.hosts]


def test_a_plan_says_what_would_be_done_and_does_nothing(console: Console) -> None:
    """`plan` ends with 3 because there is work, names each package and restart, saves them for its owner alone, and leaves no trace."""
    before = state(console.lab)
    answer = console.healer("plan", "-l", "h1,h2", "-o", "plan.json", "--json")
    assert (3, dict.fromkeys(("h1", "h2"), "changed")) == (answer.code, answer.ends)
    assert before == state(console.lab)
    saved = console.folder / "plan.json"
    assert 0o600 == stat.S_IMODE(saved.stat().st_mode)
    decisions = json.loads(saved.read_text())["decisions"]
    summaries = {host: [action["summary"] for action in tasks["0/tasks/0"]["actions"]] for host, tasks in decisions.items()}
    assert {"upgrade 1 package: healer-demo-lib 1.0 -> 1.1"} == {summary[0] for summary in summaries.values()}


def test_a_plan_that_was_edited_is_not_applied(console: Console) -> None:
    """One changed letter and the file is refused with exit code 65 before any host is spoken to."""
    console.healer("plan", "--soak", "0", "-o", "plan.json", "-l", "h1")
    path = console.folder / "plan.json"
    path.write_text(path.read_text().replace("healer-demo-lib 1.0 -> 1.1", "healer-demo-lib 1.0 -> 6.6", 1))
    answer = console.healer("apply", "plan.json", inventory=False)
    assert 65 == answer.code
    assert "was changed after it was saved" in answer.err
    assert "1.0" == version(console.lab.host("h1"), PACKAGE)


def test_apply_does_exactly_the_plan_and_refuses_a_host_that_moved(console: Console) -> None:
    """h3 learned of a newer version meanwhile and is refused by name; h4 and h5 get what the plan says, though there is something newer."""
    h3, h4, h5 = console.lab.hosts[2:5]
    console.healer("plan", "-l", "h3,h4,h5", "--soak", "0", "-o", "plan.json")
    console.lab.publish(PACKAGE, "1.2")
    sh(h3, "apt-get -qq update")
    answer = console.healer("apply", "plan.json", "--json", inventory=False)
    assert (1, {"h3": "refused", "h4": "changed", "h5": "changed"}) == (answer.code, answer.ends)
    assert "the saved plan says something else" in next(host["reason"] for host in answer.report["hosts"] if host["host"] == "h3")
    assert ([], ["1.0 1.1"], ["1.0 1.1"]) == (upgrades(h3, PACKAGE), upgrades(h4, PACKAGE), upgrades(h5, PACKAGE))


def test_a_plan_that_is_done_is_not_done_again(console: Console) -> None:
    """Applied a second time, a plan finds nothing left to do and touches nobody."""
    host = console.lab.host("h6")
    sh(host, "apt-get -qq update")
    console.healer("plan", "--soak", "0", "-o", "plan.json", "-l", "h6")
    assert 0 == console.healer("apply", "plan.json", inventory=False).code
    done = upgrades(host, PACKAGE)
    again = console.healer("apply", "plan.json", "--json", inventory=False)
    assert (0, {"h6": "ok"}) == (again.code, again.ends)
    assert done == upgrades(host, PACKAGE)
