"""Begins ordinary services runs for hosts of which a light look says that something is to be healed: one run a budget group at a time."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future

from healer.model.errors import HealerError, JournalError, LockedError
from healer.model.report import RunReport
from healer.ports import Executor

Begin = Callable[[tuple[str, ...]], RunReport]


class BringingBack:
    """Hosts that wait for their run. Those of one budget group that come together share one: the group's lock lets in no second.

    `begin` carries a run out for these hosts. Locks that somebody else holds are no trouble: the next look enqueues the host again.
    `ended` gets each report, `trouble` the sentence of what kept a run away.
    """

    def __init__(
        self,
        groups: Mapping[str, str],
        executor: Executor,
        begin: Begin,
        ended: Callable[[RunReport], None],
        trouble: Callable[[str], None],
    ) -> None:
        self._groups, self._executor, self._begin = groups, executor, begin
        self._ended, self._trouble = ended, trouble
        self._lock = threading.RLock()  # a run that ends at once is told of in the thread that has begun it
        self._waiting: dict[str, dict[str, None]] = {}
        self._running: dict[str, frozenset[str]] = {}
        self._closed = False
        self.failed: JournalError | None = None
        """Why nothing is begun any more: what cannot be written down must not be done."""

    def enqueue(self, host: str) -> None:
        """Let the host be healed as soon as its group is free; a host whose run is under way is judged by that run itself."""
        group = self._groups[host]
        with self._lock:
            if self._closed or host in self._running.get(group, ()):
                return
            self._waiting.setdefault(group, {})[host] = None
            self._next(group)

    def close(self) -> None:
        """Begin nothing new."""
        with self._lock:
            self._closed = True
            self._waiting.clear()

    @property
    def busy(self) -> bool:
        """Whether a run is under way."""
        with self._lock:
            return bool(self._running)

    def _next(self, group: str) -> None:
        """Begin the group's next run. The lock is held."""
        waiting = self._waiting.pop(group, {}) if group not in self._running else {}
        if waiting and not self._closed:
            hosts = tuple(waiting)
            self._running[group] = frozenset(hosts)
            future = self._executor.submit(lambda: self._heal(group, hosts))
            future.add_done_callback(lambda done: self._over(group, done))

    def _heal(self, group: str, hosts: tuple[str, ...]) -> None:
        try:
            self._ended(self._begin(hosts))
        except LockedError as error:
            self._trouble(f"{', '.join(hosts)}: to be healed, and waits: {error.message}")
        except JournalError as error:
            self.failed = error
            self.close()
        except HealerError as error:
            self._trouble(f"services run of {group}: {error}")

    def _over(self, group: str, done: "Future[None]") -> None:
        with self._lock:
            self._running.pop(group, None)
            # Locks that are taken are asked for again at the next look, not at once.
            if done.exception() is None:
                self._next(group)
