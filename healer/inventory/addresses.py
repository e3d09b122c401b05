"""How a host is written: a name or an address, with ranges such as web[01:20:2] and an optional port. Ansible's rules, pure."""

import ipaddress
import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

MOST_HOSTS = 65_536
"""More hosts than this from one pattern is a slip of the finger, not a fleet."""

_BRACKETED_PORT = re.compile(r"\[(?P<host>.+)\]:(?P<port>[0-9]+)")
_PORT = re.compile(r"(?P<host>(?:\[[^\]]*\]|[^:\[\]])*):(?P<port>[0-9]+)")
_NAME_RANGE = re.compile(r"\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]", re.IGNORECASE)
_ADDRESS_RANGE = re.compile(r"\[[0-9a-f]+:[0-9a-f]+(?::[0-9]+)?\]", re.IGNORECASE)
_LABEL = re.compile(r"\w[\w-]*(?<![_-])")
_ANY_RANGE = re.compile(r"\[([^\[\]]*)\]")
_PLAIN = re.compile(r"[\w.@+~^%:][\w.@+~^%:-]*")


@dataclass(frozen=True, slots=True)
class HostPattern:
    """The hosts that one entry of an inventory names, in order, and the port that it gives them."""

    names: tuple[str, ...]
    port: int | None = None


def split_port(text: str) -> tuple[str, int | None] | None:
    """Return host (ranges still in it) and port; None when the text is neither a host name nor an address."""
    match = _BRACKETED_PORT.fullmatch(text) or _PORT.fullmatch(text)
    host, port = (match["host"], int(match["port"])) if match else (text, None)
    return (host, port) if _is_host_name(host) or _is_ipv6(host) else None


def expand(text: str) -> HostPattern:
    """Return the hosts that an inventory entry names. Raises ValueError with the reason when it names none that could exist."""
    host, port = split_port(text) or (text, None)
    if port is not None and not 0 < port < 65_536:
        raise ValueError(f"{port} is not a port")
    names = _expand_ranges(host) if "[" in host or "]" in host else (host,)
    for name in names:
        if problem := problem_with(name):
            raise ValueError(problem)
    return HostPattern(names, port)


def problem_with(name: str) -> str:
    """Return why no host can have this name, or an empty text.

    Ansible takes any text for a host name. What no resolver could ever find is a slip (a variable outside of a :vars section, a
    comma list) or an attack (a leading dash, a path), so it is refused.
    """
    if not name:
        return "the host name is empty"
    if not _PLAIN.fullmatch(name):
        return f"{name!r} cannot be a host name"
    if ":" in name and not _is_ipv6(name):
        return f"{name!r} cannot be a host name: what follows the colon is not a port"
    return ""


def _is_host_name(text: str) -> bool:
    return all(_LABEL.fullmatch(label) for label in _NAME_RANGE.sub("x", text).split("."))


def _is_ipv6(text: str) -> bool:
    if ":" not in text:
        return False
    try:
        return ipaddress.ip_address(_ADDRESS_RANGE.sub("1", text)).version == 6
    except ValueError:
        return False


def _expand_ranges(text: str) -> tuple[str, ...]:
    pieces = _ANY_RANGE.split(text)
    literals, ranges = pieces[::2], [_range(piece) for piece in pieces[1::2]]
    if any("[" in piece or "]" in piece for piece in literals):
        raise ValueError(f"{text!r} has a bracket without its partner")
    if prod(len(values) for values in ranges) > MOST_HOSTS:
        raise ValueError(f"{text!r} names more than {MOST_HOSTS} hosts")
    return tuple(_woven(literals, ranges))


def _woven(literals: Sequence[str], ranges: Sequence[Sequence[str]]) -> Iterator[str]:
    for values in product(*ranges):
        yield "".join(part for pair in zip(literals, (*values, ""), strict=True) for part in pair)


def _range(text: str) -> Sequence[str]:
    bounds = text.split(":")
    if len(bounds) not in {2, 3}:
        raise ValueError(f"the range [{text}] must be [begin:end] or [begin:end:step]")
    begin, end, step = bounds[0] or "0", bounds[1], bounds[2] if len(bounds) == 3 else "1"
    if not (step.isascii() and step.isdigit() and int(step)):
        raise ValueError(f"the step of the range [{text}] must be a whole number above 0")
    values = _numbers(begin, end, int(step)) if begin.isdigit() and end.isdigit() else _letters(text, begin, end, int(step))
    if not values:
        raise ValueError(f"the range [{text}] is empty")
    return values


def _numbers(begin: str, end: str, step: int) -> Sequence[str]:
    padded = begin.startswith("0") and len(begin) > 1
    if padded and len(begin) != len(end):
        raise ValueError(f"the range [{begin}:{end}] must write both ends with equally many digits")
    if (int(end) - int(begin)) // step >= MOST_HOSTS:
        raise ValueError(f"the range [{begin}:{end}] names more than {MOST_HOSTS} hosts")
    width = len(begin) if padded else 0
    return [str(number).zfill(width) for number in range(int(begin), int(end) + 1, step)]


def _letters(text: str, begin: str, end: str, step: int) -> Sequence[str]:
    letters = string.ascii_letters
    if len(begin) != 1 or len(end) != 1 or begin not in letters or end not in letters:
        raise ValueError(f"the range [{text}] must run between two numbers or two single letters")
    return letters[letters.index(begin) : letters.index(end) + 1 : step]
