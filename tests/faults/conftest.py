"""What every fault case on the lab stands on: a control node whose whole history is checked when the case ends.

`control_node` is a Console (tests/system/console.py) with a journal of its own. When the test ends every run in that journal is held
against the record of the lab's hosts (host_record.py, also of dead hosts) by the ten invariants of history.py:

    def test_something(control_node: Console) -> None:
        control_node.write_inventory({"h1": {}})
        assert 0 == control_node.healer("patch", "--soak", "0").code      # nothing more to do: the check comes by itself

It uses the fixture `lab`, which a test module may define for itself. For several control nodes over the same hosts, or for a lab that is
not called `lab`, take `control_nodes` and call it as often as needed: `first, second = control_nodes(lab), control_nodes(lab)`. Their
journals are merged by time and checked together, so that whatever was done on a host must be in one of them.

`ledger` tells the check more: `ledger.secrets.append("s3cret")` (must stand in no event and in no file of the control node),
`ledger.idle.append(run)` (that run must have changed nothing), `ledger.sinks["what it printed"] = answer.text`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from console import Console, ControlNodes
from history import Evidence, check
from host_record import HostRecord, host_record
from loopback_fixtures import clock, connector, open_host, sshd, user_key  # noqa: F401 - fixtures of the tests of links

from healer.clock import SystemClock
from healer.journal.store import SqlJournal
from healer.lab.lab import Lab
from healer.model.events import Stamped

DEMOS = (
    "plain",
    "waiting",
    "halfconfigured",
    "filling",
    "firmware-blob",
    "asking",
    "licence",
    "conffile",
    "slow",
    "dying",
    "stubborn",
    "reboot",
)


@dataclass
class Ledger:
    """What a case adds to the check of its history."""

    secrets: list[str] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)
    sinks: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def hosts_lab(make_lab: Callable[..., Lab]) -> Lab:
    """Return one lab for all cases in which a host itself fails: each case is about packages of its own, and leaves the hosts running."""
    packages = ("healer-demo-lib", "healer-demo-daemon", *(f"healer-demo-{name}" for name in DEMOS))
    return make_lab(6, installed=tuple(f"{name}=1.0" for name in packages))


@pytest.fixture
def ledger() -> Ledger:
    """Return what the case wants checked beyond the rule."""
    return Ledger()


@pytest.fixture
def control_nodes(tmp_path: Path, ledger: Ledger) -> Iterator[ControlNodes]:
    """Return a function that makes control nodes over a lab; the histories of all of them are checked together at the end."""
    made: list[Console] = []
    before: set[str] = set()

    def make(lab: Lab) -> Console:
        folder = tmp_path / f"node{len(made) + 1}"
        folder.mkdir()
        if not any(each.lab is lab for each in made):
            before.update(act.id for record in records(lab).values() for act in record.acts)
        made.append(Console(folder, lab))
        return made[-1]

    yield make
    check(evidence_of(made, before, ledger))


@pytest.fixture
def control_node(lab: Lab, control_nodes: ControlNodes) -> Console:
    """Return a control node with an empty journal over the lab's hosts; its history is checked when the test ends."""
    return control_nodes(lab)


def evidence_of(nodes: list[Console], before: set[str], ledger: Ledger) -> Evidence:
    """Gather what the control nodes have written and what their hosts say."""
    hosts = {name: record for lab in {id(node.lab): node.lab for node in nodes}.values() for name, record in records(lab).items()}
    events = sorted((event for node in nodes for event in journal_of(node)), key=lambda one: (one.at, one.number))
    sinks = {**ledger.sinks, **{str(file): text for node in nodes for file, text in left_behind(node)}} if ledger.secrets else {}
    return Evidence(events, hosts, frozenset(before), frozenset(ledger.idle), tuple(ledger.secrets), sinks)


def records(lab: Lab) -> dict[str, HostRecord]:
    """Return what every host of the lab says, by name."""
    return {host.name: host_record(host) for host in lab.hosts}


def journal_of(node: Console) -> list[Stamped]:
    """Return all events of a control node's journal, in order; none where nothing was ever run."""
    file = node.folder / "state" / "journal.db"
    if not file.exists():
        return []
    journal = SqlJournal(f"sqlite:///{file}", clock=SystemClock())
    try:
        return sorted((event for run in journal.runs(1000) for event in journal.events(run.run)), key=lambda one: one.number)
    finally:
        journal.close()


def left_behind(node: Console) -> Iterator[tuple[Path, str]]:
    """Yield every file of the control node's state with its text, but for locks."""
    for file in (node.folder / "state").rglob("*"):
        if file.is_file():
            yield file, file.read_bytes().decode("utf-8", "replace")
