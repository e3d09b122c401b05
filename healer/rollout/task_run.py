"""Interprets a task list on one host: when, loop, until, register, notify; plans each task at its turn and performs its actions.

After a crash the same list is walked again from the top: a task whose result is in the journal is not run but remembered, a decision that
is there is carried out as it was made, and an act that was intended but has no result is asked about through the host's gate.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from healer.model.action import Act, Refuse, Skip
from healer.model.errors import BecomeError, PlaybookError, RefusedError, UnreachableError
from healer.model.events import ActEnded, ActIntended, DebtOwed, TaskEnded, TaskPlanned
from healer.model.facts import Verdict
from healer.model.host import Value
from healer.model.playbook import Task
from healer.playbook.scope import Scope
from healer.rollout.context import PlayContext
from healer.rollout.doors import Doors
from healer.rollout.performing import Performer, is_mutating
from healer.rollout.planning import Planned, plan_task, steps
from healer.rollout.results import finish, summary_of, value_of
from healer.rollout.session import Session
from healer.rollout.work import Delegates, Trouble, Work

AT_RUN_TIME = "decided at run time: it depends on what an earlier task changes"


@dataclass(frozen=True, slots=True)
class Turn:
    """One go at one task: its address, the loop item's data, and the session that it acts on."""

    task: Task
    address: str
    scope: Scope
    session: Session


