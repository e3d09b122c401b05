"""The types of values in INI inventories: a Python literal where it is one, else the text, as Ansible reads them."""

import ast
import warnings
from collections.abc import Iterable

from healer.model.host import Value

_CONSTANTS = ("True", "False", "None")


def typed(text: str) -> Value:
    """Return the value that the text stands for. Raises ValueError where Ansible gives the whole file up."""
    if text.isidentifier() and text.isascii() and text not in _CONSTANTS:
        return text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            value: Value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    except (TypeError, RecursionError, MemoryError) as error:
        raise ValueError(f"the value {text[:60]!r} cannot be read: {error}") from error
    return json_shaped(value)


def json_shaped(value: Value) -> Value:
    """Return the value with only what JSON knows: sets (sorted) and tuples become lists, bytes and odd numbers text."""
    if isinstance(value, dict):
        return {key: json_shaped(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return [json_shaped(item) for item in _in_order(value)]
    if isinstance(value, (list, tuple)):
        return [json_shaped(item) for item in value]
    if isinstance(value, bytes):
        return value.decode()
    if value is ...:
        return "..."
    return str(value) if isinstance(value, complex) else value


def _in_order(values: Iterable[Value]) -> list[Value]:
    """Give a set an order: it has none of its own, and an inventory's digest needs one."""
    return sorted(values, key=lambda value: (type(value).__name__, value if isinstance(value, (int, float)) else 0, repr(value)))
