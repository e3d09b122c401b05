"""A control node that can really be killed: a forked child runs the real pipeline with a journal file and real locks.

`ControlNode.session` forks, lets the child run or resume, and tells how it ended. The hosts (cheap_hosts.py) stay in this process.
"""

import os
import signal
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from cheap_hosts import Hosts, Link
from history import Evidence, check
from world import InLine, World

from healer import failpoints
from healer.archive.store import ArchiveStore
from healer.cli.signals import stopped_by_signals
from healer.clock import SystemClock
from healer.executors.threads import Threads
from healer.freezing import inputs_of
from healer.journal.locks import GroupLocks
from healer.journal.redacting import redacted
from healer.journal.store import SqlJournal
from healer.model.events import ActEnded, HostEnded, RunStarted, Stamped
from healer.model.report import RunReport
from healer.pipeline import Order, carry_out
from healer.rollout.doors import Doors


@dataclass(frozen=True)
class Session:
    """How one process of the control node ended. `died` is the signal that killed it, or 0; `hits` are the failpoints that it came to."""

    died: int
    report: RunReport | None
    hits: tuple[str, ...] = ()


@dataclass
class ControlNode:
    """A state folder, a fleet, and processes one after the other. `workers` 0: everything in one thread, always in the same order."""

    folder: Path
    world: World
    workers: int = 0
    hosts: Hosts = field(init=False)
    sessions: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.hosts = Hosts(self.world)

    @property
    def url(self) -> str:
        """Return the journal's address."""
        return f"sqlite:///{self.folder / 'journal.db'}"

    def run(
        self, playbook: str, *, dies: str = "", kills_at: int = 0, signals: tuple[int, ...] = (signal.SIGKILL,), **options: Any
    ) -> Session:
        """Carry a new run out in a process of its own. `dies` is what HEALER_FAILPOINT would hold; `kills_at` and `signals` as in Hosts."""
        order = self.world.order(playbook, **options)
        self.hosts.signals = signals
        return self._session(lambda _journal: order, dies, kills_at)

    def resume(self, *, dies: str = "", kills_at: int = 0, settled: Mapping[str, str] = {}) -> Session:
        """Go on with the newest run, from nothing but the journal."""
        name = f"run-{self.world.runs}"
        self.hosts.signals = (signal.SIGKILL,)

        def order(journal: SqlJournal) -> Order:
            started = journal.events(name)[0].event
            assert isinstance(started, RunStarted)
            inputs = replace(inputs_of(name, started.documents), inventory=self.world.inventory, settled=settled)
            return Order(inputs, started.command, resume=True)

        return self._session(order, dies, kills_at)

    def _session(self, order: Callable[[SqlJournal], Order], dies: str, kills_at: int) -> Session:
        self.sessions += 1
        self.hosts.kills_at = self.hosts.requests + kills_at if kills_at else 0
        ours, theirs = Pipe()
        child = os.fork()
        if child == 0:
            ours.close()
            self._child(Link(theirs), order, dies)
        theirs.close()
        last = self.hosts.serve(ours, child)
        ours.close()
        _, status = os.waitpid(child, 0)
        if last is None:
            assert os.WIFSIGNALED(status), "the control node ended without a last word"
            assert os.WTERMSIG(status) in self.hosts.signals
            return Session(os.WTERMSIG(status), report=None)
        word, value, hits = last
        assert word == "ended", f"the control node met a defect:\n{value}"
        return Session(0, value, hits)

    def _child(self, link: Link, order: Callable[[SqlJournal], Order], dies: str) -> None:
        """Be the control node's process: never returns into the test."""
        hits: list[str] = []
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        failpoints.watch(hits.append)
        failpoints.arm(dies)
        try:
            journal = SqlJournal(self.url, clock=link)
            last = ("ended", self._carry_out(order(journal), journal, link), tuple(hits))
        except BaseException:  # noqa: BLE001  told to the test, which fails with it
            last = ("defect", traceback.format_exc(), ())
        link.over(last)
        os._exit(0)

    def _carry_out(self, order: Order, journal: SqlJournal, link: Link) -> RunReport:
        stop = threading.Event()
        with stopped_by_signals(stop) as received, Threads(self.workers) if self.workers else InLine() as executor:
            doors = Doors(
                connect=link.connect,
                look=link.look,
                gate=link.gate,
                journal=journal,
                clock=link,
                executor=executor,
                redact=lambda event: redacted(event, self.world.secrets),
                stop=stop,
                machine_id=self.world.machine_id,
                archives=ArchiveStore(self.folder / "archive"),
            )
            if len(self.hosts.signals) > 1:
                threading.Thread(target=lambda: stop.wait() and link.stopping(), daemon=True).start()
            report = carry_out(order, doors, GroupLocks(self.folder, clock=link).take)
            if len(self.hosts.signals) > 1 and received:
                threading.Event().wait(60)  # the second signal ends it
            return report

    def events(self) -> Sequence[Stamped]:
        """Return everything that the journal holds, in order."""
        journal = SqlJournal(self.url, clock=SystemClock())
        try:
            return sorted((event for run in journal.runs(100) for event in journal.events(run.run)), key=lambda one: one.number)
        finally:
            journal.close()

    def check(self) -> None:
        """Hold the ten invariants against what the hosts say."""
        check(Evidence(self.events(), self.hosts.records()))

    def outcome(self, report: RunReport) -> dict[str, Any]:
        """Return all that must be as in an undisturbed run: ends, files, effects, outputs, and the report but for ids and times."""
        events = [one.event for one in self.events()]
        return {
            "ends": {(event.host, event.play): event.terminal for event in events if isinstance(event, HostEnded)},
            "files": {name: dict(host.files) for name, host in self.world.hosts.items()},
            "effects": {name: sorted(host.what) for name, host in self.world.hosts.items()},
            "outputs": {
                (event.host, event.address, event.index): (event.verdict, event.status, event.output)
                for event in events
                if isinstance(event, ActEnded)
            },
            "report": [replace(host, seconds=0.0) for host in report.hosts],
            "exit code": report.exit_code,
        }


def acknowledged(events: Sequence[Stamped]) -> list[Stamped]:
    """Return the results that were acknowledged."""
    return [one for one in events if isinstance(one.event, ActEnded)]


def nothing_was_lost(before: Sequence[Stamped], after: Sequence[Stamped]) -> None:
    """Hold that whatever the journal had acknowledged before a kill is still there as it was, and was not asked for again."""
    kept = list(after[: len(before)])
    assert list(before) == kept
    twice = Counter(one.event.act for one in acknowledged(after) if isinstance(one.event, ActEnded))  # an unknown one may be settled later
    settled = {one.event.act for one in acknowledged(after) if isinstance(one.event, ActEnded) and one.event.verdict.value == "unknown"}
    assert [] == [act for act, times in twice.items() if times > 1 and act not in settled]