class TaskRun:
    """Runs task lists of one play on one host."""

    def __init__(self, play: PlayContext, doors: Doors, work: Work, delegates: Delegates) -> None:
        """Bind the host. `before_disruption` is set by the slot: it drains, once, and may bring trouble."""
        self._play, self._doors, self._work, self._delegates = play, doors, work, delegates
        self.before_disruption: Callable[[], Trouble | None] = lambda: None
        self.after_lease: Callable[[], None] = lambda: None
        self.frozen: Callable[[], Mapping[str, str]] = dict

    def run(self, tasks: tuple[Task, ...], section: str) -> Trouble | None:
        """Run the selected tasks in order; stop at the first that fails or whose outcome is not known."""
        for number, task in enumerate(tasks):
            self._doors.check_stop()
            if not self._play.selects(task):
                continue
            trouble = self._task(task, self._play.address(section, number))
            if trouble is not None:
                return trouble
        return None

    def ask(self, intent: ActIntended) -> ActEnded:
        """Attach to an act that was begun and see what became of it. Only for acts that the host's gate knows."""
        name = intent.on or self._work.host.name
        session = self._work.session if name == self._work.host.name else self._delegates.session(name)
        return Performer(self._play, self._doors, self._work, self._delegates).ask(intent, session)

    def handlers(self, section: str) -> Trouble | None:
        """Run the notified handlers, in the order in which the play lists them, each once."""
        due = [
            (number, handler)
            for number, handler in enumerate(self._play.play.handlers)
            if handler.name in self._work.notified or set(handler.listen) & self._work.notified.keys()
        ]
        for number, handler in due:
            trouble = self._task(handler, self._play.address(f"handlers-{section}", number))
            if trouble is not None:
                return trouble
        self._work.notified.clear()
        return None

    def _task(self, task: Task, address: str) -> Trouble | None:
        ended: list[TaskEnded] = []
        for place, item in self._items(task, address):
            ended.append(self._until(task, place, item))
            if ended[-1].terminal:
                break
        if task.register:
            self._work.registers[task.register] = summary_of(ended, looped=task.loop is not None)
        last = ended[-1] if ended else None
        return Trouble(last.terminal, last.reason) if last is not None and last.terminal else None  # type: ignore[arg-type]  # words of Terminal

    def _items(self, task: Task, address: str) -> Iterator[tuple[str, Mapping[str, Value]]]:
        if task.loop is None:
            yield address, {}
            return
        scope = self._play.scope(self._work.host, task, self._work.data())
        items = self._play.renderer.render(task.loop, scope, task.where)
        if not isinstance(items, (list, tuple)):
            where = task.where
            raise PlaybookError("loop needs a list", file=where.file, line=where.line, column=where.column)
        for number, item in enumerate(items):
            yield f"{address}/{number}", {task.loop_var: item}

    def _until(self, task: Task, address: str, item: Mapping[str, Value]) -> TaskEnded:
        """Repeat while `until` does not hold. An unknown outcome is never a reason to repeat."""
        if not task.until:
            return self._once(task, address, item)
        ended = self._once(task, f"{address}/0", item, attempt=True)
        for attempt in range(1, max(1, task.retries)):
            if self._play.inputs.check or ended.terminal or ended.skipped or self._holds(task.until, task, item, value_of(ended)):
                break
            self._doors.pause(task.delay)
            ended = self._once(task, f"{address}/{attempt}", item, attempt=True)
        return self._last_attempt(task, f"{address}/until", item, ended)

    def _last_attempt(self, task: Task, address: str, item: Mapping[str, Value], ended: TaskEnded) -> TaskEnded:
        if self._play.inputs.check or ended.terminal or ended.skipped:
            return ended
        if self._holds(task.until, task, item, value_of(ended)) and ended.verdict is Verdict.GOOD:
            return ended
        reason = ended.reason or f"until did not hold in {task.retries} attempts: {' and '.join(task.until)}"
        last = TaskEnded(ended.host, address, Verdict.BAD, changed=ended.changed, reason=reason, result=ended.result)
        return self._end(task, last)

    def _holds(self, expressions: tuple[str, ...], task: Task, item: Mapping[str, Value], result: Value = None) -> bool:
        data = {**self._work.data(), **item}
        if result is not None and task.register:
            data[task.register] = result
        scope = self._play.scope(self._work.host, task, data)
        return all(self._play.renderer.condition(text, scope, task.where) for text in expressions)

    def _once(self, task: Task, address: str, item: Mapping[str, Value], *, attempt: bool = False) -> TaskEnded:
        done = self._work.recorder.state.results.get((self._work.host.name, address))
        if done is not None and done.verdict is not Verdict.UNKNOWN:
            self._work.adopt(done)
            return done
        if task.when and not self._holds(task.when, task, item):
            reason = f"when: {' and '.join(task.when)} is false"
            skipped = TaskEnded(self._work.host.name, address, Verdict.GOOD, changed=False, skipped=True, reason=reason)
            return self._end(task, skipped, item)
        scope = self._play.scope(self._work.host, task, {**self._work.data(), **item})
        if not task.delegate_to:
            return self._end(task, self._decide(Turn(task, address, scope, self._work.session)), item, attempt=attempt)
        name = str(self._play.renderer.render(task.delegate_to, scope, task.where))
        with self._delegates.turn(name):
            return self._end(task, self._decide(Turn(task, address, scope, self._delegates.session(name))), item, attempt=attempt)

    def _decide(self, turn: Turn) -> TaskEnded:
        try:
            planned = self._planned(turn)
        except UnreachableError as error:
            if self._work.acted:
                return self._trouble(turn, Verdict.UNKNOWN, f"lost before the task: {error.message}")
            raise
        except (BecomeError, RefusedError) as error:
            return self._trouble(turn, Verdict.BAD, error.message)
        name = turn.task.name or turn.task.step
        self._work.write(TaskPlanned(self._work.host.name, turn.address, name, turn.task.step, planned.decision))
        return self._carry_out(turn, planned)

    def _planned(self, turn: Turn) -> Planned:
        """Plan, under the host's lease and on fresh facts when it would act. A decision that a crash left behind is kept."""
        planned = self._plan(turn)
        recorded = self._work.recorder.state.decisions.get((self._work.host.name, turn.address))
        if recorded is not None and "***" not in repr(recorded.decision):
            return Planned(planned.step, planned.arguments, planned.context, recorded.decision)
        if self._play.inputs.check:
            return self._forecast(planned)
        if is_mutating(planned.decision) and not turn.session.leased:
            Performer(self._play, self._doors, self._work, self._delegates).take_lease(turn.session)
            turn.session.forget(("*",))
            if turn.session is self._work.session:
                self.after_lease()
            planned = self._plan(turn)
        return self._as_saved(turn, planned)

    def _plan(self, turn: Turn) -> Planned:
        host = self._work.host
        return plan_task(self._play, self._doors, turn.task, host, turn.session, scope=turn.scope, frozen=self.frozen())

    def _forecast(self, planned: Planned) -> Planned:
        decision = planned.decision
        hangs = ("*" in self._work.uncertain and bool(planned.step.needs)) or bool(self._work.uncertain & set(planned.step.needs))
        if isinstance(decision, Act):
            self._work.uncertain |= {name for action in decision.actions for name in action.makes_stale}
        elif hangs:
            words = planned.step.foresee(planned.arguments, planned.context)
            decision = Skip(f"{AT_RUN_TIME}; {words}" if words else AT_RUN_TIME)
        return Planned(planned.step, planned.arguments, planned.context, decision)

    def _as_saved(self, turn: Turn, planned: Planned) -> Planned:
        """Refuse what differs from a saved plan; what the plan left to run time may be anything."""
        saved = self._play.inputs.saved
        if saved is None:
            return planned
        expected = saved.get(self._work.host.name, {}).get(turn.address)
        if expected == planned.decision or (isinstance(expected, Skip) and expected.reason.startswith(AT_RUN_TIME)):
            return planned
        if isinstance(planned.decision, Skip):
            return planned
        reason = "the saved plan says something else: what it read on this host has moved since; make a new plan"
        refusal = Refuse(reason, terminal="refused")
        return Planned(planned.step, planned.arguments, planned.context, refusal)

    def _carry_out(self, turn: Turn, planned: Planned) -> TaskEnded:
        host, decision = self._work.host.name, planned.decision
        match decision:
            case Skip():
                self._owe(decision)
                return TaskEnded(host, turn.address, Verdict.GOOD, changed=False, skipped=True, reason=decision.reason)
            case Refuse():
                return TaskEnded(host, turn.address, Verdict.BAD, changed=False, reason=decision.reason, terminal=decision.terminal)
        if self._play.inputs.check:
            changes = bool(decision.actions)
            return TaskEnded(host, turn.address, Verdict.GOOD, changed=changes, result={**decision.results, "changed": changes})
        self._owe(decision)
        trouble = self._drain_first(turn, decision)
        if trouble is not None:
            return TaskEnded(host, turn.address, Verdict.BAD, changed=False, reason=trouble.reason, terminal=trouble.terminal)
        performer = Performer(self._play, self._doors, self._work, self._delegates)
        return performer.carry_out(turn.task, turn.address, planned, decision, turn.session)

    def _drain_first(self, turn: Turn, decision: Act) -> Trouble | None:
        rolls = steps()[turn.task.step].rolls and any(action.disruptive for action in decision.actions)
        return self.before_disruption() if rolls and not turn.task.delegate_to else None

    def _owe(self, decision: Act | Skip) -> None:
        if not self._play.inputs.check:
            for debt in decision.owes:
                self._work.write(DebtOwed(self._work.host.name, debt))

    def _trouble(self, turn: Turn, verdict: Verdict, reason: str) -> TaskEnded:
        return TaskEnded(self._work.host.name, turn.address, verdict, changed=False, reason=reason)

    def _end(self, task: Task, ended: TaskEnded, item: Mapping[str, Value] | None = None, *, attempt: bool = False) -> TaskEnded:
        """Judge the result by failed_when and changed_when, bind what it notifies, and record it."""
        final = finish(task, ended, lambda expressions, value: self._judged(expressions, task, item or {}, value), attempt=attempt)
        self._work.write(final)
        self._work.adopt(final)
        return final

    def _judged(self, expressions: tuple[str, ...], task: Task, item: Mapping[str, Value], value: Mapping[str, Value]) -> bool:
        named = replace(task, register=task.register or "result")
        return self._holds(expressions, named, item, dict(value))
