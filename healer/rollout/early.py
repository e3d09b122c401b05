"""Arguments that people set per host are judged for all hosts before the first connection: a policy that makes no sense begins nothing."""

from collections.abc import Hashable, Iterator, Sequence
from itertools import chain

from pydantic import BaseModel, ValidationError

from healer.healing.policy import ServicesPolicy, unknown_hosts
from healer.inventory.places import place_of
from healer.model.errors import PlaybookError
from healer.model.host import Host
from healer.model.playbook import Task, Where
from healer.playbook.needs import mentioned
from healer.playbook.sandbox import GLOBALS
from healer.playbook.schema import arguments_of
from healer.playbook.words import nearest
from healer.rollout.context import PlayContext
from healer.rollout.names import ALWAYS, all_tasks
from healer.rollout.origins import origin
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
        arguments = arguments_of(task, steps()[task.step], context.renderer, context.scope(host, task, {}))
    except PlaybookError as error:
        mistake = error.__cause__
        path = mistake.errors(include_url=False)[0]["loc"] if isinstance(mistake, ValidationError) else ()
        raise _told(context, task, host, error, path) from error
    for path, name in _strangers(arguments, context):
        message = f"{task.step}: {'.'.join(map(str, path))}: there is no host {name!r} in the inventory."
        advice = nearest(name, context.inputs.inventory.hosts) or "See `healer inventory --graph`."
        fault = PlaybookError(message, file=task.where.file, line=task.where.line, column=task.where.column, advice=advice)
        raise _told(context, task, host, fault, path)


def _strangers(arguments: BaseModel, context: PlayContext) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the hosts that a policy among the arguments names and that nobody knows, each with the way to where it stands."""
    for argument, value in arguments:
        if isinstance(value, ServicesPolicy):
            for name in unknown_hosts(value, context.inputs.inventory.hosts):
                yield (argument, *_way_to(name, value)), name


def _way_to(host: str, policy: ServicesPolicy) -> tuple[str | int, ...]:
    """Return the way to where the policy names the host first."""
    needed = (
        ("services", number, "depends_on", place)
        for number, entry in enumerate(policy.services)
        for place, word in enumerate(entry.depends_on)
        if word.rpartition("/")[0] == host
    )
    asked = (
        ("services", number, "probes", place, "from")
        for number, entry in enumerate(policy.services)
        for place, probe in enumerate(entry.probes)
        if probe.origin == host
    )
    return next(chain(needed, asked))


def _told(context: PlayContext, task: Task, host: Host, error: PlaybookError, path: Sequence[str | int]) -> PlaybookError:
    """Return the mistake with the host's name, at the place of the variable that holds it, or else where the task stands."""
    written = {**context.play.vars, **task.vars, **context.inputs.extra}
    way = origin(task.arguments, path, written, host.variables) if path else None
    where = place_of(context.inputs.inventory, host.name, way) if way else None
    where = where or Where(error.file, error.line, error.column)
    message = f"host {host.name}: {error.message}"
    return PlaybookError(message, file=where.file, line=where.line, column=where.column, advice=error.advice)
