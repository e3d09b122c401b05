"""Which names a template speaks of, and which of them it cannot do without: found by reading it, before any host is asked.

Needed is only what is certain, so that a misspelt variable can be told. A name that stands behind a condition, in the body of a loop, or
under `default` or `is defined` may well be missing, and is left to the rendering. So is one that is only handed on (an argument of a
filter, an entry of a list that something is picked from): it is an error where it is used, and it may never be.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import TemplateSyntaxError, nodes

from healer.model.host import Value
from healer.playbook.compile import has_template
from healer.playbook.sandbox import new_sandbox

_SPARING = frozenset({"default", "d", "defined", "undefined"})
_QUIET = frozenset(
    {"boolean", "callable", "false", "float", "integer", "mapping", "none", "number", "sameas", "sequence", "string", "true"}
)
"""Tests that have an answer for what is not defined too."""
_LITERALS = (nodes.List, nodes.Tuple, nodes.Dict)
_UNREAD = (nodes.Assign, nodes.With, nodes.Macro, nodes.CallBlock, nodes.Block, *_LITERALS)
"""What may be there without ever being looked at."""
_sandbox = new_sandbox()


@dataclass(frozen=True, slots=True)
class Question:
    """What a condition is made of: variables, filters and tests by name, and the texts that it compares with; a key is none of these."""

    names: frozenset[str]
    tools: frozenset[str]
    texts: frozenset[str]


def needed(value: Value) -> frozenset[str]:
    """Return the names that rendering the value asks for in any case. The value is one that the compiler has accepted."""
    return frozenset().union(*(_in_template(text) for text in texts(value) if has_template(text)))


def needed_by_condition(expression: str) -> frozenset[str]:
    """Return the names that a bare expression asks for in any case."""
    return _in_template(_bare(expression))


def mentioned(value: Value) -> frozenset[str]:
    """Return every name that a template in the value speaks of, needed or not."""
    return frozenset().union(*(_spoken_of(text) for text in texts(value) if has_template(text)))


@lru_cache(maxsize=4096)
def _spoken_of(text: str) -> frozenset[str]:
    return _names(_parsed(text))


@lru_cache(maxsize=4096)
def question(expression: str) -> Question:
    """Return what a bare expression is made of."""
    tree = _parsed(_bare(expression))
    keys = {id(item.arg) for item in tree.find_all(nodes.Getitem)}
    compared = {node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str) and id(node) not in keys}
    return Question(_names(tree), frozenset(node.name for node in tree.find_all((nodes.Filter, nodes.Test))), frozenset(compared))


def texts(value: Value) -> Iterator[str]:
    """Yield every text in a value, keys of mappings among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for part in (part for pair in value.items() for part in pair) if isinstance(value, Mapping) else value:
            yield from texts(part)


def _bare(expression: str) -> str:
    return f"{{{{ ({expression}) }}}}"


def _parsed(text: str) -> nodes.Template:
    """Return the syntax tree; of what cannot be parsed an empty one, for that is told by the compiler."""
    try:
        return _sandbox.parse(text)
    except (TemplateSyntaxError, RecursionError):
        return nodes.Template([])


def _names(tree: nodes.Template) -> frozenset[str]:
    return frozenset(name.name for name in tree.find_all(nodes.Name) if name.ctx == "load")


@lru_cache(maxsize=4096)
def _in_template(text: str) -> frozenset[str]:
    tree = _parsed(text)
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"} | {macro.name for macro in tree.find_all(nodes.Macro)}
    spared = {name.name for node in _sparing(tree) for name in node.find_all(nodes.Name)}
    return frozenset(_certain(tree)) - own - spared


def _sparing(tree: nodes.Node) -> Iterator[nodes.Node]:
    return (node for node in tree.find_all((nodes.Filter, nodes.Test)) if node.name in _SPARING)


def _certain(node: nodes.Node) -> Iterator[str]:
    """Yield the names that are read whatever the others come to."""
    if isinstance(node, nodes.Name):
        yield node.name
    for child in _read(node):
        yield from _certain(child)


def _read(node: nodes.Node) -> Iterable[nodes.Node]:
    """Return the parts of a node whose values are used in any case."""
    match node:
        case nodes.Output():
            return (part for child in node.nodes for part in _entries(child))
        case nodes.CondExpr() | nodes.If():
            return (node.test,)
        case nodes.And() | nodes.Or():
            return (node.left,)
        case nodes.For():
            return (node.iter,)
        case nodes.Compare():
            return (node.expr, node.ops[0])
        case nodes.Filter():
            return () if node.node is None else (node.node,)
        case nodes.Test():
            return () if node.name in _QUIET else (node.node,)
        case nodes.Call():
            return node.iter_child_nodes() if isinstance(node.node, nodes.Name) and node.node.name == "range" else (node.node,)
        case _:
            return () if isinstance(node, _UNREAD) else node.iter_child_nodes()


def _entries(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield what is printed: of a list or a mapping all that it holds."""
    if isinstance(node, _LITERALS):
        for child in node.iter_child_nodes():
            yield from _entries(child)
    elif isinstance(node, nodes.Pair):
        yield from _entries(node.key)
        yield from _entries(node.value)
    else:
        yield node
