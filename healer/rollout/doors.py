"""What the engine may reach of the outside, handed in by `wiring` so that no room names a concrete class."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from healer.model.errors import ArchiveError
from healer.model.events import Event, Stamped
from healer.model.facts import Facts
from healer.model.host import Host
from healer.observe.facts.contract import Vantages
from healer.ports import Archives, Clock, Executor, Gate, Journal, Part, Remote


class Stopped(Exception):
    """The run was asked to stop: nothing new is begun, running jobs stay on their hosts, resume goes on."""


class NoArchives:
    """A control node that keeps nothing (ports.Archives)."""

    def begin(self, host: str, name: str, most: int) -> Part | None:
        """Raise ArchiveError."""
        raise ArchiveError(f"there is no place on the control node for {most} bytes of {host} ({name}).")


def as_it_is(event: Event) -> Event:
    """Return the event unchanged: there are no secrets to hide."""
    return event


@dataclass(frozen=True, slots=True)
class Doors:
    """`connect` logs in to a host; `look` reads facts by name in one round trip, with the places that
    probes are asked from; `gate` opens the job protocol over a login.

    `redact` hides secrets in an event before it is kept or told. `listen` is called with every journalled event, in order.
    `stop` is set when the run shall stop.
    `waiting` is called with the reason of every host that waits, as often as the scheduler is asked.
    `machine_id` and `node` (the name by which it stands in the journal) are this control node's own, empty when not known.
    `past` is what earlier runs left; a dry run writes elsewhere. `samples` is where a dry run keeps how it found hosts; None: nowhere.
    `archives` is where copies of logs are kept here. `witness` tells what somebody else knows of a host that the run may not touch, so
    that it is not looked at; None: nothing. Of a larger fleet than `most_logins` nobody stays logged in to hosts that wait.
    """

    connect: Callable[[Host], Remote]
    look: Callable[[Remote, Sequence[str], Vantages], Facts]
    gate: Callable[[Remote], Gate]
    journal: Journal
    clock: Clock
    executor: Executor
    listen: Callable[[Stamped], None] = lambda _stamped: None
    waiting: Callable[[Mapping[str, str]], None] = lambda _reasons: None
    redact: Callable[[Event], Event] = as_it_is
    stop: threading.Event = field(default_factory=threading.Event)
    machine_id: str = ""
    node: str = ""
    past: Journal | None = None
    most_logins: int = 200
    archives: Archives = field(default_factory=NoArchives)
    samples: Journal | None = None
    witness: Callable[[str], Facts | None] = lambda _host: None

    def pause(self, seconds: float) -> None:
        """Wait, or raise Stopped as soon as the run is asked to stop."""
        self.check_stop()
        self.clock.sleep(seconds)
        self.check_stop()

    def check_stop(self) -> None:
        """Raise Stopped when the run was asked to stop."""
        if self.stop.is_set():
            raise Stopped


@dataclass(frozen=True, slots=True)
class StoppableClock:
    """The clock for loops of other rooms (ports.Clock): its sleep raises Stopped, where a clock that only wakes up would make them spin."""

    doors: Doors

    def now(self) -> datetime:
        """Return the wall time."""
        return self.doors.clock.now()

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return self.doors.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait, or raise Stopped."""
        self.doors.pause(seconds)

    def jitter(self, most: float) -> float:
        """Return a random number of seconds."""
        return self.doors.clock.jitter(most)
