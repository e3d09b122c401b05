"""Which names a template cannot do without: found by reading it, so that a misspelt variable is told before any host is asked.

Only what is certain counts. A name that stands behind a condition, in the body of a loop, or under `default` or `is defined` may well
be missing, and is left to the rendering.
"""

from collections.abc import Iterator
from functools import lru_cache

from jinja2 import TemplateSyntaxError, nodes

from healer.model.host import Value
from healer.playbook.compile import has_template
from healer.playbook.sandbox import new_sandbox

_SPARING = frozenset({"default", "d", "defined", "undefined"})
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
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
    spared = {name.name for node in _sparing(tree) for name in node.find_all(nodes.Name)}
    return frozenset(_certain(tree)) - own - spared


def _sparing(tree: nodes.Node) -> Iterator[nodes.Node]:
    return (node for node in tree.find_all((nodes.Filter, nodes.Test)) if node.name in _SPARING)


def _certain(node: nodes.Node) -> Iterator[str]:
    """Yield the names that are read whatever the others come to."""
    match node:
        case nodes.Name(ctx="load"):
            yield node.name
        case nodes.CondExpr() | nodes.If():
            yield from _certain(node.test)
        case nodes.And() | nodes.Or():
            yield from _certain(node.left)
        case nodes.For():
            yield from _certain(node.iter)
        case nodes.Macro() | nodes.CallBlock() | nodes.Block():
            return
        case _:
            for child in node.iter_child_nodes():
                yield from _certain(child)
