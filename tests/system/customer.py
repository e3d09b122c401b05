"""A customer who asks every host's page all the time, and remembers when which of them did not answer."""

import http.client
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from healer.lab.machine import LabHost

EVERY = 0.05
"""Seconds from the beginning of one request to the next."""
PATIENCE = 1.0
"""Seconds that a customer waits for a page. A packet that is lost is sent again after one second: that is too late."""


@dataclass(frozen=True)
class Absence:
    """From the beginning of the first request that failed to the end of the last one in a row."""

    host: str
    since: datetime
    until: datetime

    def meets(self, other: "Absence") -> bool:
        """Tell whether both were away at one moment."""
        return self.host != other.host and self.since < other.until and other.since < self.until


@dataclass
class _Visits:
    """What became of the requests to one host."""

    answered: int = 0
    away: list[Absence] = field(default_factory=list)
    failing: bool = False

    def note(self, host: str, since: datetime, *, good: bool) -> None:
        """Count a request that ends now; failures in a row are one absence."""
        now = datetime.now(UTC)
        if good:
            self.answered += 1
        elif self.failing:
            self.away[-1] = Absence(host, self.away[-1].since, now)
        else:
            self.away.append(Absence(host, since, now))
        self.failing = not good


class Customer:
    """Asks while the `with` block runs, every host in a thread of its own, so that one that is away delays no other."""

    def __init__(self, hosts: Iterable[LabHost]) -> None:
        self._over = threading.Event()
        self._visits = {host.name: _Visits() for host in hosts}
        self._threads = [threading.Thread(target=self._ask, args=(host,)) for host in hosts]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def answered(self) -> dict[str, int]:
        """Return the number of pages that were got, by host."""
        return {host: visits.answered for host, visits in self._visits.items()}

    @property
    def absences(self) -> list[Absence]:
        """Return every time that a host did not answer, in order."""
        return sorted((away for visits in self._visits.values() for away in visits.away), key=lambda away: away.since)

    @property
    def two_away(self) -> list[tuple[Absence, Absence]]:
        """Return the pairs of hosts that were away at one moment."""
        return list(_pairs(self.absences))

    def _ask(self, host: LabHost) -> None:
        while not self._over.is_set():
            since = datetime.now(UTC)
            good = page(host.address) == host.name
            self._visits[host.name].note(host.name, since, good=good)
            self._over.wait(max(0.0, EVERY - (datetime.now(UTC) - since).total_seconds()))


def _pairs(absences: list[Absence]) -> Iterator[tuple[Absence, Absence]]:
    for number, first in enumerate(absences):
        yield from ((first, second) for second in absences[number + 1 :] if first.meets(second))


def page(address: str) -> str:
    """Return the text of a host's page, over a new connection; nothing when it is not to be had."""
    connection = http.client.HTTPConnection(address, 80, timeout=PATIENCE)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        return response.read().decode("ascii", "replace").strip() if response.status == 200 else ""
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
