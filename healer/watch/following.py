"""Keeps one login to a host and hears from it; when it is lost, tries again, ever more seldom.

One thread a host, so that a host that hangs holds up nobody.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from healer.model.errors import HostError
from healer.model.facts import Facts
from healer.model.host import Host
from healer.ports import Clock, Remote

FIRST_WAIT, LONGEST_WAIT = 5.0, 60.0
"""Seconds between two tries: the first, and the longest after doubling."""


@dataclass(frozen=True, slots=True)
class Follower:
    """`follow` hears from a login until told to stop, and raises HostError when it is lost. `heard` gets each look, `lost` each reason."""

    host: Host
    connect: Callable[[Host], Remote]
    follow: Callable[[Remote, Host, Callable[[Facts], None]], None]
    heard: Callable[[str, Facts], None]
    lost: Callable[[str, str], None]
    clock: Clock
    stop: threading.Event

    def run(self) -> None:
        """Follow the host until the stop. A host that was heard is tried again soon, one that never answers ever more seldom."""
        wait = FIRST_WAIT
        while not self.stop.is_set():
            spoke = self._once()
            if self.stop.is_set():
                return
            wait = FIRST_WAIT if spoke else wait
            self.clock.sleep(wait + self.clock.jitter(wait / 5))
            wait = min(2 * wait, LONGEST_WAIT)

    def _once(self) -> bool:
        """Log in and follow; return whether anything was heard."""
        spoke = [False]

        def heard(facts: Facts) -> None:
            spoke[0] = True
            self.heard(self.host.name, facts)

        try:
            remote = self.connect(self.host)
        except HostError as error:
            self.lost(self.host.name, error.message)
            return False
        try:
            self.follow(remote, self.host, heard)
        except HostError as error:
            self.lost(self.host.name, error.message)
        finally:
            remote.close()
        return spoke[0]
