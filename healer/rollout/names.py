"""Misspelt variables and circles of variables in a play's tasks, found before the first connection. Pure.

A task with a `when` may never be rendered, one with a `loop` may have no items: of these only the part that is always read is judged.
What a task registers counts as there from the beginning; whether it is in time shows in the run.
"""

from collections.abc import Iterator, Mapping, Sequence

from healer.model.errors import PlaybookError
from healer.model.host import Host, Value
from healer.model.playbook import Play, Task
from healer.playbook.compile import shortened
from healer.playbook.needs import needed, needed_by_condition, texts
from healer.playbook.sandbox import GLOBALS
from healer.playbook.words import nearest
from healer.rollout.context import PlayContext

ALWAYS = frozenset(
    {"inventory_hostname", "inventory_hostname_short", "group_names", "groups", "hostvars", "facts", "healer_run", "healer_check_mode"}
) | frozenset(GLOBALS)


def check_names(context: PlayContext, targets: Sequence[str]) -> None:
    """Raise PlaybookError at the first task that asks for a variable which none of the targets has."""
    registered = {task.register for play in context.inputs.playbook.plays for task in all_tasks(play)}
    known = ALWAYS | registered | context.inputs.extra.keys()
    hosts = [context.inputs.inventory.hosts[name] for name in targets]
    for task in filter(context.selects, all_tasks(context.play)):
        if not task.ignore_errors:
            search = _Search(context, task, known | {task.loop_var})
            for source in _read(task):
                for name in sorted(_names(source)):
                    search.check(name, "in a task with no_log" if task.no_log else f"in {shortened(str(source))}", hosts)


def all_tasks(play: Play) -> Iterator[Task]:
    """Yield every task of the play, whichever section it stands in."""
    rolling = play.rolling
    for section in (play.prepare, play.pre_tasks, play.tasks, play.post_tasks, play.health, play.handlers, rolling.drain, rolling.undrain):
        yield from section


class _Condition(str):
    """A bare expression."""

    __slots__ = ()


def _read(task: Task) -> Iterator[str]:
    """Yield the texts of a task that are rendered in any case."""
    if task.loop is not None:
        yield from texts(task.loop)
        if not isinstance(task.loop, list) or not task.loop:
            return
    if task.when:
        yield _Condition(task.when[0])
        return
    yield from texts(task.arguments)
    yield task.delegate_to


def _names(source: str) -> frozenset[str]:
    return needed_by_condition(source) if isinstance(source, _Condition) else needed(source)


class _Search:
    """Follows the names that one task needs through the variables of a host."""

    def __init__(self, context: PlayContext, task: Task, known: frozenset[str]) -> None:
        self._task, self._known = task, known
        self._written = {**context.play.vars, **task.vars}

    def check(self, name: str, source: str, hosts: Sequence[Host]) -> None:
        """Raise PlaybookError when no host has the name and all that it is made of. What some have is a matter of the others alone."""
        faults = []
        for host in hosts:
            fault = self._follow(name, source, host, ())
            if fault is None:
                return
            faults.append(fault)
        if faults:
            raise faults[0]

    def _follow(self, name: str, source: str, host: Host, path: tuple[str, ...]) -> PlaybookError | None:
        if name in path:
            return self._fault(f"template loop: {' -> '.join((*path[path.index(name) :], name))}.", "Give one of them a plain value.")
        if name in self._known:
            return None
        variables: Mapping[str, Value] = self._written if name in self._written else host.variables
        if name not in variables:
            return self._fault(f"{name!r} is undefined {source}.", nearest(name, {*self._known, *self._written, *host.variables}))
        told = f"in the variable {name!r}: {shortened(variables[name])}"
        found = (self._follow(inner, told, host, (*path, name)) for inner in sorted(needed(variables[name])))
        return next((fault for fault in found if fault is not None), None)

    def _fault(self, message: str, advice: str) -> PlaybookError:
        where = self._task.where
        return PlaybookError(message, file=where.file, line=where.line, column=where.column, advice=advice)
