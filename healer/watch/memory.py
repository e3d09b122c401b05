"""What the journal knows of the services of all hosts, kept up to date by asking only for what is new, once for all hosts."""

import threading
from collections.abc import Collection, Mapping

from healer.healing.past import KINDS, service_past
from healer.model.events import Stamped
from healer.model.services import ServicePast
from healer.ports import Journal

NEWEST = 4000
"""How many of the newest events of a host are recalled: quarantines stand in judgements, heals and growths are of the last hours."""


class Memory:
    """The pasts of these hosts. Cron, operators and this node's own runs write into the same journal, so it is asked again and again."""

    def __init__(self, journal: Journal, hosts: Collection[str]) -> None:
        """Read what is there. Raises JournalError."""
        self._journal, self._lock = journal, threading.Lock()
        last = journal.about(None, KINDS, newest=1)
        self._last = last[-1].number if last else 0
        self._events = {host: list(journal.about(host, KINDS, newest=NEWEST)) for host in hosts}
        self._pasts = {host: service_past(host, events) for host, events in self._events.items()}

    def refresh(self) -> None:
        """Take in what was written since. Raises JournalError."""
        with self._lock:
            fresh = self._journal.about(None, KINDS, after=self._last)
            self._last = max([self._last, *(one.number for one in fresh)])
            changed = {one.event.host for one in fresh if self._takes(one)}
            for host in changed:
                del self._events[host][:-NEWEST]
                self._pasts[host] = service_past(host, self._events[host])

    def _takes(self, one: Stamped) -> bool:
        mine = self._events.get(one.event.host)
        if mine is None or any(known.number == one.number for known in mine[-50:]):
            return False
        mine.append(one)
        return True

    def pasts(self) -> Mapping[str, ServicePast]:
        """Return what is known now, by host."""
        with self._lock:
            return dict(self._pasts)
