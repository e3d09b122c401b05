"""Interprets a task list on one host: when, loop, until, register, notify.

After a crash the same list is walked again from the top: a task whose result is in the journal is not run but remembered; how the
others go on is told in `turn`.
"""

from collections.abc import Mapping

from healer.model.action import Act, Skip
from healer.model.errors import PlaybookError
from healer.model.events import ActEnded, ActIntended, TaskEnded, TaskPlanned
from healer.model.facts import Verdict
from healer.model.host import Value
from healer.model.playbook import Task
from healer.rollout.context import PlayContext
from healer.rollout.doors import Doors
from healer.rollout.foretelling import AT_RUN_TIME, is_mutating, mentions, named_facts
from healer.rollout.hiding import CENSORED, hidden_task, is_masked
from healer.rollout.performing import Performer
from healer.rollout.results import exhausted, finish, summary_of, value_of
from healer.rollout.turn import Turn, Turns
from healer.rollout.work import Delegates, Trouble, Work


class TaskRun:
    """Runs task lists of one play on one host."""

    def __init__(self, play: PlayContext, doors: Doors, work: Work, delegates: Delegates) -> None:
        """Bind the host."""
        self._play, self._doors, self._work, self._delegates = play, doors, work, delegates
        self._performer = Performer(play, doors, work, delegates)
        self.turns = Turns(play, doors, work, self._performer)
        self._named = named_facts(play.play, work.host)

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
        """Attach to an act that was begun and see what became of it."""
        name = intent.on or self._work.host.name
        if name == self._work.host.name:
            return self._performer.ask(intent, self._work.session)
        with self._delegates.delegated(name) as session:
            return self._performer.ask(intent, session)

    def take_lease(self) -> None:
        """Take the lease of the host itself. Raises RefusedError when somebody else has it."""
        self._performer.take_lease(self._work.session)

    def handlers(self, section: str) -> Trouble | None:
        """Run the notified handlers, in the order in which the play lists them, each once; also those that handlers notify."""
        ran: set[int] = set()
        while (number := self._next_handler(ran)) is not None:
            ran.add(number)
            trouble = self._task(self._play.play.handlers[number], self._play.address(f"handlers-{section}", number))
            if trouble is not None:
                return trouble
        self._work.notified.clear()
        return None

    def _next_handler(self, ran: set[int]) -> int | None:
        notified = self._work.notified.keys()
        handlers = enumerate(self._play.play.handlers)
        return next((n for n, one in handlers if n not in ran and {one.name, *one.listen} & notified), None)

    def _task(self, task: Task, address: str) -> Trouble | None:
        self._read_named()
        ended: list[TaskEnded] = []
        try:
            for place, item in self._items(task, address):
                ended.append(self._until(task, place, item))
                if ended[-1].terminal:
                    break
        except PlaybookError:
            if not self._foretells(task):
                raise
            ended.append(self._at_run_time(task, address))
        if task.register:
            self._work.registers[task.register] = summary_of(ended, looped=task.loop is not None)
        last = ended[-1] if ended else None
        return Trouble(last.terminal, last.reason) if last is not None and last.terminal else None  # type: ignore[arg-type]  # words of Terminal

    def _read_named(self) -> None:
        """Read the facts that templates name and that an act has made stale."""
        if self._named:
            self._work.session.look(self._named)

    def _foretells(self, task: Task) -> bool:
        """Whether, in a dry run, the task could not be rendered because it needs what an earlier one would have told."""
        return self._play.inputs.check and mentions(task, self._play.play, self._work.guessed)

    def _at_run_time(self, task: Task, address: str) -> TaskEnded:
        host = self._work.host.name
        self._work.write(TaskPlanned(host, address, task.name or task.step, task.step, Skip(AT_RUN_TIME)))
        if task.register:
            self._work.guessed.add(task.register)
        ended = TaskEnded(host, address, Verdict.GOOD, changed=False, skipped=True, reason=AT_RUN_TIME)
        self._work.write(ended)
        return ended

    def _items(self, task: Task, address: str) -> list[tuple[str, Mapping[str, Value]]]:
        """Return the address and the data of each loop item. The rendered list is kept: after a crash facts may make another one."""
        if task.loop is None:
            return [(address, {})]
        kept = self._work.run.decisions.of(self._work.host.name).get(f"{address}/loop")
        if kept is not None and isinstance(kept.decision, Act) and not is_masked(kept.decision):
            items = kept.decision.results["items"]
        else:
            items = self._rendered_items(task, address)
        if not isinstance(items, (list, tuple)):
            where = task.where
            raise PlaybookError("loop needs a list", file=where.file, line=where.line, column=where.column)
        return [(f"{address}/{number}", {task.loop_var: item}) for number, item in enumerate(items)]

    def _rendered_items(self, task: Task, address: str) -> Value:
        scope = self._play.scope(self._work.host, task, self._work.data())
        items = self._play.renderer.render(task.loop, scope, task.where)
        if "{{" in repr(task.loop) and not task.no_log and not self._play.inputs.check:
            kept = Act((), results={"items": items})
            self._work.write(TaskPlanned(self._work.host.name, f"{address}/loop", f"the list of {task.name or task.step}", task.step, kept))
        return items

    def _until(self, task: Task, address: str, item: Mapping[str, Value]) -> TaskEnded:
        """Repeat while `until` does not hold. An unknown outcome is never a reason to repeat."""
        if not task.until:
            return self._once(task, address, item)
        over = self._recorded(task, f"{address}/until")
        ended = self._once(task, f"{address}/0", item, attempt=True)
        for attempt in range(1, max(1, task.retries)):
            if over or self._is_over(task, item, ended):
                break
            if self._recorded(task, f"{address}/{attempt}") is None:
                self._doors.pause(task.delay)
                self._work.session.keep()
            ended = self._once(task, f"{address}/{attempt}", item, attempt=True)
        if over or self._play.inputs.check or ended.terminal or ended.skipped:
            return over or ended
        if ended.verdict is Verdict.GOOD and self._is_over(task, item, ended):
            return ended
        return self._keep(task, exhausted(task, ended, f"{address}/until"))

    def _is_over(self, task: Task, item: Mapping[str, Value], ended: TaskEnded) -> bool:
        if self._play.inputs.check or ended.terminal or ended.skipped:
            return True
        return self._holds(task.until, task, item, value_of(ended))

    def _holds(self, expressions: tuple[str, ...], task: Task, item: Mapping[str, Value], result: Value = None) -> bool:
        data = {**self._work.data(), **item}
        if result is not None:
            data[task.register or "result"] = result
        scope = self._play.scope(self._work.host, task, data)
        return all(self._play.renderer.condition(text, scope, task.where) for text in expressions)

    def _recorded(self, task: Task, address: str) -> TaskEnded | None:
        """Return the result that the journal holds. One that was hidden by `no_log` is asked for again where that only looks."""
        done = self._work.run.results.of(self._work.host.name).get(address)
        if done is None or done.verdict is Verdict.UNKNOWN:
            return None
        planned = self._work.run.decisions.of(self._work.host.name).get(address)
        looks = task.no_log and done.result == CENSORED and (planned is None or not is_mutating(planned.decision))
        return None if looks else done

    def _once(self, task: Task, address: str, item: Mapping[str, Value], *, attempt: bool = False) -> TaskEnded:
        done = self._recorded(task, address)
        if done is not None:
            self._work.adopt(done)
            return done
        if task.when and not self._holds(task.when, task, item):
            return self._left_out(task, address, item)
        scope = self._play.scope(self._work.host, task, {**self._work.data(), **item})
        name = str(self._play.renderer.render(task.delegate_to, scope, task.where)) if task.delegate_to else self._work.host.name
        saved_as = f"{address.rpartition('/')[0]}/0" if attempt else address
        if name == self._work.host.name:
            return self._end(task, self.turns.take(Turn(task, address, scope, self._work.session, saved_as)), item, attempt=attempt)
        with self._delegates.delegated(name) as session:
            return self._end(task, self.turns.take(Turn(task, address, scope, session, saved_as)), item, attempt=attempt)

    def _left_out(self, task: Task, address: str, item: Mapping[str, Value]) -> TaskEnded:
        """Return the end of a task whose condition is false, which in a dry run may be because nothing was done yet."""
        if self._play.inputs.check and self._work.uncertain and mentions(task, self._play.play, ("facts",)):
            return self._at_run_time(task, address)
        reason = f"when: {' and '.join(task.when)} is false"
        skipped = TaskEnded(self._work.host.name, address, Verdict.GOOD, changed=False, skipped=True, reason=reason)
        return self._end(task, skipped, item)

    def _end(self, task: Task, ended: TaskEnded, item: Mapping[str, Value], *, attempt: bool = False) -> TaskEnded:
        """Judge the result by failed_when and changed_when, bind what it notifies, and record it."""

        def judges(texts: tuple[str, ...], value: Mapping[str, Value]) -> bool:
            return self._holds(texts, task, item, dict(value))

        return self._keep(task, finish(task, ended, judges, attempt=attempt, foretold=self._play.inputs.check))

    def _keep(self, task: Task, final: TaskEnded) -> TaskEnded:
        self._work.write(hidden_task(final) if task.no_log else final)
        self._work.adopt(final)
        return final
