"""Politeness towards sshd: few half-open logins at a time to one address, and patience when it drops them (MaxStartups).

OpenSSH drops connections at random while too many are not yet logged in, and since 9.8 penalises addresses that make a habit
of it. Only faults from before the host key was judged are tried again; a refused key or login never is.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from healer.model.errors import AuthenticationError, HostKeyError, UnreachableError
from healer.ports import Clock

AT_ONCE = 8
TRIES = 8
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 8.0

Result = TypeVar("Result")


class Admission:
    """Counts the logins under way to each address. One for the whole process; threads may share it."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        """Allow so many at once to one address."""
        self._lock = threading.Lock()
        self._doors: defaultdict[object, threading.BoundedSemaphore] = defaultdict(lambda: threading.BoundedSemaphore(at_once))

    @contextmanager
    def waiting_for(self, address: object, host: str, seconds: float) -> Iterator[None]:
        """Hold a place at that address. Raises UnreachableError when none gets free in time."""
        with self._lock:
            door = self._doors[address]
        if not door.acquire(timeout=max(0.0, seconds)):
            raise UnreachableError(host, f"No login to {address} could be started within {seconds:.0f} s: too many are under way.")
        try:
            yield
        finally:
            door.release()


def worth_another_try(error: UnreachableError) -> bool:
    """Say whether the server may just have been busy: it hung up, or did not greet, before it said who it is."""
    if isinstance(error, (HostKeyError, AuthenticationError)):
        return False
    cause = error.__cause__
    if isinstance(cause, (ConnectionResetError, BrokenPipeError, EOFError)):
        return True
    return "protocol banner" in str(cause)


def patiently(attempt: Callable[[float], Result], clock: Clock, seconds: float) -> Result:
    """Call `attempt(seconds left)` until it works, pausing longer each time and by chance, so that many hosts do not march in step."""
    deadline = clock.monotonic() + seconds
    pause, tries = FIRST_PAUSE, 1
    while True:
        try:
            return attempt(deadline - clock.monotonic())
        except UnreachableError as error:
            if tries == TRIES or deadline - clock.monotonic() <= 1.5 * pause or not worth_another_try(error):
                raise
        clock.sleep(pause / 2 + clock.jitter(pause))
        pause, tries = min(pause * 2, LONGEST_PAUSE), tries + 1
