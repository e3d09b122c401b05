"""Which names a template cannot do without: found by reading it, so that a misspelt variable is told before any host is asked.

Only what is certain counts. A name that stands behind a condition, in the body of a loop, or under `default` or `is defined` may well
be missing, and is left to the rendering. So is one that is only handed on (an argument of a filter, an entry of a list that something is
picked from): it is an error where it is used, and it may never be.
"""

from collections.abc import Iterable, Iterator
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


def needed(value: Value) -> frozenset[str]:
    """Return the names that rendering the value asks for in any case. The value is one that the compiler has accepted."""
    if isinstance(value, str):
        return _in_template(value) if has_template(value) else frozenset()
    if isinstance(value, dict):
        return frozenset().union(*(needed(part) for pair in value.items() for part in pair))
    return frozenset().union(*map(needed, value)) if isinstance(value, (list, tuple)) else frozenset()


def needed_by_condition(expression: str) -> frozenset[str]:
    """Return the names that a bare expression asks for in any case."""
    return _in_template(f"{{{{ ({expression}) }}}}")


@lru_cache(maxsize=4096)
def _in_template(text: str) -> frozenset[str]:
    try:
        tree = _sandbox.parse(text)
    except (TemplateSyntaxError, RecursionError):
        return frozenset()
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
