"""The tests (`x is ...`) that Ansible people reach for and jinja2 does not have."""

import re
from collections.abc import Callable, Collection, Mapping
from itertools import zip_longest
from types import MappingProxyType

from healer.model.host import Value

_COMPARISONS: Mapping[str, Callable[[int], bool]] = {
    "==": lambda order: order == 0,
    "eq": lambda order: order == 0,
    "!=": lambda order: order != 0,
    "ne": lambda order: order != 0,
    "<": lambda order: order < 0,
    "lt": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    "le": lambda order: order <= 0,
    ">": lambda order: order > 0,
    "gt": lambda order: order > 0,
    ">=": lambda order: order >= 0,
    "ge": lambda order: order >= 0,
}


def _flag(name: str) -> Callable[[Value], bool]:
    """Return the test of one word in a task's registered result."""

    def test(result: Value) -> bool:
        if not isinstance(result, Mapping):
            raise TypeError(f"only a registered result can be asked whether it is {name}")
        return result.get(name) is True

    return test


_failed = _flag("failed")


def _flags(ignorecase: bool, multiline: bool) -> re.RegexFlag:
    return (re.IGNORECASE if ignorecase else re.NOFLAG) | (re.MULTILINE if multiline else re.NOFLAG)


def match(text: Value, pattern: str, ignorecase: bool = False, multiline: bool = False) -> bool:
    """Whether the pattern matches at the text's beginning."""
    return re.match(pattern, str(text), _flags(ignorecase, multiline)) is not None


def search(text: Value, pattern: str, ignorecase: bool = False, multiline: bool = False) -> bool:
    """Whether the pattern matches anywhere."""
    return re.search(pattern, str(text), _flags(ignorecase, multiline)) is not None


def _pieces(version: str) -> list[tuple[int, int, str]]:
    """Split a version into numbers and words; a number is newer than a word at its place, so that 1.0 follows 1.0rc1."""
    pieces = re.findall(r"\d+|[a-zA-Z~]+", version)
    return [(1, int(piece), "") if piece.isdigit() else (-1, 0, piece) for piece in pieces]


def compare_versions(left: str, right: str) -> int:
    """Return -1, 0 or 1. Loose on purpose: made for `5.10.2` and `1.0rc1`, not for a distribution's epochs and revisions."""
    for one, other in zip_longest(_pieces(left), _pieces(right), fillvalue=(0, 0, "")):
        if one != other:
            return -1 if one < other else 1
    return 0


def version(left: Value, right: Value, operator: str = "==") -> bool:
    """Whether `left` stands in that relation to `right`."""
    if operator not in _COMPARISONS:
        raise ValueError(f"version compares by {' '.join(_COMPARISONS)}, not by {operator!r}")
    return _COMPARISONS[operator](compare_versions(str(left), str(right)))


def _contains(container: Collection[Value], value: Value) -> bool:
    return value in container


def _subset(left: Collection[Value], right: Collection[Value]) -> bool:
    return all(value in right for value in left)


def _superset(left: Collection[Value], right: Collection[Value]) -> bool:
    return _subset(right, left)


def _succeeded(result: Value) -> bool:
    return not _failed(result)


TESTS: Mapping[str, Callable[..., bool]] = MappingProxyType(
    {
        "match": match,
        "search": search,
        "regex": search,
        "version": version,
        "contains": _contains,
        "subset": _subset,
        "superset": _superset,
        "succeeded": _succeeded,
        "success": _succeeded,
        "failed": _failed,
        "failure": _failed,
        "changed": _flag("changed"),
        "change": _flag("changed"),
        "skipped": _flag("skipped"),
        "skip": _flag("skipped"),
    },
)
