"""One go at one task: plan it under the lease, compare it with what is recorded or saved, drain where it disrupts, carry it out.

A decision of which an act was begun is carried out as the journal holds it, and an act that was intended but has no result is asked
about through the host's gate. A decision of which nothing was begun is made anew: meanwhile the host may have moved, or its window may
have closed. So is what the journal was not allowed to keep (secrets, `no_log`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from healer.model.action import Act, Decision, Owe, Refuse, Skip
from healer.model.errors import BecomeError
from healer.model.events import TaskEnded, TaskPlanned
from healer.model.facts import Facts, Units, Verdict
from healer.model.playbook import Task
from healer.playbook.scope import Scope
from healer.rollout import service_memory
from healer.rollout.context import PlayContext
from healer.rollout.debt_book import DebtBook
from healer.rollout.debts import PAYERS, RESTART, conffiles
from healer.rollout.doors import Doors
from healer.rollout.foretelling import AT_RUN_TIME, as_saved, hangs, is_mutating, stales
from healer.rollout.hiding import hidden_decision, is_masked
from healer.rollout.performing import Performer
from healer.rollout.planning import Beside, Known, Planned, plan_task, steps
from healer.rollout.proving import left_behind
from healer.rollout.session import Session
from healer.rollout.work import CutShort, Trouble, Work


@dataclass(frozen=True, slots=True)
class Turn:
    """One go at one task: its address, what its templates see, and the session that it acts on.

    `saved_as` is where a saved plan has it: of the attempts of an `until` a plan knows the first.
    """

    task: Task
    address: str
    scope: Scope
    session: Session
    saved_as: str


class Turns:
    """Takes the turns of one host. The slot sets what it wants to do in between.

    `before_disruption` drains, once, and may bring trouble. `after_lease` looks at the host when nobody else can act on it any more.
    `known` tells of the package versions that a canary proved, that are in quarantine, and that a rollback goes back to; `beside` what the
    run knows beside the host.
    """

    def __init__(self, play: PlayContext, doors: Doors, work: Work, performer: Performer) -> None:
        """Bind the host."""
        self._play, self._doors, self._work, self._performer = play, doors, work, performer
        self.before_disruption: Callable[[], Trouble | None] = lambda: None
        self.after_lease: Callable[[], None] = lambda: None
        self.known: Callable[[], Known] = Known
        self.beside: Callable[[], Beside] = Beside
        self.book = DebtBook(play, doors, work)

    def take(self, turn: Turn) -> TaskEnded:
        """Plan the task and carry the plan out. Raises HostError, PlaybookError, and CutShort where the drain failed."""
        try:
            planned = self._planned(turn)
        except BecomeError as error:
            return self._ended(turn, Verdict.BAD, error.message)
        name = turn.task.name or turn.task.step
        self._work.write(TaskPlanned(self._work.host.name, turn.address, name, turn.task.step, self._shown(turn, planned.decision)))
        if service_memory.READ in planned.step.learns:
            service_memory.tell(self._play, self._doors, self._work, planned.context.facts, planned.decision.judged)
        return self._carry_out(turn, planned)

    def _planned(self, turn: Turn) -> Planned:
        """Plan, under the host's lease and on fresh facts when it would act. A decision that a crash left half-done is kept."""
        planned = self._plan(turn)
        recorded = self._work.run.decisions.of(self._work.host.name).get(turn.address)
        if recorded is not None and self._was_begun(turn.address) and not is_masked(recorded.decision):
            return self._as_recorded(planned, recorded.decision)
        if self._play.inputs.check:
            return self._foretold(turn, planned)
        if is_mutating(planned.decision) and not turn.session.leased:
            self._performer.take_lease(turn.session)
            turn.session.forget(("*",))
            if turn.session is self._work.session:
                self.after_lease()
            planned = self._plan(turn)
        saved = self._play.inputs.saved
        if saved is None:
            return planned
        mine = saved.get(self._work.host.name, {})
        return replace(planned, decision=as_saved(mine, turn.saved_as, self._shown(turn, planned.decision), planned.decision))

    def _was_begun(self, address: str) -> bool:
        """Whether the journal holds an intent of this task: without one, nothing of its decision can have been done."""
        return any(intended == address for intended, _index in self._work.run.acts.of(self._work.host.name))

    def _plan(self, turn: Turn) -> Planned:
        host = self._work.host
        return plan_task(self._play, self._doors, turn.task, host, turn.session, scope=turn.scope, known=self.known, beside=self.beside())

    def _as_recorded(self, planned: Planned, decision: Decision) -> Planned:
        """Return the recorded decision with the facts before it, as far as they are known: those of the host's look in its slot.

        What is read now may be from after the act, and a restart would look as if it had not happened.
        """
        before = self._work.run.host(self._play.index, self._work.host.name).before
        facts = Facts({**planned.context.facts.readings, "units": _as_before(planned.context.facts, before.get("restarts"))})
        return replace(planned, decision=decision, context=replace(planned.context, facts=facts))

    def _foretold(self, turn: Turn, planned: Planned) -> Planned:
        decision = planned.decision
        hanging = not planned.step.foretells and hangs(planned.step.needs, self._work.uncertain)
        if isinstance(decision, Act):
            if decision.actions and turn.task.register:
                self._work.guessed.add(turn.task.register)
            self._work.uncertain |= stales(decision.actions)
            told = bool(decision.actions) and not (hanging and planned.step.consumes)
            return planned if told or not hanging else replace(planned, decision=Skip(AT_RUN_TIME))
        if not hanging:
            return planned
        return replace(planned, decision=Skip(AT_RUN_TIME, planned.step.foresee(planned.arguments, planned.context)))

    def _shown(self, turn: Turn, decision: Decision) -> Decision:
        """Return the decision as the journal keeps it: without secrets, and without words under `no_log`."""
        hidden = hidden_decision(decision) if turn.task.no_log else decision
        event = self._doors.redact(TaskPlanned(self._work.host.name, turn.address, "", turn.task.step, hidden))
        return event.decision if isinstance(event, TaskPlanned) else hidden

    def _carry_out(self, turn: Turn, planned: Planned) -> TaskEnded:
        decision = planned.decision
        if not isinstance(decision, Act):
            return self._interrupted(turn) or self._not_acting(turn, decision)
        if self._play.inputs.check:
            changes = bool(decision.actions)
            return replace(self._ended(turn, Verdict.GOOD, ""), changed=changes, result={**decision.results, "changed": changes})
        self.book.owe(decision.owes)
        self._drain_first(turn, decision)
        barred = self._barred_meanwhile(turn, decision)
        if barred:
            return replace(self._ended(turn, Verdict.GOOD, barred), skipped=True)
        before = self.book.standing() if decision.incurs else {}
        self.book.owe(decision.incurs)
        ended = self._performer.carry_out(turn.task, turn.address, planned, decision, turn.session)
        self._settle(turn, decision, ended, before)
        return ended

    def _settle(self, turn: Turn, decision: Act, ended: TaskEnded, before: Mapping[str, Owe]) -> None:
        """Write down what the act has left behind, and strike out what it has paid, or never brought about."""
        left = left_behind(self._work.run, self._work.host.name, turn.address)
        self.book.owe((conffiles(left),) if left else ())
        if ended.verdict is Verdict.BAD and not ended.changed:
            self.book.restore(before.values(), decision.incurs)
        if ended.verdict is Verdict.GOOD:
            self._paid(turn, decision)

    def _paid(self, turn: Turn, decision: Act | Skip) -> None:
        """Strike out the debts that are none any more. Restarts that are still owed by name are held against what runs now."""
        self.book.pay(set(decision.pays) - {debt.kind for debt in decision.owes})
        if turn.task.step == PAYERS[RESTART] and turn.session is self._work.session:
            self.book.review(turn.session.known(), (RESTART,))

    def _not_acting(self, turn: Turn, decision: Skip | Refuse) -> TaskEnded:
        if isinstance(decision, Refuse):
            return replace(self._ended(turn, Verdict.BAD, decision.reason), terminal=decision.terminal)
        self.book.owe(decision.owes)
        self._paid(turn, decision)
        return replace(self._ended(turn, Verdict.GOOD, decision.reason), skipped=True)

    def _interrupted(self, turn: Turn) -> TaskEnded | None:
        """Return the end of a task whose act was cut by a crash and which, planned anew, finds nothing to do any more."""
        intent = self._work.run.host(self._play.index, self._work.host.name).open
        if intent is None or intent.address != turn.address:
            return None
        ended = self._performer.ask(intent, turn.session)
        self._work.write(ended)
        turn.session.forget(intent.action.makes_stale)
        return replace(self._ended(turn, ended.verdict, ended.reason), changed=ended.changed)

    def _barred_meanwhile(self, turn: Turn, decision: Act) -> str:
        """Return why versions are not installed that went into quarantine since they were planned, a drain ago; empty when all may be."""
        if not decision.versions or self._was_begun(turn.address):
            return ""
        quarantined = self.known().quarantined
        return "; ".join(quarantined[one] for one in decision.versions.items() if one in quarantined)

    def _drain_first(self, turn: Turn, decision: Act) -> None:
        rolls = steps()[turn.task.step].rolls and any(action.disruptive for action in decision.actions)
        trouble = self.before_disruption() if rolls and turn.session is self._work.session else None
        if trouble is not None:
            raise CutShort(trouble)

    def _ended(self, turn: Turn, verdict: Verdict, reason: str) -> TaskEnded:
        return TaskEnded(self._work.host.name, turn.address, verdict, changed=False, reason=reason)


def _as_before(facts: Facts, restarts: object) -> object:
    """Return the units with the invocations that were recorded before the first act."""
    units = facts.get("units")
    if not isinstance(units, Units) or not isinstance(restarts, Mapping):
        return units
    known = {name: str(counted[1]) for name, counted in restarts.items() if isinstance(counted, (list, tuple)) and len(counted) == 2}
    return replace(units, units={name: replace(unit, invocation=known.get(name, unit.invocation)) for name, unit in units.units.items()})
