"""The services policy of every host is judged before the first connection: a mistake is shown in the file where it stands."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from pydantic import ValidationError

from healer.healing.policy import VARIABLES, ServicesPolicy, policy_of, unknown_hosts
from healer.inventory.places import Part, misplaced
from healer.model.errors import InputError
from healer.model.host import Host, Inventory, Value
from healer.playbook.words import nearest
from healer.rollout.context import PlayContext
from healer.rollout.names import all_tasks
from healer.rollout.planning import steps

LEARNS = "services"


def check_policies(context: PlayContext, targets: Sequence[str]) -> None:
    """Raise InventoryError at the first part of a policy that makes no sense, with file, line and column, where the play heals services."""
    if not any(LEARNS in steps()[task.step].learns for task in all_tasks(context.play) if context.selects(task)):
        return
    judged: set[str] = set()
    for name in targets:
        host = context.inputs.inventory.hosts[name]
        variables = _variables(context, host)
        basis = repr(variables)
        if variables and basis not in judged:
            judged.add(basis)
            _check(context.inputs.inventory, host, variables)


def _variables(context: PlayContext, host: Host) -> Mapping[str, Value]:
    """Return the host's policy, rendered; nothing where that is not possible: the task that uses it says so at its own place."""
    scope = context.scope(host, None, {})
    try:
        return {name: context.renderer.render(host.variables[name], scope) for name in VARIABLES if name in host.variables}
    except InputError:
        return {}


def _check(inventory: Inventory, host: Host, variables: Mapping[str, Value]) -> None:
    try:
        policy = policy_of(variables)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        path = _path(detail["loc"])
        message = detail["msg"].removeprefix("Value error, ").replace("Input should", "it should").rstrip(".")
        raise misplaced(inventory, host.name, path, f"{message}.") from error
    _check_hosts(inventory, host, policy, variables)


def _path(location: Sequence[Part]) -> tuple[Part, ...]:
    """Return where it is in the variables, from pydantic's path through the fields of the policy."""
    names = {field: name for name, field in VARIABLES.items()}
    return (names.get(str(location[0]), str(location[0])), *location[1:]) if location else ()


def _check_hosts(inventory: Inventory, host: Host, policy: ServicesPolicy, variables: Mapping[str, Value]) -> None:
    """Refuse what is named as another host and is none of the inventory."""
    strangers: Collection[str] = unknown_hosts(policy, inventory.hosts)
    for stranger in strangers:
        path = next((where for where, text in _texts(variables) if text == stranger or text.startswith(f"{stranger}/")), (LEARNS,))
        advice = nearest(stranger, inventory.hosts) or "See `healer inventory --graph`."
        raise misplaced(inventory, host.name, path, f"there is no host {stranger} in the inventory.", advice)


def _texts(value: Value, path: tuple[Part, ...] = ()) -> Iterator[tuple[tuple[Part, ...], str]]:
    """Yield every text in the value, with the path to it."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, (*path, str(name)))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*path, number))
    elif isinstance(value, str):
        yield path, value
