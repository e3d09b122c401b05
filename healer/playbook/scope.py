"""Which names a template sees, and which of their values may themselves be templates.

Text that people wrote into playbooks, inventories and flags is trusted: it may hold templates, and is rendered when it is asked for.
Everything that a host said is data: it is handed over as it is and never compiled, however much it looks like a template.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from jinja2.utils import missing

from healer.model.errors import PlaybookError
from healer.model.facts import Unknown
from healer.model.host import Host, Inventory, Value
from healer.playbook.sandbox import GLOBALS, NotDefined


@dataclass(frozen=True, slots=True)
class Scope:
    """The variables of one host at one task. A name is looked up in `extra`, then `data`, then `trusted`.

    `trusted` are inventory, play and task variables with templates still in them; `extra` are those of the command line, trusted too.
    `data` are facts, registered results and loop items, already final. `hosts` are the inventory's variables of every host: `hostvars`.
    """

    trusted: Mapping[str, Value] = field(default_factory=dict)
    data: Mapping[str, Value] = field(default_factory=dict)
    extra: Mapping[str, Value] = field(default_factory=dict)
    hosts: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    def with_data(self, **data: Value) -> "Scope":
        """Return a scope that has these data too: a loop's item, a new register."""
        return replace(self, data={**self.data, **data})

    def with_trusted(self, variables: Mapping[str, Value]) -> "Scope":
        """Return a scope in which these variables, with templates in them, stand before the trusted ones: a task's `vars`."""
        return replace(self, trusted={**self.trusted, **variables})


def host_data(host: Host, inventory: Inventory) -> dict[str, Value]:
    """Return the names that every host's templates have beside variables; they are data."""
    return {
        "inventory_hostname": host.name,
        "inventory_hostname_short": host.name.split(".")[0],
        "group_names": list(host.groups),
        "groups": {name: list(inventory.members(name)) for name in inventory.groups},
    }


Render = Callable[[Value, "Names"], object]
"""Renders a trusted value with names from a scope; what is not defined comes back as it is when it is the whole value."""


class Names:
    """The names of one rendering: trusted values are rendered at their first use, once, and a circle among them is an error."""

    def __init__(self, scope: Scope, render: Render, *, path: tuple[str, ...] = (), owner: str = "") -> None:
        """`path` are the variables being rendered already; `owner` is the other host whose variables these are."""
        self._scope, self._render, self._path, self._owner = scope, render, path, owner
        self._ready: dict[str, object] = {}

    @property
    def path(self) -> tuple[str, ...]:
        """Return the variables that led here, outermost first."""
        return self._path

    def known(self) -> Iterator[str]:
        """Return every name that has a value."""
        for names in (self._scope.extra, self._scope.data, self._scope.trusted, GLOBALS, ("hostvars",)):
            yield from names

    def lookup(self, name: str) -> object:
        """Return the name's value, or jinja2's `missing`. Raises PlaybookError for a circle of variables."""
        if name not in self._ready:
            self._ready[name] = self._find(name)
        return self._ready[name]

    def _find(self, name: str) -> object:
        if name == "hostvars" and self._scope.hosts:
            return _HostVariables(self._scope, self._render, self._path)
        if name in self._scope.extra:
            return self._trusted(name, self._scope.extra[name])
        if name in self._scope.data:
            return _defined(name, self._scope.data[name])
        if name in self._scope.trusted:
            return self._trusted(name, self._scope.trusted[name])
        return GLOBALS.get(name, missing)

    def _trusted(self, name: str, value: Value) -> object:
        label = f"hostvars[{self._owner}].{name}" if self._owner else name
        if label in self._path:
            raise PlaybookError(
                f"template loop: {' -> '.join((*self._path[self._path.index(label) :], label))}.", advice="Give one of them a plain value."
            )
        inner = Names(self._scope, self._render, path=(*self._path, label), owner=self._owner)
        return self._render(value, inner)


class _Variables(Mapping[str, object]):
    """Another host's variables, rendered in that host's own scope when they are asked for."""

    def __init__(self, names: Names, variables: Mapping[str, Value]) -> None:
        self._names, self._variables = names, variables

    def __getitem__(self, name: str) -> object:
        if name not in self._variables:
            raise KeyError(name)
        return self._names.lookup(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


class _HostVariables(Mapping[str, _Variables]):
    """`hostvars`: every host's inventory variables by host name."""

    def __init__(self, scope: Scope, render: Render, path: tuple[str, ...]) -> None:
        self._scope, self._render, self._path = scope, render, path

    def __getitem__(self, host: str) -> _Variables:
        variables = {**self._scope.hosts[host], **self._scope.extra}
        own = replace(self._scope, trusted=self._scope.hosts[host], data={"inventory_hostname": host})
        return _Variables(Names(own, self._render, path=self._path, owner=host), variables)

    def __iter__(self) -> Iterator[str]:
        return iter(self._scope.hosts)

    def __len__(self) -> int:
        return len(self._scope.hosts)


def _defined(name: str, value: Value) -> object:
    return NotDefined(hint=f"{name!r} is not known: {value.reason}", name=name) if isinstance(value, Unknown) else value
