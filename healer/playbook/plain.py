"""What a template gives is brought into the shape that variables have: JSON-like values, none of jinja2's or Python's own things."""

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date

from jinja2 import Undefined

from healer.model.facts import Unknown
from healer.model.host import Value
from healer.model.secret import Secret

LARGEST = 16 * 1024 * 1024
"""Characters in all that one rendering may give; an item of a list or mapping counts as 8."""


class TooLarge(ValueError):
    """A rendering would give more than LARGEST."""


class Allowance:
    """How much one rendering may still give."""

    def __init__(self) -> None:
        self._left = LARGEST

    def spend(self, amount: int) -> None:
        """Take `amount` off. Raises TooLarge when nothing is left."""
        self._left -= amount
        if self._left < 0:
            raise TooLarge(f"the result is larger than {LARGEST // 1024 // 1024} MiB")


class Omitted:
    """The value of `omit`: an argument that has it is left out."""

    def __repr__(self) -> str:
        """Name it as it is written."""
        return "omit"


OMIT = Omitted()


def plain(value: object, allowance: Allowance) -> Value:
    """Return a JSON-shaped copy. Raises UndefinedError for what is not defined, TypeError for what is no value, TooLarge."""
    if isinstance(value, (bool, type(None), float, date, Secret, Omitted)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        allowance.spend(len(value))
        return str(value) if type(value) is str else str.__str__(value)
    if isinstance(value, (Undefined, Unknown)):
        return _refuse_unknown(value)
    return _container(value, allowance)


def _container(value: object, allowance: Allowance) -> Value:
    if isinstance(value, Mapping):
        return _mapping(value.items(), allowance)
    if is_dataclass(value) and not isinstance(value, type):
        return _mapping(((field.name, getattr(value, field.name)) for field in fields(value)), allowance)
    if isinstance(value, AbstractSet) and not isinstance(value, (KeysView, ItemsView)):
        value = sorted(value, key=str)
    if isinstance(value, (list, tuple, range, Iterator, KeysView, ValuesView, ItemsView)):
        return list(_items(value, allowance))
    raise TypeError(f"a {type(value).__name__} is no value; to read an entry whose name is also a method, write x['name']")


def _mapping(pairs: Iterable[tuple[object, object]], allowance: Allowance) -> Value:
    result = {}
    for key, item in pairs:
        allowance.spend(8)
        found = plain(item, allowance)
        if not isinstance(found, Omitted):
            result[plain(key, allowance)] = found
    return result


def _items(values: Iterable[object], allowance: Allowance) -> Iterator[Value]:
    for item in values:
        allowance.spend(8)
        found = plain(item, allowance)
        if not isinstance(found, Omitted):
            yield found


def _refuse_unknown(value: Undefined | Unknown) -> Value:
    if isinstance(value, Unknown):
        raise TypeError(f"the reading is not known: {value.reason}")
    return str(value)
