"""One host's way through a play: look, prepare, and in its slot drain -> act -> verify -> undrain -> soak.

The slot is freed by proof of health only: a host whose health is bad or not known stays drained and is held.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from healer.model.errors import HostError, PlaybookError, RefusedError, UnreachableError
from healer.model.events import (
    ActEnded,
    ActIntended,
    Drained,
    Event,
    GateJudged,
    HostAcknowledged,
    HostEnded,
    HostHeld,
    HostLooked,
    HostPrepared,
    SoakStarted,
    Terminal,
    Undrained,
)
from healer.model.facts import OsRelease, Unknown, Verdict
from healer.model.host import Host
from healer.playbook.scope import Scope
from healer.rollout.context import PlayContext
from healer.rollout.doors import Doors
from healer.rollout.machine import HostState, section_of
from healer.rollout.performing import is_mutating
from healer.rollout.planning import steps
from healer.rollout.recorder import Recorder
from healer.rollout.session import Session
from healer.rollout.task_run import TaskRun
from healer.rollout.work import Delegates, Trouble, Work
from healer.verify.gates import GATE_FACTS, Judgement, healthy_at_start, judge, record

SETTLE = 60.0
"""Seconds that a host gets after its acts until the default gate must be good."""
SETTLE_EVERY = 2.0


@dataclass(frozen=True, slots=True)
class Crew:
    """What every host of a play shares."""

    play: PlayContext
    doors: Doors
    recorder: Recorder
    delegates: Delegates
    groups: Mapping[str, str]
    """Budget group by host."""


def release_key(release: OsRelease) -> str:
    """Return what tells two sets of package versions apart: release and architecture."""
    return f"{release.id}-{release.version}/{release.architecture}"


class HostRun:
    """Drives one host. `look` and `prepare` come first, in any thread; `slot` when the scheduler says so."""

    def __init__(self, host: Host, crew: Crew) -> None:
        """Bind the host; nothing is sent yet."""
        self.host = host
        self._crew, self._play, self._doors = crew, crew.play, crew.doors
        self.session = Session(host, crew.doors, crew.play.inputs.run)
        self._work = Work(host, self.session, crew.recorder)
        self._tasks = TaskRun(crew.play, crew.doors, self._work, crew.delegates)
        self._work.acted = self.state.acted
        self._work.drained = "" if not self.state.drained else "found" if self.state.found else "ours"
        self._tasks.before_disruption = self._drain
        self._tasks.after_lease = self._look_again
        self._tasks.frozen = self._frozen_versions

    @property
    def state(self) -> HostState:
        """Where the journal says that the host stands in this play."""
        return self._crew.recorder.state.host(self._play.index, self.host.name)

    def look(self, *, touchable: bool = True) -> None:
        """Read the host once, before anything: its health, what gates compare with, and what its tasks will ask for.

        A host that cannot be read ends here when it is `touchable`; others only count in their budget group.
        """
        try:
            facts = self.session.look((*GATE_FACTS, "identity", "os_release", *(self._needed() if touchable else ())))
        except HostError as error:
            reason = f"{error.message} {error.advice}".strip()
            self._write(HostLooked(self.host.name, self._play.index, Verdict.UNKNOWN, reason))
            if touchable:
                self.end("unreachable" if isinstance(error, UnreachableError) else "failed", reason)
            return
        health = healthy_at_start(facts)
        self._write(HostLooked(self.host.name, self._play.index, health.verdict, "; ".join(health.reasons), record(facts)))

    def _look_again(self) -> None:
        """Read everything anew now that nobody else may act: what was seen before the slot may be old. Gates compare with this."""
        facts = self.session.look((*GATE_FACTS, "identity", "os_release", *self._needed()))
        if self.state.in_slot and not self._work.acted:
            health = healthy_at_start(facts)
            self._write(HostLooked(self.host.name, self._play.index, health.verdict, "; ".join(health.reasons), record(facts)))

    def _needed(self) -> set[str]:
        play = self._play.play
        sections = (play.prepare, play.pre_tasks, play.tasks, play.post_tasks)
        return {fact for tasks in sections for task in tasks for fact in steps()[task.step].needs}

    def prepare(self) -> None:
        """Run the play's prepare section: nothing is disrupted, no slot is used. A trouble here ends the host untouched."""
        tasks = self._play.play.prepare
        trouble = self._guarded(lambda: self._tasks.run(tasks, "prepare"))
        self.session.release()
        if trouble is not None and trouble.terminal == "refused":
            self.end(trouble.terminal, trouble.reason)
            return
        verdict = Verdict.GOOD if trouble is None else Verdict.BAD
        self._write(HostPrepared(self.host.name, self._play.index, verdict, trouble.reason if trouble else ""))
        self._work.acted = False
        if trouble is not None:
            self.end(trouble.terminal, trouble.reason)

    def settle(self) -> None:
        """Ask the host what became of an act whose result was never seen. Known now, the host goes on where it stood."""
        state = self.state
        if state.open is None:
            return
        ended = self._guarded_seen(state.open)
        if ended is None or ended.verdict is Verdict.UNKNOWN:
            return
        self._write(ended)
        self._write(HostAcknowledged(self.host.name, "resume: the host told what became of the act"))

    def _guarded_seen(self, intent: ActIntended) -> ActEnded | None:
        try:
            return self._tasks.ask(intent)
        except HostError:
            return None

    def forecast(self) -> None:
        """Walk all sections without doing anything; the host ends as `changed` when there is work."""
        tasks = self._play.play.prepare
        trouble = self._guarded(lambda: self._tasks.run(tasks, "prepare")) or self._guarded(self._sections)
        if trouble is not None:
            self.end(trouble.terminal, trouble.reason)
            return
        planned = self._crew.recorder.state.decisions.of(self.host.name).values()
        work = any(is_mutating(one.decision) and section_of(one.address) != "prepare" for one in planned)
        self.end("changed" if work else "ok", "work was found" if work else "nothing to do")

    def slot(self) -> None:
        """Run the host's tasks in its slot and end it in exactly one terminal state."""
        trouble = self._guarded(self._sections)
        if trouble is not None and trouble.terminal == "unknown":
            self._hold(trouble)
            return
        self._put_back(trouble)

    def _guarded(self, work: Callable[[], Trouble | None]) -> Trouble | None:
        """Turn what goes wrong with this host into trouble of this host."""
        try:
            return work()
        except UnreachableError as error:
            return Trouble("unknown" if self._work.acted else "unreachable", error.message)
        except RefusedError as error:
            return Trouble("busy", error.message)
        except PlaybookError as error:
            return Trouble("failed", str(error))
        except HostError as error:
            return Trouble("unknown" if self._work.acted else "failed", error.message)

    def _sections(self) -> Trouble | None:
        play = self._play.play
        for section, tasks in (("pre_tasks", play.pre_tasks), ("tasks", play.tasks), ("post_tasks", play.post_tasks)):
            trouble = self._tasks.run(tasks, section)
            if trouble is None or trouble.terminal != "unknown":
                trouble = self._tasks.handlers(section) or trouble
            if trouble is not None:
                return trouble
        return None

    def _frozen_versions(self) -> Mapping[str, str]:
        release = self.session.known().read("os_release", OsRelease)
        group = self._crew.groups.get(self.host.name, "")
        if isinstance(release, Unknown) or self.state.role == "canary":
            return {}
        proved = self._crew.recorder.state.frozen.get(group, {}).get(release_key(release))
        return proved.versions if proved else {}

    def _scope(self) -> Scope:
        return self._play.scope(self.host, None, self._work.data())

    def _drain(self) -> Trouble | None:
        """Take the host out of service, once, right before the first disruptive action. Found drained, it stays so at the end."""
        if self._work.drained or self._play.inputs.check:
            return None
        rolling = self._play.play.rolling
        where = self._play.play.where
        if rolling.drained_when and all(self._play.renderer.condition(text, self._scope(), where) for text in rolling.drained_when):
            self._work.drained = "found"
            self._write(Drained(self.host.name, self._play.index, found=True))
            return None
        if not rolling.drain:
            return None
        self._work.drained = "ours"
        trouble = self._tasks.run(rolling.drain, "drain")
        self._write(Drained(self.host.name, self._play.index))
        return Trouble(trouble.terminal, f"drain failed: {trouble.reason}") if trouble else None

    def _put_back(self, trouble: Trouble | None) -> None:
        """Verify, undrain, soak, end. Where nothing was done there is nothing to prove."""
        if not self._work.acted and not self._work.drained:
            self._end_untouched(trouble)
            return
        bad = self._verify(SETTLE) or self._health() or self._undrain() or self._soak()
        if bad is not None:
            self._hold(Trouble("held", f"{trouble.reason}; then {bad.reason}" if trouble else bad.reason))
            return
        if trouble is not None:
            self.end(trouble.terminal, trouble.reason)
            return
        waits = [debt.detail for debt in self.state.debts if debt.waits]
        if waits:
            self.end("waiting", "; ".join(waits))
            return
        self.end("changed" if self._work.acted else "ok", "")

    def _end_untouched(self, trouble: Trouble | None) -> None:
        waits = [debt.detail for debt in self.state.debts if debt.waits]
        if trouble is not None:
            self.end(trouble.terminal, trouble.reason)
        elif waits:
            self.end("waiting", "; ".join(waits))
        else:
            self.end("ok", "nothing to do")

    def _verify(self, seconds: float) -> Trouble | None:
        """Judge the default gate until it is good or the time is over. Unknown at the end is not good."""
        deadline = self._doors.clock.monotonic() + seconds
        while True:
            judgement = self._judge()
            if judgement.verdict is Verdict.GOOD or self._doors.clock.monotonic() >= deadline:
                break
            self._doors.pause(SETTLE_EVERY)
        self._write(GateJudged(self.host.name, self._play.index, judgement.verdict, judgement.reasons))
        if judgement.verdict is Verdict.GOOD:
            return None
        return Trouble("held", f"health gate {judgement.verdict}: {'; '.join(judgement.reasons)}")

    def _judge(self) -> Judgement:
        self.session.forget(GATE_FACTS)
        try:
            return judge(self.state.before, self.session.look(GATE_FACTS))
        except HostError as error:
            return Judgement(Verdict.UNKNOWN, (error.message,))

    def _health(self) -> Trouble | None:
        trouble = self._guarded(lambda: self._tasks.run(self._play.play.health, "health"))
        return Trouble("held", f"health check: {trouble.reason}") if trouble else None

    def _undrain(self) -> Trouble | None:
        if self._work.drained != "ours":
            return None
        trouble = self._guarded(lambda: self._tasks.run(self._play.play.rolling.undrain, "undrain"))
        if trouble is not None:
            return Trouble("held", f"undrain failed: {trouble.reason}")
        self._write(Undrained(self.host.name, self._play.index))
        return None

    def _soak(self) -> Trouble | None:
        """Watch the host in service for the soak time; it must be as healthy at the end."""
        seconds = self._play.policy.soak
        if seconds <= 0:
            return None
        self._write(SoakStarted(self.host.name, self._play.index, seconds))
        self._doors.pause(seconds)
        return self._verify(0.0)

    def _hold(self, trouble: Trouble) -> None:
        """Keep everybody's hands off the host until a person has looked."""
        self._write(HostHeld(self.host.name, trouble.reason))
        self.end(trouble.terminal, trouble.reason)

    def end(self, terminal: Terminal, reason: str) -> None:
        """Record the host's end and hang up."""
        self._write(HostEnded(self.host.name, self._play.index, terminal, reason, acted=self._work.acted))
        self.session.close()

    def _write(self, event: Event) -> None:
        self._crew.recorder.write(event)
