"""Named places at which a test lets healer die: before and after every journalled step, and around every act on a host.

A testing aid that costs nothing while the variable HEALER_FAILPOINT is unset. `HEALER_FAILPOINT=before.act_ended:kill` kills the process
with SIGKILL the first time it comes there, `...:kill@3` the third time, and `any:kill@17` at the seventeenth place of any name. The
names follow from the event kinds and the verbs, so that a new one of either is a place that the tests must reach.
"""

import difflib
import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from itertools import chain
from threading import Lock
from typing import get_args

from healer.model.action import LookAgain, ProbeUntil, Relogin, Verb
from healer.model.errors import UsageError
from healer.model.events import Event

VARIABLE = "HEALER_FAILPOINT"
ANY = "any"
LOOKS = (LookAgain, ProbeUntil, Relogin)
"""Verbs that change nothing on a host."""

_SPEC = re.compile(r"(?P<name>[a-z_.]+):kill(?:@(?P<count>[1-9]\d{0,8}))?")
_watchers: list[Callable[[str], None]] = []


def _defaults(kinds: tuple[type, ...], name: str) -> tuple[str, ...]:
    return tuple(str(one.default) for kind in kinds for one in fields(kind) if one.name == name)


KINDS = _defaults(get_args(Event), "kind")
ACTS = _defaults(tuple(verb for verb in get_args(Verb) if verb not in LOOKS), "verb")
NAMES = frozenset(
    chain(
        (f"{when}.{kind}" for kind in KINDS for when in ("before", "after")),
        (f"{when}.{verb}" for verb in ACTS for when in ("send", "done")),
        ("lease.taken", "job.poll"),
    )
)
"""All places: an event before it is kept and after, an act before it is sent and after it was done and before its result is kept, a lease
that the host has granted, a question about a job."""


def reach(name: str) -> None:
    """Say that the process has come to this place."""
    for watcher in _watchers:
        watcher(name)


def watch(watcher: Callable[[str], None]) -> None:
    """Let the watcher be told of every place that this process comes to from now on."""
    _watchers.append(watcher)


def arm(text: str) -> None:
    """Do as the variable's text says, nothing when it is empty. Raises UsageError for one that makes no sense."""
    if text:
        watch(_trap(text).reached)


@dataclass
class _Trap:
    name: str
    left: int
    lock: Lock = field(default_factory=Lock)

    def reached(self, name: str) -> None:
        """Count the place, and die when it is the one."""
        if self.name not in {ANY, name}:
            return
        with self.lock:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _trap(text: str) -> _Trap:
    found = _SPEC.fullmatch(text)
    if found is None:
        raise UsageError(f"{VARIABLE}={text} makes no sense.", advice="Write NAME:kill or NAME:kill@COUNT, or unset it.")
    name = found["name"]
    if name != ANY and name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, n=1)
        advice = f"Did you mean {near[0]}?" if near else "The names are in healer/failpoints.py."
        raise UsageError(f"{VARIABLE}: there is no failpoint {name}.", advice=advice)
    return _Trap(name, int(found["count"] or 1))
