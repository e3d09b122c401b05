"""One keyword's value is read: of the right kind, or an error at its place that says what would be right."""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import date

from healer.model.errors import PlaybookError
from healer.model.host import Value
from healer.model.playbook import Where
from healer.playbook.compile import Compiler, has_template, shortened
from healer.playbook.nodes import Entry, Node, fault
from healer.playbook.words import RESERVED_NAMES

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def text(node: Node) -> str:
    """Return a text."""
    if isinstance(node.value, str):
        return node.value
    advice = "Quote it." if isinstance(node.value, (bool, int, float, date)) else ""
    raise fault(node.where, f"{shortened(node.value)} is not text.", advice)


def boolean(node: Node) -> bool:
    """Return true or false."""
    if isinstance(node.value, bool):
        return node.value
    raise fault(node.where, f"{shortened(node.value)} is neither true nor false.", "Write true or false; a template is not taken here.")


def count(node: Node) -> int:
    """Return a whole number that is not negative."""
    if isinstance(node.value, int) and not isinstance(node.value, bool) and node.value >= 0:
        return node.value
    raise fault(node.where, f"{shortened(node.value)} is no whole number.", "Write a number such as 3.")


def seconds(node: Node) -> float:
    """Return a number of seconds that is not negative."""
    if isinstance(node.value, (int, float)) and not isinstance(node.value, bool) and 0 <= node.value < float("inf"):
        return float(node.value)
    raise fault(node.where, f"{shortened(node.value)} is no number of seconds.", "Write a number such as 5.")


def percentage(node: Node) -> float:
    """Return a number from 0 to 100."""
    value = seconds(node)
    if value > 100:
        raise fault(node.where, f"{value:g} is more than 100 percent.")
    return value


def each(node: Node) -> tuple[Node, ...]:
    """Return a list's items, or the one value that stands for a list of one. Nothing is an empty list."""
    if node.value is None:
        return ()
    return node.items if isinstance(node.value, list) else (node,)


def texts(node: Node) -> tuple[str, ...]:
    """Return one text or a list of texts."""
    return tuple(text(item) for item in each(node))


def tags(node: Node) -> frozenset[str]:
    """Return tags from a list or from text with commas."""
    return frozenset(tag for item in texts(node) for tag in map(str.strip, item.split(",")) if tag)


def variable_name(node: Node) -> str:
    """Return a name that a template can use."""
    return _variable_name(node.value, node)


def _variable_name(word: Value, node: Node) -> str:
    if not isinstance(word, str) or not _NAME.fullmatch(word):
        raise fault(node.where, f"{shortened(word)} is no variable name.", "Use letters, digits and _, and begin with a letter.")
    if word in RESERVED_NAMES:
        raise fault(node.where, f"{word!r} is a name of healer's own.", "Choose another name.")
    return word


def mapping(node: Node, what: str) -> Mapping[Hashable, Entry]:
    """Return a mapping's entries; nothing is an empty one."""
    if node.value is None or isinstance(node.value, dict):
        return node.entries
    raise fault(node.where, f"{what} must be a mapping (name: value), not {shortened(node.value)}.")


def listed(node: Node, what: str) -> tuple[Node, ...]:
    """Return a list's items; nothing is an empty one."""
    if node.value is None or isinstance(node.value, list):
        return node.items
    raise fault(node.where, f"{what} must be a list, each item with a - in front.")


def variables(node: Node, compiler: Compiler) -> dict[str, Value]:
    """Return variables whose values may be templates, which are checked."""
    found = {_variable_name(key, Node(key, entry.where)): entry.node.value for key, entry in mapping(node, "vars").items()}
    check_templates(node, compiler)
    return found


def conditions(node: Node, compiler: Compiler) -> tuple[str, ...]:
    """Return bare expressions: text, true or false, or a list of them."""
    return tuple(_condition(item, compiler) for item in each(node))


def _condition(node: Node, compiler: Compiler) -> str:
    if isinstance(node.value, bool):
        return str(node.value)
    if not isinstance(node.value, str) or not node.value.strip():
        raise fault(node.where, f"{shortened(node.value)} is no condition.", "Write an expression such as x == 'y', true or false.")
    compiler.check_condition(node.value, node.where)
    return node.value


def check_templates(node: Node, compiler: Compiler) -> None:
    """Raise PlaybookError for the first text below the node that looks like a template and is none."""
    for found in node.walk():
        if isinstance(found.value, str) and has_template(found.value):
            first_line = Where(found.where.file, found.text_line or found.where.line, found.where.column)
            compiler.check_template(found.value, first_line)


def caught(read: Callable[[Node], object], nodes: tuple[Node, ...]) -> Iterator[PlaybookError]:
    """Yield the errors of reading each node."""
    for node in nodes:
        try:
            read(node)
        except PlaybookError as error:
            yield error
