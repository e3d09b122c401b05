"""The way out of a slot: verify, the play's own health checks, undrain, verify again, soak, and verify once more.

A drain may stop services and close ports on purpose, so while the host is drained by us the gate compares with how the host was
right after the drain. What the drain took away has to be back after the undrain: then the gate compares with how the host was before.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from enum import Enum, auto

from healer.model.errors import HostError, InputError, PlaybookError, UnreachableError
from healer.model.events import Drained, Event, GateJudged, Note, SoakStarted, Terminal, Undrained
from healer.model.facts import Verdict
from healer.model.playbook import Task
from healer.rollout.context import PlayContext
from healer.rollout.debts import undrain
from healer.rollout.doors import Doors
from healer.rollout.machine import HostState, section_of
from healer.rollout.task_run import TaskRun
from healer.rollout.troubles import trouble_of
from healer.rollout.work import Trouble, Work
from healer.verify.gates import GATE_FACTS, Judgement, excused, judge, record

SETTLE_EVERY = 2.0
AGAIN = "-again"
"""Stands behind the names of sections that are run a second time, after a rollback."""
KEEP_EVERY = 45.0
"""Seconds between renewals of the lease while the host soaks."""

Guarded = Callable[[Callable[[], Trouble | None]], Trouble | None]
"""Turns what goes wrong with the host into trouble of the host."""


class Out(Enum):
    """What is known of a host's being out of service beyond this run's one drain, which `Work.drained` tells of."""

    NO = auto()
    """No earlier run has left it out of service, or somebody has put it back: it is drained once, before it is first disturbed."""
    PERHAPS = auto()
    """An earlier run took it out of service, and nobody can see whether a person has put it back since: it is drained anew."""
    SURELY = auto()
    """It was left out and is out: as `drained_when` says, or drained anew, or on the way back into service, where nothing drains."""
    ONCE_MORE = auto()
    """It was back in service and is taken out again, for its way back to the former versions: that too is done once."""


class Gatekeeper:
    """Takes one host out of service and lets it back, by proof of health only."""

    def __init__(self, play: PlayContext, doors: Doors, work: Work, tasks: TaskRun, guarded: Guarded, *, left_out: bool) -> None:
        """Bind the host. `left_out`: an earlier run took it out of service, so that it is ours to put it back."""
        self._play, self._doors, self._work, self._tasks, self._guarded = play, doors, work, tasks, guarded
        self._times = ""
        self._book = tasks.turns.book
        self._out = Out.PERHAPS if left_out else Out.NO

    @property
    def _state(self) -> HostState:
        return self._work.run.host(self._play.index, self._work.host.name)

    def find_drained(self, *, tentative: bool = False) -> bool:
        """Whether somebody else has drained the host; it stays so at the end. `tentative`: what cannot be judged yet is judged later."""
        if not self._play.play.rolling.drained_when or self._work.drained or self._out is not Out.NO:
            return self._work.drained == "found"
        try:
            holds = self._seems_drained()
        except PlaybookError:
            if not tentative:
                raise
            return False
        if holds:
            self._work.drained = "found"
            self._write(Drained(self._work.host.name, self._play.index, found=True))
        return holds

    def _seems_drained(self) -> bool:
        """Whether `drained_when` holds. Raises PlaybookError where that cannot be judged."""
        play = self._play.play
        scope = self._play.scope(self._work.host, None, self._work.data())
        return all(self._play.renderer.condition(text, scope, play.where) for text in play.rolling.drained_when)

    def drain(self) -> Trouble | None:
        """Take the host out of service, once, right before the first disruptive action. A drain that fails half-way is taken back."""
        drain = self._play.play.rolling.drain
        if self._work.drained == "ours" and self._out is Out.PERHAPS and drain:
            return self._drain_anew(drain)
        if self._work.drained or self._play.inputs.check or self.find_drained() or not drain:
            return None
        self._work.drained = "ours"  # from now on: a task of the drain may itself be one that disrupts
        self._owe_way_back()
        trouble = self._guarded(lambda: self._tasks.run(drain, "drain"))
        if trouble is not None and not self._began("drain"):
            self._work.drained = ""
            self._book.returned()
        else:
            self._write(Drained(self._work.host.name, self._play.index, before=self._record()))
        return Trouble(trouble.terminal, f"drain failed: {trouble.reason}") if trouble else None

    def take_over(self) -> None:
        """Go on where an earlier run left the host out of service, if one did: what is due is done, and then it is put back.

        What had failed before that run drained it may have failed still; what failed since is not well. A host that somebody else has
        put back, as `drained_when` says, is one like all others.
        """
        if self._out is Out.NO or self._work.drained:
            return
        seen: bool | None = None
        with suppress(PlaybookError):
            seen = self._seems_drained() if self._play.play.rolling.drained_when else None
        if seen is False:
            self._out = Out.NO
            self._write(Note(self._work.host.name, "an earlier run left it out of service, and somebody has put it back"))
            self._book.returned()
            return
        self._out = Out.SURELY if seen else Out.PERHAPS
        self._work.drained = "ours"
        self._write(Note(self._work.host.name, "an earlier run left it out of service: it goes on from there"))
        self._write(Drained(self._work.host.name, self._play.index, before=self._as_it_was(self._state.before)))

    def _as_it_was(self, seen: Mapping[str, object]) -> Mapping[str, object]:
        """Return what was seen of the host, with the units that had failed before the earlier run drained it."""
        failed = self._book.failed_before()
        return seen if failed is None or not seen else {**seen, "failed": failed}

    def _drain_anew(self, drain: tuple[Task, ...]) -> Trouble | None:
        """Drain a host that an earlier run drained, for nobody can see whether a person has put it back since.

        What was walked before a crash is remembered; what gates compare with is not read again then, from the midst of the work.
        """
        self._out = Out.SURELY  # a task of the drain may itself be one that disrupts
        decided = self._work.run.decisions.of(self._work.host.name)
        again = any(section_of(address) == "drain" and self._play.owns(address) for address in decided)
        trouble = self._guarded(lambda: self._tasks.run(drain, "drain"))
        seen = {} if again or trouble else self._as_it_was(self._record())
        if seen:
            self._write(Drained(self._work.host.name, self._play.index, before=seen))
        return Trouble(trouble.terminal, f"drain failed: {trouble.reason}") if trouble else None

    def _owe_way_back(self) -> None:
        self._book.owe((undrain(self._play.inputs.run, self._play.play),))

    def _began(self, section: str) -> bool:
        mine = self._work.run.acts.of(self._work.host.name)
        return any(section_of(address) == section and self._play.owns(address) for address, _index in mine)

    def _record(self) -> Mapping[str, object]:
        """Return how the drained host is; where that cannot be read the gate will compare with how it was before."""
        self._work.session.forget(GATE_FACTS)
        try:
            return record(self._work.session.look(GATE_FACTS))
        except HostError:
            return {}

    def drain_again(self) -> Trouble | None:
        """Take a host that was back in service out of it once more, for its way back. What the gate compares with stays what it was."""
        state, drain = self._state, self._play.play.rolling.drain
        out = state.drained and not self._began("undrain")
        if out or not drain or self._work.drained == "found" or self._out is Out.ONCE_MORE:
            return None
        self._out = Out.ONCE_MORE  # a task of the drain may itself be one that disrupts
        self._owe_way_back()
        trouble = self._guarded(lambda: self._tasks.run(drain, f"drain{AGAIN}"))
        self._work.drained = "ours"
        self._write(Drained(self._work.host.name, self._play.index, before=state.before_drained))
        return Trouble(trouble.terminal, f"drain failed: {trouble.reason}") if trouble else None

    def prove(self, times: str = "") -> Trouble | None:
        """Return None when the host is proved to be well and in service again, else why it is not.

        A trouble that speaks against what was done ends in `failed`; others say that the health is not known (`unreachable` where the
        host could not be asked), or that the way back into service failed. `times` is added to the names of the sections: what was proved
        before is asked again.
        """
        self._times = times
        if self._out is Out.PERHAPS:
            self._out = Out.SURELY
        return self._verify(self._play.policy.settle) or self._health(f"health{times}") or self._undrain() or self._soak()

    def _verify(self, seconds: float) -> Trouble | None:
        """Judge the default gate until it is good or the time is over. Unknown at the end is not good."""
        deadline = self._doors.clock.monotonic() + seconds
        while True:
            judgement, unknown = self._judge()
            if judgement.verdict is Verdict.GOOD or self._doors.clock.monotonic() >= deadline:
                break
            self._doors.pause(SETTLE_EVERY)
        self._write(GateJudged(self._work.host.name, self._play.index, judgement.verdict, judgement.reasons))
        if judgement.verdict is Verdict.GOOD:
            return None
        terminal: Terminal = "failed" if judgement.verdict is Verdict.BAD else unknown
        return Trouble(terminal, f"health gate {judgement.verdict}: {'; '.join(judgement.reasons)}")

    def _judge(self) -> tuple[Judgement, Terminal]:
        """Return the judgement, and what a host is of which that is not known."""
        state = self._state
        tried = (unit for unit, _rung in self._work.run.tried(self._work.host.name))
        before = excused((state.drained_by_us and state.before_drained) or state.before, tried)
        self._work.session.forget(GATE_FACTS)
        try:
            return judge(before, self._work.session.look(GATE_FACTS)), "unknown"
        except HostError as error:
            return Judgement(Verdict.UNKNOWN, (error.message,)), "unreachable" if isinstance(error, UnreachableError) else "unknown"

    def _health(self, section: str) -> Trouble | None:
        trouble = self._guarded(lambda: self._checked(section))
        return Trouble(trouble.terminal, f"health check: {trouble.reason}") if trouble else None

    def _checked(self, section: str) -> Trouble | None:
        """Run the play's own checks. One that could not be asked or rendered says nothing about the host, neither good nor bad."""
        try:
            return self._tasks.run(self._play.play.health, section)
        except (HostError, InputError) as error:
            return replace(trouble_of(error, self._state), terminal="unknown")

    def _undrain(self) -> Trouble | None:
        if self._work.drained != "ours" or (self._times and not self._state.drained_by_us):
            return None
        trouble = self._guarded(lambda: self._tasks.run(self._play.play.rolling.undrain, f"undrain{self._times}"))
        if trouble is not None:
            return Trouble("held", f"undrain failed: {trouble.reason}")
        self._book.returned()
        self._write(Undrained(self._work.host.name, self._play.index))
        return self._verify(self._play.policy.settle)

    def _soak(self) -> Trouble | None:
        """Watch the host in service for the soak time; it must be as healthy at the end. What changed nothing is not watched."""
        seconds = self._play.policy.soak
        if seconds <= 0 or not self._work.changed:
            return None
        self._write(SoakStarted(self._work.host.name, self._play.index, seconds))
        self._rest(seconds)
        return self._verify(0.0) or self._health(f"health-soaked{self._times}")

    def _rest(self, seconds: float) -> None:
        """Wait, and keep the lease meanwhile: nobody else shall begin here before the host is proved. A lost one decides nothing."""
        left = seconds
        while left > 0:
            self._doors.pause(min(left, KEEP_EVERY))
            left -= KEEP_EVERY
            if left > 0 and self._work.session.leased:
                with suppress(HostError):
                    self._tasks.take_lease()

    def _write(self, event: Event) -> None:
        self._work.write(event)
