"""Words that every report needs: numbers with their nouns, many hosts in few letters, a unit's name as people say it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

Key = TypeVar("Key")

_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<number>[0-9]+)")
_PROCESS = re.compile(r" \((?:pid|process) \d+\)")
RUN = 3
"""From how many neighbours on a row of numbered hosts is written as `h1-h3`."""


def harmless(text: str) -> str:
    """Return the text with a visible sign in place of every control character but the end of a line."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text)


def counted(number: int, noun: str) -> str:
    """Return `1 host` or `2 hosts`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def hosts_in_words(hosts: Iterable[str], most: int = 0) -> str:
    """Return the names in their order, `h1-h4, web` for neighbours; from `most` words on (0: never) the rest is only counted."""
    runs = _runs(tuple(hosts))
    shown = runs[:most] if most else runs
    left = sum(len(run) for run in runs[len(shown) :])
    words = [f"{run[0]}-{run[-1]}" if len(run) >= RUN else ", ".join(run) for run in shown]
    return ", ".join(words) + (f" and {left} more" if left else "")


def _runs(hosts: Sequence[str]) -> list[list[str]]:
    runs = [[host] for host in hosts[:1]]
    for before, host in pairwise(hosts):
        if _follows(before, host):
            runs[-1].append(host)
        else:
            runs.append([host])
    return runs


def _follows(before: str, host: str) -> bool:
    first, second = _NUMBERED.fullmatch(before), _NUMBERED.fullmatch(host)
    if first is None or second is None or first["stem"] != second["stem"]:
        return False
    return str(int(first["number"]) + 1).zfill(len(first["number"])) == second["number"]


def grouped(answers: Mapping[str, Key]) -> dict[Key, tuple[str, ...]]:
    """Return the hosts by equal answer, in order of appearance."""
    groups: dict[Key, tuple[str, ...]] = {}
    for host, answer in answers.items():
        groups[answer] = (*groups.get(answer, ()), host)
    return groups


def service(unit: str) -> str:
    """Return a unit's name without the suffix that every service has."""
    return unit.removesuffix(".service")


def alike(text: str) -> str:
    """Return the sentence without process ids: they differ between hosts that are alike in everything else, and help nobody here."""
    return _PROCESS.sub("", text)


def few_causes(line: str, most: int = 3) -> str:
    """Return the line with at most so many of the words in the parentheses that end it."""
    start, opening, rest = line.rpartition(" (")
    causes = rest.removesuffix(")").split()
    if not opening or not rest.endswith(")") or len(causes) <= most:
        return line
    return f"{start} ({' '.join(causes[:most])} and {len(causes) - most} more)"


def elapsed(seconds: float) -> str:
    """Return a duration in at most six letters: `42 s`, `3:05`, `1:02:09`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}:{rest:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
