"""From what the sources say, in order, to one graph of groups and hosts: who belongs to whom, and how deep. Pure.

Order matters and is Ansible's: hosts and groups stand where they were first mentioned, a child group is linked when it is declared.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

from healer.inventory.names import did_you_mean
from healer.inventory.readers.contract import ParsedGroup, ParsedSource
from healer.model.errors import InventoryError
from healer.model.host import Value
from healer.model.playbook import Where

PRIORITY = "ansible_group_priority"


@dataclass(slots=True)
class Node:
    """A group while the graph is built. `hosts` and `children` are the direct ones, in order."""

    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)
    parents: dict[str, None] = field(default_factory=dict)
    variables: dict[str, Value] = field(default_factory=dict)
    priority: int = 1
    where: Where = field(default_factory=Where)


@dataclass(slots=True)
class HostNode:
    """A host while the graph is built, with the variables that the sources give to it alone."""

    variables: dict[str, Value] = field(default_factory=dict)
    groups: dict[str, None] = field(default_factory=dict)
    where: Where = field(default_factory=Where)


@dataclass(frozen=True, slots=True)
class Graph:
    """The finished graph. `memberships` are all groups of a host but `all`, parents included, in the order in which their variables
    are merged: the later one wins."""

    groups: Mapping[str, Node]
    hosts: Mapping[str, HostNode]
    memberships: Mapping[str, tuple[str, ...]]


def build(sources: Iterable[ParsedSource]) -> Graph:
    """Return the graph of all sources. Raises InventoryError with file and line for loops, clashes and groups that nobody declares."""
    draft = _Draft()
    for source in sources:
        draft.add(source)
    draft.attach_orphans()
    _refuse_clashes(draft.groups, draft.hosts)
    ancestors, depths = _ancestors(draft.groups)
    _settle_ungrouped(draft.groups, draft.hosts, ancestors)
    return Graph(draft.groups, draft.hosts, _memberships(draft, ancestors, depths))


class _Draft:
    """The graph as far as the sources have been taken in."""

    def __init__(self) -> None:
        self.groups: dict[str, Node] = {"all": Node(), "ungrouped": Node()}
        self.hosts: dict[str, HostNode] = {}
        self._link("all", "ungrouped", Where())

    def add(self, source: ParsedSource) -> None:
        """Take one source in, passage by passage."""
        waiting: dict[str, list[tuple[str, Where]]] = {}
        presumed: dict[str, Where] = {}
        for passage in source.groups:
            where = Where(source.source, passage.line)
            if passage.declares:
                self.groups.setdefault(passage.name, Node(where=where))
                presumed.pop(passage.name, None)
                for parent, place in waiting.pop(passage.name, ()):
                    self._link(parent, passage.name, place)
            elif passage.name not in self.groups:
                self.groups[passage.name] = Node(where=where)
                presumed.setdefault(passage.name, where)
            self._take(source, passage, waiting)
        named = {host for passage in source.groups for host in passage.hosts}
        for host in named & source.host_variables.keys():
            self.hosts[host].variables.update(source.host_variables[host])
        self._refuse_undeclared(waiting, presumed)

    def attach_orphans(self) -> None:
        """Make every group without a parent a child of `all`, in order of appearance."""
        for name, node in self.groups.items():
            if name != "all" and not node.parents:
                self._link("all", name, node.where)

    def _take(self, source: ParsedSource, passage: ParsedGroup, waiting: dict[str, list[tuple[str, Where]]]) -> None:
        for name, variables in passage.hosts.items():
            self._host(name, passage, source.source).variables.update(variables)
        self._set_variables(passage, source.source)
        for child in passage.children:
            where = Where(source.source, passage.line_of(child))
            if child in self.groups:
                self._link(passage.name, child, where)
            else:
                waiting.setdefault(child, []).append((passage.name, where))

    def _host(self, name: str, passage: ParsedGroup, source: str) -> HostNode:
        host = self.hosts.get(name)
        if host is None:
            host = self.hosts[name] = HostNode(where=Where(source, passage.line_of(name)))
            if name in passage.ports:
                host.variables["ansible_port"] = passage.ports[name]
        host.groups.setdefault(passage.name)
        self.groups[passage.name].hosts.setdefault(name)
        return host

    def _set_variables(self, passage: ParsedGroup, source: str) -> None:
        node = self.groups[passage.name]
        node.variables.update(passage.variables)
        if PRIORITY in node.variables:
            value = node.variables.pop(PRIORITY)
            try:
                node.priority = int(str(value))
            except ValueError as error:
                message = f"{PRIORITY} of the group {passage.name!r} must be a whole number, not {value!r}."
                raise InventoryError(message, file=source, line=passage.line) from error

    def _link(self, parent: str, child: str, where: Where) -> None:
        if parent == child or child in _above(self.groups, parent):
            message = f"the group {child!r} cannot be a child of {parent!r}: each would contain the other."
            raise InventoryError(message, file=where.file, line=where.line)
        self.groups[parent].children.setdefault(child)
        self.groups[child].parents.setdefault(parent)

    def _refuse_undeclared(self, waiting: Mapping[str, Sequence[tuple[str, Where]]], presumed: Mapping[str, Where]) -> None:
        missing = [
            (where, f"the group {parent!r} has the child {child!r},", child)
            for child, places in waiting.items()
            for parent, where in places
        ]
        missing += [(where, f"variables are given to the group {name!r},", name) for name, where in presumed.items()]
        if missing:
            where, what, name = min(missing, key=lambda item: item[0].line)
            known = [group for group in self.groups if group not in presumed]
            advice = did_you_mean(name, known) or f"Declare it with a section [{name}]."
            raise InventoryError(f"{what} which no source up to here declares.", file=where.file, line=where.line, advice=advice)


def _above(groups: Mapping[str, Node], name: str) -> set[str]:
    found: set[str] = set()
    todo = [name]
    while todo:
        for parent in groups[todo.pop()].parents:
            if parent not in found:
                found.add(parent)
                todo.append(parent)
    return found


def _refuse_clashes(groups: Mapping[str, Node], hosts: Mapping[str, HostNode]) -> None:
    for name in hosts:
        if name in groups:
            host, group = hosts[name].where, groups[name].where
            later = host if host.file != group.file or host.line >= group.line else group
            other = group if later is host else host
            message = f"{name!r} is the name of both a host and a group{f' (see {other})' if other.file else ''}."
            raise InventoryError(message, file=later.file, line=later.line, advice="Rename one of them.")


def _ancestors(groups: Mapping[str, Node]) -> tuple[Mapping[str, frozenset[str]], Mapping[str, int]]:
    """Return of each group all groups above it, and its depth: the longest way down from `all`."""
    above: dict[str, frozenset[str]] = {}
    depths: dict[str, int] = {}
    for name in TopologicalSorter({name: node.parents.keys() for name, node in groups.items()}).static_order():
        parents = groups[name].parents
        above[name] = frozenset(parents).union(*(above[parent] for parent in parents))
        depths[name] = max((depths[parent] + 1 for parent in parents), default=0)
    return above, depths


def _settle_ungrouped(groups: Mapping[str, Node], hosts: Mapping[str, HostNode], ancestors: Mapping[str, frozenset[str]]) -> None:
    """`ungrouped` holds exactly the hosts that belong to no other group."""
    for name, host in hosts.items():
        belongs = set(host.groups).union(*(ancestors[group] for group in host.groups))
        if "ungrouped" in belongs:
            if belongs - {"all", "ungrouped"}:
                host.groups.pop("ungrouped", None)
                groups["ungrouped"].hosts.pop(name, None)
        elif not belongs - {"all"}:
            host.groups.setdefault("ungrouped")
            groups["ungrouped"].hosts.setdefault(name)


def _memberships(draft: _Draft, ancestors: Mapping[str, frozenset[str]], depths: Mapping[str, int]) -> Mapping[str, tuple[str, ...]]:
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    for host in draft.hosts.values():
        direct = tuple(host.groups)
        if direct not in known:
            belongs = set(direct).union(*(ancestors[group] for group in direct)) - {"all"}
            known[direct] = tuple(sorted(belongs, key=lambda group: (depths[group], draft.groups[group].priority, group)))
    return {name: known[tuple(host.groups)] for name, host in draft.hosts.items()}
