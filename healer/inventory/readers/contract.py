"""What an inventory format is: a file in, a parsed source out. Merging and precedence are nobody's business here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from healer.inventory.marks import Written
from healer.model.host import Value


@dataclass(frozen=True, slots=True)
class ParsedGroup:
    """What one passage of a source says about a group: direct hosts with the variables given there, child groups, own variables.

    The same group may be spoken of in several passages; their order is the order of appearance. `declares` is false for a passage
    that presumes the group and does not make it (`[web:vars]`). `ports` holds for hosts that this passage mentions first.
    `line` is the passage's, `lines` those of the hosts and children by name; 0 or absent means not known.
    """

    name: str
    hosts: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    children: tuple[str, ...] = ()
    variables: Mapping[str, Value] = field(default_factory=dict)
    declares: bool = True
    ports: Mapping[str, int] = field(default_factory=dict)
    line: int = 0
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, name: str) -> int:
        """Return the line on which a host or child stands, or the passage's own."""
        return self.lines.get(name, self.line)


@dataclass(frozen=True, slots=True)
class ParsedSource:
    """What one source says, in order of appearance. The pseudo group `ungrouped` holds hosts that stand outside of every group.

    `host_variables` are given apart from any group and count only for hosts that some passage names. A child that no passage of the
    source declares must come from an earlier source. `notes` are things worth telling that are no reason to refuse.
    """

    source: str
    groups: tuple[ParsedGroup, ...]
    host_variables: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader plug-in. `accepts` looks at name, mode and content and runs nothing; `read` raises InventoryError with line and reason.

    `rank` orders the readers that accept the same file: the lowest is asked. `written` gives every variable of a file in order, with its
    place, and raises as `read` does; what is not written in a file has none.
    """

    name: str
    rank: int
    accepts: Callable[[Path], bool]
    read: Callable[[Path], ParsedSource]
    written: Callable[[Path], Iterable[Written]] = lambda _path: ()
