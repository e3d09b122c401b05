"""The inventory as a play reads it: variables that steer the run or the login may be templates, and are rendered before anything else.

What such a template needs is known before the first connection (variables, groups, the command line), so a mistake in one is refused then.
"""

from dataclasses import replace

from healer.inventory.login_variables import ALIASES
from healer.model.errors import InventoryError, PlaybookError
from healer.model.host import Host, Inventory, Value
from healer.playbook.compile import has_template
from healer.playbook.render import Renderer
from healer.playbook.scope import Scope, host_data
from healer.rollout.context import RunInputs

STEERING = frozenset({"budget_group", "domain", "canary", "window"})
"""Host variables by which hosts are rolled; the one that `rolling: domain` names comes beside them."""
LOGIN = frozenset(name for names in ALIASES.values() for name in names)


def declared(inputs: RunInputs, renderer: Renderer, domain: str = "") -> Inventory:
    """Return the inventory with steering and login variables rendered. A `window` of the command line takes the place of every host's.

    Raises InventoryError that names host and variable.
    """
    steering = STEERING | ({domain} if domain else set())
    given = {name: value for name, value in inputs.extra.items() if name == "window"}
    hosts = {name: _declared(host, inputs, renderer, given, steering | LOGIN) for name, host in inputs.inventory.hosts.items()}
    return replace(inputs.inventory, hosts=hosts)


def _declared(host: Host, inputs: RunInputs, renderer: Renderer, given: dict[str, Value], names: frozenset[str]) -> Host:
    variables = {**host.variables, **given}
    templates = [name for name in variables if name in names and has_template(variables[name])]
    if not templates:
        return replace(host, variables=variables) if given else host
    scope = Scope(
        trusted=host.variables,
        data=host_data(host, inputs.inventory),
        extra=inputs.extra,
        hosts={name: other.variables for name, other in inputs.inventory.hosts.items()},
    )
    return replace(host, variables={**variables, **{name: _rendered(host, name, variables[name], renderer, scope) for name in templates}})


def _rendered(host: Host, name: str, value: Value, renderer: Renderer, scope: Scope) -> Value:
    try:
        return renderer.render(value, scope)
    except PlaybookError as error:
        raise InventoryError(f"host {host.name}: variable {name}: {error.message}", advice=error.advice) from error
