"""Which variable wins: Ansible's precedence, as one table. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from healer.inventory.graph import Graph
from healer.model.host import Group, Host, Inventory, Value, frozen

Variables = Mapping[str, Value]
_NONE: Variables = {}


@dataclass(frozen=True, slots=True)
class VariableFolder:
    """The group_vars and host_vars of one folder, by the name of the group or host."""

    groups: Mapping[str, Variables] = field(default_factory=dict)
    hosts: Mapping[str, Variables] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VariableFiles:
    """All variable files: the folders beside the inventory sources, in order of the sources, and the one beside the playbook."""

    inventory: tuple[VariableFolder, ...] = ()
    playbook: VariableFolder = field(default_factory=VariableFolder)


class Place(Enum):
    """Where a variable can be written."""

    INVENTORY = "in the inventory itself"
    BESIDE_INVENTORY = "in group_vars and host_vars beside an inventory source"
    BESIDE_PLAYBOOK = "in group_vars and host_vars beside the playbook"


class Scope(Enum):
    """Whom it is written for."""

    ALL = "the group `all`"
    GROUPS = "the host's other groups, in order of depth, priority and name"
    HOST = "the host itself"


PRECEDENCE: tuple[tuple[Scope, Place], ...] = (
    (Scope.ALL, Place.INVENTORY),
    (Scope.GROUPS, Place.INVENTORY),
    (Scope.ALL, Place.BESIDE_INVENTORY),
    (Scope.ALL, Place.BESIDE_PLAYBOOK),
    (Scope.GROUPS, Place.BESIDE_INVENTORY),
    (Scope.GROUPS, Place.BESIDE_PLAYBOOK),
    (Scope.HOST, Place.INVENTORY),
    (Scope.HOST, Place.BESIDE_INVENTORY),
    (Scope.HOST, Place.BESIDE_PLAYBOOK),
)
"""The later line wins. Within a line the later source wins, and within a source the later group."""

Places = Mapping[Place, Sequence[VariableFolder]]


def merge(graph: Graph, files: VariableFiles, sources: Iterable[str] = (), notes: Iterable[str] = ()) -> Inventory:
    """Return the resolved inventory. A mapping that is set twice is replaced whole, never merged key by key."""
    places = _places(graph, files)
    shared = {groups: _joined(_of_groups(places, groups)) for groups in set(graph.memberships.values())}
    hosts = {name: _host(places, name, groups, shared[groups]) for name, groups in graph.memberships.items()}
    all_groups = {name: _group(places, graph, name) for name in graph.groups}
    return Inventory(MappingProxyType(hosts), MappingProxyType(all_groups), tuple(sources), tuple(notes))


def _places(graph: Graph, files: VariableFiles) -> Places:
    inventory = VariableFolder(
        {name: node.variables for name, node in graph.groups.items()},
        {name: node.variables for name, node in graph.hosts.items()},
    )
    return {Place.INVENTORY: (inventory,), Place.BESIDE_INVENTORY: files.inventory, Place.BESIDE_PLAYBOOK: (files.playbook,)}


def _of_groups(places: Places, groups: Sequence[str]) -> Iterator[Variables]:
    named: Mapping[Scope, Sequence[str]] = {Scope.ALL: ("all",), Scope.GROUPS: groups, Scope.HOST: ()}
    for scope, place in PRECEDENCE:
        for folder in places[place]:
            yield from (folder.groups.get(name, _NONE) for name in named[scope])


def _of_host(places: Places, host: str) -> Iterator[Variables]:
    for scope, place in PRECEDENCE:
        if scope is Scope.HOST:
            yield from (folder.hosts.get(host, _NONE) for folder in places[place])


def _host(places: Places, name: str, groups: Sequence[str], shared: Variables) -> Host:
    return Host(name, frozen(_joined([shared, *_of_host(places, name)])), tuple(sorted(groups)))


def _group(places: Places, graph: Graph, name: str) -> Group:
    node = graph.groups[name]
    own = (folder.groups.get(name, _NONE) for place in Place for folder in places[place])
    return Group(name, tuple(node.hosts), tuple(node.children), frozen(_joined(own)))


def _joined(layers: Iterable[Variables]) -> Variables:
    joined: dict[str, Value] = {}
    for layer in layers:
        joined.update(layer)
    return joined
