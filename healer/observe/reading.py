"""What the facts have in common when they take text apart: whole lines, key=value pairs, and the scripts that stand as files."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def script(name: str) -> str:
    """Return the text of `observe/scripts/NAME`."""
    return files("healer.observe").joinpath("scripts", name).read_text(encoding="utf-8")


def lines(text: str) -> list[str]:
    """Return the lines that are not empty. Only a line feed ends a line: names may hold the other characters that Python splits at."""
    return [line for line in text.split("\n") if line.strip()]


def pairs(text: str) -> dict[str, str]:
    """Return `key=value` lines as a mapping; the last of equal keys wins.

    Raises ValueError for a line without an equals sign.
    """
    found: dict[str, str] = {}
    for line in lines(text):
        key, equals, value = line.partition("=")
        if not equals:
            raise ValueError(f"a line without '=': {line[:80]!r}")
        found[key.strip()] = value.strip()
    return found


def value_of(found: Mapping[str, str], key: str) -> str:
    """Return the value of a key that must be there. Raises ValueError, not KeyError: the collector turns it into Unknown."""
    if key not in found:
        raise ValueError(f"{key} is missing")
    return found[key]


def split_at(text: str, mark: str) -> tuple[str, str]:
    """Return what stands before and after the first line that is exactly `mark`. Raises ValueError when there is none."""
    before, found, after = f"\n{text}\n".partition(f"\n{mark}\n")
    if not found:
        raise ValueError(f"the line {mark!r} is missing")
    return before.removeprefix("\n"), after
