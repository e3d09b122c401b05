"""Which unfinished runs a pass may go on with by itself: those of this node that need no person."""

import shlex
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from healer.freezing import inputs_of, with_secrets
from healer.model.errors import LockedError
from healer.model.events import RunStarted, Stamped
from healer.model.host import Inventory
from healer.pipeline import RESUMABLE_DAYS, Locks, Order
from healer.ports import Journal
from healer.rollout.fold import RunState, fold
from healer.rollout.left_behind import node_of

NEWEST = 50
"""How many of the newest runs are looked at: `healer resume` looks as far."""
OWN_LOGIN = ("-K", "--ask-become-pass", "-u", "--user", "--private-key", "--known-hosts")
"""Options by which a person chose how to log in. The journal does not keep them, and nobody is there to give them again."""
OURS = ("pass", "watch")


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that was cut off. `needs` says why a person has to go on with it, empty when nobody has to."""

    run: str
    started: RunStarted
    needs: str = ""


def unfinished(journal: Journal, node: str, now: datetime) -> tuple[Unfinished, ...]:
    """Return this node's runs that have not ended, oldest first. Some of them may be under way in another process: the locks tell."""
    found = []
    for stamped in reversed(journal.runs(NEWEST)):
        if isinstance(stamped.event, RunStarted) and node_of(stamped.event.actor) == node:
            state = fold(journal.events(stamped.run))
            if state.exit_code is None:
                found.append(Unfinished(stamped.run, stamped.event, needs(stamped, state, now)))
    return tuple(found)


def needs(stamped: Stamped, state: RunState, now: datetime) -> str:
    """Return why the run is not gone on with unasked, empty when it may be."""
    if now - stamped.at >= timedelta(days=RESUMABLE_DAYS):
        return f"it was begun more than {RESUMABLE_DAYS} days ago"
    if state.halted:
        return f"it was halted: {state.halted}"
    unasked = [intent for intent, ended in state.acts.values() if intent and not ended and intent.action.verb.verb == "call_python"]
    if unasked:
        return f"it is not known what became of an act on {unasked[0].host}, and the host cannot be asked"
    words = _words(state.started.command if state.started else "")
    chosen = [] if words[1:2] and words[1] in OURS else [word for word in words if word.partition("=")[0] in OWN_LOGIN]
    return f"a person gave {chosen[0]} for it" if chosen else ""


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def order_to_resume(one: Unfinished, current: Inventory, held: Mapping[str, str], holders: Mapping[str, str]) -> Order:
    """Return the order that goes on with the run as it was begun, with the secrets of the inventory as it is now.

    `held` are hosts that are held, with the sentence, `holders` the runs that hold them: a run's own hold does not stop it.
    """
    inputs = inputs_of(one.run, one.started.documents)
    inputs = replace(inputs, inventory=with_secrets(inputs.inventory, current))
    others = {host: reason for host, reason in held.items() if holders.get(host) != one.run}
    return Order(inputs, one.started.command, resume=True, held=others)


def whole_or_nothing(locks: Locks, journal: Journal) -> Locks:
    """Return locks for going on with a run: all of its groups or none, and only while nobody else has brought it to its end.

    Who takes a part would end the hosts of the other groups as busy, though the one who holds them may be this very run.
    """

    @contextmanager
    def take(groups: Mapping[str, Collection[str]], run: str) -> Iterator[Mapping[str, str]]:
        with locks(groups, run) as taken:
            if taken:
                raise LockedError(next(iter(taken.values())))
            if fold(journal.events(run)).exit_code is not None:
                raise LockedError(f"run {run} has been brought to its end by somebody else.")
            yield taken

    return take
