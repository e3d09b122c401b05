"""The numbers of a play's `rolling:` block, `serial` and `max_fail_percentage` become a rollout policy."""

import re
from collections.abc import Callable

from healer.model.errors import PlaybookError
from healer.model.host import Value
from healer.model.playbook import Play
from healer.model.policy import RolloutPolicy, Share

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
Read = Callable[[Value], object]
UNLIMITED = 1_000_000
LONGEST = 7 * 86400.0
"""Seconds. A longer soak is a slip of the pen, and would hold a slot for ever."""


def share(value: Value) -> Share:
    """Return a number of hosts or a percentage such as "25%". Raises ValueError."""
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"\d+|\d+(\.\d+)?\s*%", text):
        raise ValueError(f"{value!r} is neither a number of hosts nor a percentage such as '25%'")
    if not text.endswith("%"):
        return Share(number=int(text))
    percent = float(text.removesuffix("%"))
    if percent > 100:
        raise ValueError(f"{value!r} is more than 100%")
    return Share(percent=percent)


def duration(value: Value) -> float:
    """Return seconds from a number or from text such as 90, 90s, 5m, 1h, at most a week. Raises ValueError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", str(value).strip())
    if isinstance(value, bool) or not found:
        raise ValueError(f"{value!r} is no time; write seconds or a text such as '90s', '5m', '1h'")
    seconds = float(found[1]) * _UNITS[found[2]]
    if seconds > LONGEST:
        raise ValueError(f"{value!r} is longer than a week")
    return seconds


def whole(value: Value) -> int:
    """Return a whole number that is not negative. Raises ValueError."""
    text = str(value).strip()
    if isinstance(value, bool) or not text.isdecimal():
        raise ValueError(f"{value!r} is no whole number")
    return int(text)


def batches(value: Value) -> tuple[Share, ...]:
    """Return the sizes of a `serial`: one, or a list of them, none of them nothing. Raises ValueError."""
    sizes = tuple(share(item) for item in value) if isinstance(value, list) else (share(value),)
    if not sizes or any(size.number == 0 for size in sizes):
        raise ValueError("serial must let at least one host start")
    return sizes


def rolls_back(value: Value) -> bool:
    """Return whether upgrades may be taken back: `auto`, or `never`. Raises ValueError."""
    if value not in ("auto", "never"):
        raise ValueError(f"rollback: {value!r} is neither auto nor never")
    return value == "auto"


NUMBERS: dict[str, Read] = {
    "canary": whole,
    "max_unavailable": share,
    "soak": duration,
    "max_failures": whole,
    "rollback": rolls_back,
    "settle": duration,
}
"""How each number of `rolling:`, and its one choice, is read."""


def rollout_policy(play: Play, render: Callable[[Value], Value]) -> RolloutPolicy:
    """Return the play's policy. `render` renders a raw value in the play's scope. Raises PlaybookError at the play's place.

    `serial` takes the place of `max_unavailable`. A list of it makes barriers: the next batch starts when the one before has ended.
    """
    try:
        sizes = batches(render(play.serial)) if play.serial is not None else ()
        return RolloutPolicy(
            max_unavailable=sizes[-1] if sizes else share(render(play.rolling.max_unavailable)),
            canary=whole(render(play.rolling.canary)),
            soak=duration(render(play.rolling.soak)),
            max_failures=_failures(play, render),
            max_fail_percentage=play.max_fail_percentage,
            barriers=sizes if isinstance(play.serial, list) else (),
            rollback=rolls_back(render(play.rolling.rollback)),
            settle=duration(render(play.rolling.settle)),
        )
    except ValueError as error:
        where = play.where
        raise PlaybookError(f"rolling of play {play.name!r}: {error}.", file=where.file, line=where.line, column=where.column) from error


def _failures(play: Play, render: Callable[[Value], Value]) -> int:
    """Return how many failures are borne. Where only a percentage was written, a fixed number must not halt the run before it."""
    if play.rolling.max_failures is None:
        return 0 if play.max_fail_percentage is None else UNLIMITED
    return whole(render(play.rolling.max_failures))
