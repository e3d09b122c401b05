"""How long hosts are in their slots: measured while a run goes on, kept in its last event, and expected of the next run. Pure.

What was cut by a crash was not measured, and who had nothing to do says nothing about how long the work takes.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from statistics import median

from healer.model.events import HostEnded, PlayStarted, RunEnded, RunResumed, RunStarted, SlotTaken, Stamped

NEWEST = 3
"""From how many of the newest runs that did something on a host its time is learned: the fleet and its packages change."""
HISTORY = 500
"""How many ended runs are looked through for them; those that only looked count as well."""

Seconds = Mapping[str, Mapping[str, float]]
"""Seconds in a slot, by play and host."""


class Stopwatch:
    """Folds the events of one run. Its owner keeps a lock."""

    def __init__(self) -> None:
        """Nothing is measured yet."""
        self._playbook = ""
        self._names: dict[int, str] = {}
        self._since: dict[tuple[int, str], datetime] = {}
        self._took: dict[str, dict[str, float]] = {}

    def advance(self, stamped: Stamped) -> None:
        """Take one event in."""
        match stamped.event:
            case RunStarted(playbook=playbook):
                self._playbook = playbook
            case RunResumed():
                self._since.clear()
            case PlayStarted(index=index, name=name):
                self._names[index] = play_key(self._playbook, index, name)
            case SlotTaken(host=host, play=play):
                self._since[play, host] = stamped.at
            case HostEnded(host=host, play=play, terminal="changed"):
                self._stop(play, host, stamped.at)
            case _:
                pass

    def _stop(self, play: int, host: str, at: datetime) -> None:
        since = self._since.pop((play, host), None)
        if since is not None:
            self._took.setdefault(self._names.get(play, ""), {})[host] = round((at - since).total_seconds(), 3)

    @property
    def took(self) -> Seconds:
        """The times of hosts that were changed."""
        return {play: dict(hosts) for play, hosts in self._took.items()}


def play_key(playbook: str, index: int, name: str) -> str:
    """Return what tells a play from those of other playbooks."""
    return f"{playbook}#{index} {name}"


def expected(history: Iterable[Stamped], key: str, hosts: Iterable[str]) -> dict[str, float]:
    """Return the seconds that each host is likely to need in this play: the median of its newest times.

    A host without a history is taken for an ordinary one. Empty when nobody has a history. `history` are ended runs, oldest first.
    """
    ends = {stamped.run: stamped.event for stamped in history if isinstance(stamped.event, RunEnded)}
    known: dict[str, list[float]] = {}
    for ended in ends.values():
        for host, seconds in ended.took.get(key, {}).items():
            known.setdefault(host, []).append(seconds)
    likely = {host: median(times[-NEWEST:]) for host, times in known.items()}
    return {host: likely.get(host, median(likely.values())) for host in hosts} if likely else {}
