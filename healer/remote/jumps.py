"""One login per jump host, shared by all hosts behind it, so that a thousand hosts do not mean a thousand logins to one bastion."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from healer.model.errors import UnreachableError
from healer.ports import Clock
from healer.remote.endpoint import Endpoint
from healer.remote.session import Session

CHANNELS_AT_ONCE = 8
"""Channels being opened at a time through one jump host: each is a connection that its sshd makes for us."""
FAILED_FOR = 1.0
"""Seconds for which a jump host that could not be logged in to is not tried again, by however many hosts behind it."""


@dataclass(slots=True)
class _Shared:
    lock: threading.Lock = field(default_factory=threading.Lock)
    opening: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(CHANNELS_AT_ONCE))
    session: Session | None = None
    users: int = 0
    attempts: int = 0


class Jumps:
    """Counts who uses which jump host and hangs up when nobody does. Threads may share it."""

    def __init__(self, clock: Clock) -> None:
        """Start without any connection."""
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: dict[Endpoint, tuple[float, UnreachableError]] = {}
        self._shared: dict[Endpoint, _Shared] = {}

    def take(self, hop: Endpoint, log_in: Callable[[], Session]) -> Session:
        """Return the login to that jump host, made by `log_in` when there is none that lives. Whatever that raises is passed on."""
        with self._lock:
            shared = self._shared.setdefault(hop, _Shared())
            shared.users += 1
            attempts = shared.attempts
        try:
            with shared.lock:
                return self._living(hop, shared, attempts, log_in)
        except BaseException:
            self.give_back(hop)
            raise

    def _living(self, hop: Endpoint, shared: _Shared, attempts: int, log_in: Callable[[], Session]) -> Session:
        """Return a live session. Those who waited while somebody else's login failed share that failure: one try for all of them."""
        if shared.session is not None and shared.session.alive:
            return shared.session
        failed_at, failure = self._failed.get(hop, (0.0, None))
        if failure is not None and (shared.attempts > attempts or self._clock.monotonic() - failed_at < FAILED_FOR):
            raise failure
        if shared.session is not None:
            shared.session.close()
        shared.session = None
        try:
            shared.session = log_in()
        except UnreachableError as error:
            self._failed[hop] = self._clock.monotonic(), error
            raise
        finally:
            shared.attempts += 1
        self._failed.pop(hop, None)
        return shared.session

    def give_back(self, hop: Endpoint) -> None:
        """Stop using it. The last one out hangs up."""
        with self._lock:
            shared = self._shared[hop]
            shared.users -= 1
            if shared.users:
                return
            del self._shared[hop]
        if shared.session is not None:
            shared.session.close()

    def opening(self, hop: Endpoint) -> AbstractContextManager[object]:
        """Return a place among the few that may open a channel through that host at the same time. Only between take and give_back."""
        with self._lock:
            return self._shared[hop].opening
