"""Arguments that people set per host are judged for all hosts before the first connection: a policy that makes no sense begins nothing."""

from collections.abc import Hashable, Sequence

from healer.model.errors import PlaybookError
from healer.model.host import Host
from healer.model.playbook import Task
from healer.playbook.needs import mentioned
from healer.playbook.sandbox import GLOBALS
from healer.playbook.schema import arguments_of
from healer.rollout.context import PlayContext
from healer.rollout.names import ALWAYS, all_tasks
from healer.rollout.planning import steps

OWN = ALWAYS - frozenset(GLOBALS)
"""Names that healer itself sets for each host."""


def check_arguments(context: PlayContext, targets: Sequence[str]) -> None:
    """Raise PlaybookError at the first early task whose arguments make no sense on one of the targets, naming it.

    A task with a `when` may never be asked there, and a loop's items are not known yet: those are judged at their turn.
    """
    for task in filter(context.selects, all_tasks(context.play)):
        if steps()[task.step].early and not task.when and task.loop is None:
            judged: set[Hashable] = set()
            for name in targets:
                _check_once(context, task, context.inputs.inventory.hosts[name], judged)


def _check_once(context: PlayContext, task: Task, host: Host, judged: set[Hashable]) -> None:
    """Judge the host's arguments; those that are made of the same values as another host's are the same."""
    basis = _basis(context, task, host)
    if basis not in judged:
        judged.add(basis)
        _check(context, task, host)


def _basis(context: PlayContext, task: Task, host: Host) -> Hashable:
    """Return all that the arguments are made of, through the variables that they speak of; what healer sets differs from host to host."""
    written = {**host.variables, **context.play.vars, **task.vars, **context.inputs.extra}
    found: dict[str, str] = {}
    left = set(mentioned(task.arguments))
    while left:
        name = left.pop()
        if name not in found:
            found[name] = repr(written[name]) if name in written else host.name if name in OWN else ""
            left |= mentioned(written.get(name))
    return frozenset(found.items())


def _check(context: PlayContext, task: Task, host: Host) -> None:
    try:
        arguments_of(task, steps()[task.step], context.renderer, context.scope(host, task, {}))
    except PlaybookError as error:
        message = f"host {host.name}: {error.message}"
        raise PlaybookError(message, file=error.file, line=error.line, column=error.column, advice=error.advice) from error
