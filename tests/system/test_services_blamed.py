"""A package that was upgraded by hand breaks its service: it is blamed by name, and where somebody wants that it alone goes back."""

import json
from collections.abc import Iterator

import pytest
from console import Console, sh, upgrades, version, wait_for
from patients import policy

from healer.lab.lab import Lab
from healer.lab.machine import LabHost

BROKEN, OTHER = "healer-demo-broken", "healer-demo-plain"
UNIT = f"{BROKEN}.service"
BY_HAND = f"apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq {BROKEN} {OTHER}"


@pytest.fixture(scope="module")
def lab(make_lab) -> Iterator[Lab]:
    """Return a host on which somebody has just upgraded two packages by hand, one of which does not start any more."""
    lab = make_lab(1, installed=(f"{BROKEN}=1.0", f"{OTHER}=1.0"))
    lab.publish(BROKEN, "1.1")
    lab.publish(OTHER, "1.1")
    sh(lab.host("h1"), BY_HAND)
    yield lab
    lab.down()


@pytest.fixture(scope="module")
def console(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Console:
    """Return one control node for all tests here: they tell one story, in this order."""
    console = Console(tmp_path_factory.mktemp("console"), lab)
    policy(console, {"h1": {}}, services=[{"unit": UNIT, "stays": "2s"}])
    return console


@pytest.fixture
def host(lab: Lab) -> LabHost:
    """Return the host."""
    return lab.host("h1")


def starts(host: LabHost) -> int:
    """Return how often systemd has started the service: each time its program ends at once, with a line in the journal."""
    return len([line for line in sh(host, f"journalctl -q -o cat -u {UNIT}").splitlines() if line.startswith("Started ")])


def active(host: LabHost) -> str:
    """Return how the service is, as systemd says."""
    return sh(host, f"systemctl is-active {UNIT} || true")


def test_a_dry_run_blames_the_package_by_name(console: Console, host: LabHost) -> None:
    """`healer services --check` names the package with its old and its new version, and touches nothing."""
    before = starts(host)
    answer = console.healer("services", "--check")
    assert (3, "failed", before) == (answer.code, active(host), starts(host)), answer.text
    assert f"{BROKEN} 1.0 -> 1.1" in answer.text
    assert OTHER not in answer.text


def test_without_leave_it_is_started_once_and_told(console: Console, host: LabHost) -> None:
    """`healer services` starts it once, however often it is run, takes nothing back and says what to type."""
    before = starts(host)
    first, second = console.healer("services"), console.healer("services")
    assert (1, 1, before + 1) == (first.code, second.code, starts(host)), first.text
    for answer in (first, second):
        assert f"{BROKEN} 1.0 -> 1.1" in answer.text
        assert "healer services --rollback --limit h1" in answer.text
    assert ["1.0 1.1"] == upgrades(host, BROKEN)


def test_exactly_that_package_goes_back(console: Console, host: LabHost) -> None:
    """`healer services --rollback` goes back to exactly the version before, of this package only, and the service runs again."""
    answer = console.healer("services", "--rollback")
    assert (0, "active", "1.0") == (answer.code, active(host), version(host, BROKEN)), answer.text
    assert (["1.0 1.1", "1.1 1.0"], ["1.0 1.1"]) == (upgrades(host, BROKEN), upgrades(host, OTHER))


def test_a_way_back_is_blamed_for_nothing(console: Console, host: LabHost) -> None:
    """When the service falls once more after it, the broken version does not come back: it is only started, when it is time for that."""
    sh(host, f"systemctl kill -s KILL {UNIT}; sleep 1")

    def is_back() -> bool:
        console.healer("services", "--rollback")
        return active(host) == "active"

    wait_for(is_back)
    assert ("1.0", 2) == (version(host, BROKEN), len(upgrades(host, BROKEN)))
    assert 0 == console.healer("services", "--rollback").code


def told(console: Console) -> list[dict[str, str]]:
    """Return what `healer why` knows of the service, oldest first."""
    return list(reversed(json.loads(console.healer("why", "h1", UNIT, "--json", "--newest", "99").out)))


def test_the_journal_tells_the_whole_story(console: Console) -> None:
    """`healer why` tells what was found, by which rule, the start, the way back and, when it has held, that it is well, in this order."""

    def has_held() -> bool:
        return console.healer("services").code == 0 and any(one["choice"] == "well" for one in told(console))

    wait_for(has_held)
    known = told(console)
    story = [
        ("judged", f"began with {BROKEN} 1.0 -> 1.1: it is started once"),
        ("heal", "start"),
        ("judged", "healer services --rollback"),
        ("rollback", f"go back to {BROKEN} 1.0"),
        ("judged", "nothing is wrong with it any more"),
    ]
    places = [next((at for at, one in enumerate(known) if kind == one["kind"] and words in one["text"]), -1) for kind, words in story]
    assert -1 not in places, known
    assert sorted(places) == places, known
    assert {"package"} == {known[at]["rule"] for at in (places[0], places[2])}
