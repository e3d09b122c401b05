"""What the killed control nodes were doing: plays in which everything happens that the journal can tell of, and how each is driven to its end."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from busy_plays import EVERYTHING, HALTING, everything
from cheap_control import ControlNode, Session, nothing_was_lost
from reclaim_cases import disk, facts, log
from service_world import brings_back, hangs
from service_world import fleet as served
from test_story_rollback import PLAY as GOES_BACK
from test_story_rollback import fleet as badly_served
from world import World

from healer.model.facts import Disk, RebootOwed, Unknown
from healer.model.report import RunReport

LATE = """
- hosts: web
  become: true
  rolling: {max_unavailable: 1, canary: 0, soak: 0, drain: [{command: lb out}], undrain: [{command: lb in}]}
  tasks:
    - reboot: {policy: always}
    - command: "after the boot"
"""
PYTHON = "- hosts: web\n  become: true\n  rolling: {max_unavailable: 1, soak: 0}\n  tasks:\n    - python: {file: work.py}\n"
LOGS = """
- hosts: web
  become: true
  rolling: {max_unavailable: 2, canary: 0, soak: 0}
  tasks:
    - reclaim: {}
"""
SERVICES = """
- hosts: web
  become: true
  rolling: {max_unavailable: 1, canary: 0, soak: 0, drain: [{command: lb out}], undrain: [{command: lb in}]}
  tasks:
    - heal: {rung: restart, policy: {services: "{{ services }}"}}
    - heal: {policy: {services: "{{ services }}"}}
"""
FOR_EVER, MANY = 100_000.0, 50


@dataclass(frozen=True)
class Case:
    """A playbook, its fleet, and what happens between the sessions. `phases` change the world, and the run is gone on with after each.

    `settles` is the person who is asked about hosts that end as unknown. `alike` are the parts of the outcome that must be as undisturbed.
    Leases are none of them: one that a dead process held runs out by itself.
    """

    name: str
    playbook: str
    make: Callable[[Path], World]
    phases: tuple[Callable[[World], None], ...] = ()
    settles: Callable[[World], Mapping[str, str]] = lambda _world: {}
    alike: tuple[str, ...] = ("ends", "files", "effects", "outputs", "report", "exit code")


def halting(_folder: Path) -> World:
    """Return three hosts of which the first fails."""
    world = World(["a", "b", "c"])
    world["a"].programs["fragile"] = lambda _host, _argv: (1, "no")
    return world


def late(_folder: Path) -> World:
    """Return two hosts, of which the first does not come back from its boot."""
    world = World(["a", "b"])
    world["a"].boot_seconds = FOR_EVER
    world["a"].facts["reboot_owed"] = RebootOwed(("a new kernel",))
    return world


def python(folder: Path) -> World:
    """Return a host and the user's own function, which leaves a mark for each time that it was called."""
    world = World(["a"], folder=str(folder))
    file = folder / "work.py"
    file.write_text(
        f"import pathlib\ndef run(connection):\n    with pathlib.Path({str(folder / 'calls')!r}).open('a') as f:\n        f.write('x')\n"
    )
    file.chmod(0o600)
    return world


def _look_for_yourself(world: World) -> Mapping[str, str]:
    return {"a": "done" if (Path(world.folder) / "calls").exists() else "redo"}


def full_of_logs(_folder: Path) -> World:
    """Return a host whose disk is full of a log that nobody has open any more."""
    world = World(["a"])
    host = world["a"]
    host.files["/var/log/app.log.1"] = b"a line of the log\n" * 2000
    rotated = log("/var/log/app.log.1", 36_000, openers=())
    host.facts |= {**facts(rotated, disks=(_small(95_000),)).readings, "journal_use": Unknown("no journal here")}
    host.programs["free /var/log/app.log.1"] = lambda one, _argv: (one.facts.update(disks=(_small(59_000),)), (0, ""))[1]
    return world


