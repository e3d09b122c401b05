"""Variables as they stand in a file, each with the place of every part of it, so that a mistake in one can be shown to who wrote it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from healer.inventory.documents import tree, value_of
from healer.inventory.files import read_text
from healer.model.errors import InventoryError
from healer.model.host import Value
from healer.model.playbook import Where

Pair = tuple[yaml.Node, yaml.Node]


@dataclass(frozen=True, slots=True)
class Written:
    """A variable where it is written, for a group or for a host. `pair` are its key and value in YAML, None in other formats."""

    name: str
    where: Where
    group: str = ""
    host: str = ""
    plain: Value = None
    pair: Pair | None = None

    def says(self, value: Value) -> bool:
        """Return whether this is what gives the variable that value."""
        try:
            return (self.plain if self.pair is None else value_of(self.pair[1])) == value
        except (InventoryError, yaml.YAMLError, ValueError):
            return False

    def part(self, path: Sequence[str | int]) -> Where:
        """Return the place of the part that the path leads to; what the file does not have is stepped over."""
        return self.where if self.pair is None else place_in(self.where.file, self.pair, path)


def place_in(file: str, pair: Pair, path: Sequence[str | int]) -> Where:
    """Return the place of the last part of the path that is there: a key's, or an item's."""
    found, node = pair
    for part in path:
        if isinstance(node, yaml.MappingNode):
            inner = [entry for entry in node.value if entry[0].value == str(part)]
            found, node = inner[-1] if inner else (found, node)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = node = node.value[part]
    return Where(file, found.start_mark.line + 1, found.start_mark.column + 1)


def variables(file: str, node: yaml.Node | None, *, group: str = "", host: str = "") -> Iterator[Written]:
    """Yield the variables of a mapping in order; nothing for what is none."""
    for key, value in pairs(node):
        yield Written(str(key.value), place_in(file, (key, value), ()), group, host, pair=(key, value))


def pairs(node: yaml.Node | None) -> list[Pair]:
    """Return the entries of a mapping, none for anything else."""
    return node.value if isinstance(node, yaml.MappingNode) else []


def in_variable_file(path: Path) -> list[Written]:
    """Return the variables of a file of group_vars or host_vars. Raises InventoryError for what cannot be read."""
    return list(variables(str(path), tree(read_text(path))))
