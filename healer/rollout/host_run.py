"""One host's way through a play: look, prepare, and in its slot drain -> act -> verify -> undrain -> soak.

The slot is freed by proof of health only: a host whose health is bad or not known stays drained and is held.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

from healer.model.action import Reboot
from healer.model.errors import HostError, InputError, UnreachableError
from healer.model.events import ActEnded, ActIntended, Event, HostAcknowledged, HostLooked, HostPrepared
from healer.model.facts import Facts, OsRelease, Verdict
from healer.model.host import Host
from healer.model.playbook import Task
from healer.rollout import disk_memory, service_memory
from healer.rollout.crew import Crew
from healer.rollout.dues import Dues
from healer.rollout.foretelling import is_work, named_facts
from healer.rollout.gatekeeping import Gatekeeper
from healer.rollout.going_back import Rollback, known_versions
from healer.rollout.machine import HostState, section_of
from healer.rollout.planning import Beside, Known, steps
from healer.rollout.proving import frozen_for, release_key
from healer.rollout.session import Session
from healer.rollout.task_run import TaskRun
from healer.rollout.troubles import LOST, PREPARED, joined, trouble_of
from healer.rollout.way_out import WayOut
from healer.rollout.work import CutShort, Trouble, Work
from healer.verify.gates import GATE_FACTS, healthy_at_start, record

RETURNS = 120.0
"""Seconds that resume gives a host with an open act to be reachable again; one that boots gets its own time."""


class HostRun:
    """Drives one host. `look` and `prepare` come first, in any thread; `slot` when the scheduler says so."""

    def __init__(self, host: Host, crew: Crew) -> None:
        """Bind the host; nothing is sent yet."""
        self.host = host
        self._crew, self._play, self._doors = crew, crew.play, crew.doors
        self.session = Session(host, crew.doors, crew.play.inputs.run, partial(crew.delegates.asking, asker=host.name))
        self._work = Work(host, self.session, crew.recorder)
        self._tasks = TaskRun(crew.play, crew.doors, self._work, crew.delegates)
        self._tasks.turns.book.open(crew.standing.get(host.name, ()))
        self._dues = Dues(crew.play, self._work, self._tasks.turns.book, crew.owed.get(host.name, ()))
        self._gate = Gatekeeper(crew.play, crew.doors, self._work, self._tasks, self._guarded, left_out=self._dues.comes_back)
        self._tasks.turns.before_disruption = self._gate.drain
        self._tasks.turns.after_lease = self._look_again
        self._tasks.turns.known = self._known_versions
        self._tasks.turns.beside = self._beside
        back = Rollback(crew.play, crew.doors, self._work, self._tasks)
        self.way_out = WayOut(crew, self._work, self._gate, back, guarded=self._guarded, settle=self.settle, release=self._known_release)
        self._release = ""
        self.seen: Facts | None = None
        self._walked: set[str] = set()

    @property
    def state(self) -> HostState:
        """Where the journal says that the host stands in this play."""
        return self._crew.recorder.state.host(self._play.index, self.host.name)

    def look(self, *, touchable: bool = True, witnessed: frozenset[str] = frozenset()) -> None:
        """Read the host once, before anything: its health, what gates compare with, and what its tasks will ask for.

        A host that cannot be read ends here when it is `touchable`; others only count in their budget group, and are read for what the
        surveys need, `witnessed`, unless somebody else knows how they are: whoever hears from a host all the time says that it is there,
        and how its services are, which the judge of services looks at itself.
        """
        known = None if touchable else self._doors.witness(self.host.name)
        try:
            facts = known or self._read(self._needed() | self._dues.witnesses() if touchable else set(witnessed))
        except (HostError, InputError) as error:
            reason = f"{error.message} {error.advice}".strip()
            self._write(HostLooked(self.host.name, self._play.index, Verdict.UNKNOWN, reason))
            if touchable:
                self.way_out.end("unreachable" if isinstance(error, UnreachableError) else "failed", reason)
            return
        self.seen = facts
        if known is None:
            self._write(self._looked(facts))
        else:
            self._write(HostLooked(self.host.name, self._play.index, Verdict.GOOD))
            self.session.adopt(known)
        if touchable:
            self._dues.review(facts)
        check = self._play.inputs.check
        disk_memory.remember(self._doors, self._work, facts, check=check)
        service_memory.remember(self._play, self._doors, self._work, facts)
        if not check:
            self._gate.find_drained(tentative=True)

    def see_again(self) -> None:
        """Read what the tasks ask for, for the surveys only: the process that had looked at the host has died since."""
        with suppress(HostError, InputError):
            self.seen = self._read(self._needed())
            self.session.forget(("*",))

    def _looked(self, facts: Facts) -> HostLooked:
        health = healthy_at_start(facts)
        return HostLooked(self.host.name, self._play.index, health.verdict, "; ".join(health.reasons), record(facts))

    def _look_again(self) -> None:
        """Read everything anew now that nobody else may act: what was seen before the slot may be old. Gates compare with this."""
        facts = self._read(self._needed())
        if not self.state.in_slot or self.state.acted:
            return
        looked = self._looked(facts)
        if looked.health is Verdict.UNKNOWN:
            raise HostError(self.host.name, f"its health is not known any more: {looked.reason}")
        self._write(looked)

    def _read(self, more: set[str]) -> Facts:
        facts = self.session.look({*GATE_FACTS, "os_release", *more})
        release = facts.read("os_release", OsRelease)
        self._release = release_key(release) if isinstance(release, OsRelease) else ""
        return facts

    def _needed(self) -> set[str]:
        play = self._play.play
        sections = (play.prepare, play.pre_tasks, play.tasks, play.post_tasks)
        return {fact for tasks in sections for task in tasks for fact in steps()[task.step].needs} | named_facts(play, self.host)

    def prepare(self) -> None:
        """Run the play's prepare section: nothing is disrupted, no slot is used. A trouble here ends the host untouched."""
        trouble = self._prepared()
        self.session.release()
        verdict = PREPARED.get(trouble.terminal if trouble else "ok")
        if verdict is not None:
            self._write(HostPrepared(self.host.name, self._play.index, verdict, trouble.reason if trouble else ""))
        if trouble is not None:
            self.way_out.end(trouble.terminal, trouble.reason)

    def _prepared(self) -> Trouble | None:
        """Walk the section, and keep what it registered and notified; that it was busy says nothing about the slot."""
        self._walked.add("prepare")
        trouble = self._guarded(lambda: self._tasks.run(self._play.play.prepare, "prepare"))
        self._work.acted = self._work.changed = False
        return trouble

    def settle(self) -> None:
        """Ask the host what became of an act whose result was never seen. Known now, the host goes on where it stood."""
        state = self.state
        if state.open is None:
            return
        ended = self._asked(state.open)
        if ended is None or ended.verdict is Verdict.UNKNOWN:
            return
        self._write(ended)
        if self.state.held:
            self._write(HostAcknowledged(self.host.name, "resume: it is known now what became of the act"))

    def _asked(self, intent: ActIntended) -> ActEnded | None:
        try:
            return self._tasks.ask(intent)
        except (HostError, InputError):
            return None

    def forecast(self) -> None:
        """Walk all sections without doing anything; the host ends as `changed` when there is work."""
        trouble = self._prepared() or self._guarded(self._sections)
        if trouble is not None:
            self.way_out.end(trouble.terminal, trouble.reason)
            return
        planned = [one for one in self._crew.recorder.state.decisions.of(self.host.name).values() if self._play.owns(one.address)]
        work = any(is_work(one.decision) and section_of(one.address) != "prepare" for one in planned)
        self.way_out.end("changed" if work else "ok", "work was found" if work else "nothing to do")

    def slot(self) -> None:
        """Run the host's tasks in its slot and end it in exactly one terminal state.

        After a crash the sections are walked again: what is recorded is remembered, `prepare` included, and only the rest is done.
        """
        self._work.acted = self.state.acted
        self._work.drained = "" if not self.state.drained else "found" if self.state.found else "ours"
        trouble = self._come_back() if self.state.acted else None
        if trouble is None and "prepare" not in self._walked:
            trouble = self._prepared()
        self._work.acted = self.state.acted
        if trouble is None:
            self._gate.take_over()
        trouble = trouble or self._sections()
        if trouble is None or trouble.terminal == "failed":
            self._guarded(self._tasks.turns.book.review_restarts)
        if trouble is not None and trouble.terminal == "unknown":
            self.way_out.hold(trouble)
        else:
            self.way_out.leave(trouble)

    def _come_back(self) -> Trouble | None:
        """Take the lease again after a crash: the dead control node's is still on the host, and nobody else may come in between.

        A host in the midst of an act that takes it off the network for a while, a boot above all, is waited for.
        """
        intent = self.state.open
        if intent is not None and intent.on in ("", self.host.name):
            self.session.await_login(intent.action.verb.timeout if isinstance(intent.action.verb, Reboot) else RETURNS)
        return self._guarded(self._tasks.take_lease)

    def _guarded(self, work: Callable[[], Trouble | None], section: str = "") -> Trouble | None:
        """Turn what goes wrong with this host into trouble of this host. While an act is open, nothing else can be said of it.

        But for a failure in a `section` that the open act is none of: it is remembered from before a crash, and the act's turn to be
        asked about is still to come.
        """
        try:
            trouble = work()
        except CutShort as cut:
            trouble = cut.trouble
        except (HostError, InputError) as error:
            trouble = trouble_of(error, self.state)
        if trouble is None or self.state.open is None or trouble.terminal == "unknown":
            return trouble
        elsewhere = section and section_of(self.state.open_address) != section
        return trouble if elsewhere and trouble.terminal not in LOST else replace(trouble, terminal="unknown")

    def _sections(self) -> Trouble | None:
        for section, tasks in self._in_order():
            trouble = self._section(section, tasks)
            if trouble is not None:
                return trouble
        return None

    def _in_order(self) -> Iterator[tuple[str, tuple[Task, ...]]]:
        """Yield the sections. Old debts come after `pre_tasks`, which may be where a play asks whether anything may be done."""
        play = self._play.play
        yield "pre_tasks", play.pre_tasks
        yield from self._dues.sections()
        yield from (("tasks", play.tasks), ("post_tasks", play.post_tasks))

    def _section(self, section: str, tasks: tuple[Task, ...]) -> Trouble | None:
        """Run the section and then what it notified, after a failure too: a changed file wants its reload all the same."""
        trouble = self._guarded(lambda: self._tasks.run(tasks, section), section)
        if trouble is not None and trouble.terminal in LOST:
            return trouble
        return joined(trouble, self._guarded(lambda: self._tasks.handlers(section), f"handlers-{section}"))

    def _beside(self) -> Beside:
        acts = self._crew.recorder.state.acts.of(self.host.name).values()
        tried = tuple((intent.action.unit, intent.action.rung) for intent, _ended in acts if intent is not None and intent.action.rung)
        return Beside(self._crew.groups.get(self.host.name, ""), tried, self._crew.surveys)

    def _known_versions(self) -> Known:
        return known_versions(self.state, self._doors, self._frozen_versions())

    def _frozen_versions(self) -> Mapping[str, str]:
        if self.state.role == "canary" or not self._crew.recorder.state.frozen:
            return {}
        release = self._known_release()
        if not release:
            raise HostError(self.host.name, "its release is not known, so which versions the canary proved for it is not known either.")
        return frozen_for(self._crew.recorder.state, self._crew.groups.get(self.host.name, ""), release)

    def _known_release(self) -> str:
        """Return the host's release and architecture, read where they were not yet; empty when they are not known. Raises HostError."""
        if not self._release:
            self._read(set())
        return self._release

    def _write(self, event: Event) -> None:
        self._crew.recorder.write(event)