def _small(used: int) -> Disk:
    return disk(size=100_000, used=used, available=100_000 - used)


def hanging(_folder: Path) -> World:
    """Return a host with a service that hangs, beside two that are well."""
    world = served("a", "b", "c")
    hangs(world["a"])
    brings_back(world["a"], "restart")
    return world


CASES = (
    Case("everything", EVERYTHING, lambda _folder: everything(["a"])),
    Case("halting", HALTING, halting, phases=(lambda _world: None,)),
    Case("late", LATE, late, phases=(lambda world: world.clock.sleep(FOR_EVER), lambda _world: None)),
    Case("rollback", GOES_BACK, lambda _folder: badly_served("a", "b")),
    Case("logs", LOGS, full_of_logs),
    Case("services", SERVICES, hanging),
    Case("python", PYTHON, python, settles=_look_for_yourself, alike=("ends", "effects", "exit code")),
)

FLEET = Case(
    "fleet", EVERYTHING.replace("max_unavailable: 1\n", "max_unavailable: 2\n    canary: 0\n"), lambda _folder: everything(["a", "b"])
)
"""Everything again, on two hosts at the same time."""


@dataclass
class Driven:
    """A case under way in a folder. `deaths` gives what each process of the control node dies of; when it is used up none dies any more.

    `once`: after the first death none dies any more.
    """

    case: Case
    folder: Path
    deaths: Iterator[Mapping[str, Any]] = field(default_factory=lambda: iter(()))
    workers: int = 0
    once: bool = False
    died: int = 0
    hits: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.node = ControlNode(self.folder, self.case.make(self.folder), self.workers)

    def to_the_end(self) -> dict[str, Any]:
        """Run, resume as often as it takes, and return the outcome; the history is checked, and that no result was lost."""
        report = self._over(
            self.node.run(self.case.playbook, **self._death()), again=lambda: self.node.run(self.case.playbook, **self._death())
        )
        return self._on_from(report)

    def resumed_to_the_end(self) -> dict[str, Any]:
        """Go on with what was begun already."""
        return self._on_from(self._over(self._resumed()))

    def _on_from(self, report: RunReport) -> dict[str, Any]:
        for phase in self.case.phases:
            phase(self.node.world)
            report = self._over(self._resumed())
        words = self.case.settles(self.node.world)
        if words and any(host.terminal == "unknown" for host in report.hosts):
            report = self._over(self._resumed(settled=words), settled=words)
        self.node.check()
        return {name: part for name, part in self.node.outcome(report).items() if name in self.case.alike}

    def _death(self) -> Mapping[str, Any]:
        return {} if self.once and self.died else next(self.deaths, {})

    def _resumed(self, **options: Any) -> Session:
        before = self.node.events()
        session = self.node.resume(**self._death(), **options)
        nothing_was_lost(before, self.node.events())
        return session

    def _over(self, session: Session, *, again: Callable[[], Session] | None = None, **options: Any) -> RunReport:
        """Go on until the control node has come to the end of the run. A run of which nothing was kept is begun `again`."""
        while session.died or (session.report and session.report.exit_code is None):
            self.died += 1
            assert self.died < MANY, "the run does not come to its end"
            session = again() if again and not self.node.events() else self._resumed(**options)
        self.hits += session.hits
        assert session.report is not None
        assert session.report.exit_code is not None
        return session.report


def undisturbed(case: Case, folder: Path, workers: int = 0) -> tuple[dict[str, Any], Sequence[str], int]:
    """Return the outcome of a case that nothing disturbed, the failpoints that it came to, and how many requests its hosts had."""
    driven = Driven(case, folder, workers=workers)
    outcome = driven.to_the_end()
    return outcome, driven.hits, driven.node.hosts.requests


def memory_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that is gone after use, in memory where there is such a place: what kill -9 takes away no disk has to bear."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(prefix="healer-faults-", dir=memory if memory.is_dir() else None)
