"""Is the other side still there? A paramiko keepalive never notices a frozen peer, so a quiet link is asked and has to answer.

RFC 4254 section 4 makes every server answer a global request that wants a reply, if only with "failure". paramiko has one place for
the answer, so only one question is under way at a time; it counts as that many missed ones as it stays unanswered.
"""

import threading

from paramiko import Transport

from healer.ports import Clock
from healer.remote.faults import LINK_FAULTS

QUESTION = "ping@healer"


class Pulse:
    """The liveness of one transport. Asked by whoever waits on it; has no thread while the link is busy or nobody waits."""

    def __init__(self, transport: Transport, clock: Clock, interval: float, misses: int) -> None:
        """Ask after `interval` seconds of silence; give up when an answer takes `misses` times as long."""
        self._transport, self._clock = transport, clock
        self.interval, self.patience = interval, interval * misses
        self._heard = clock.monotonic()
        self._asked: float | None = None

    def heard(self) -> None:
        """Note that something arrived: the other side lives."""
        self._heard = self._clock.monotonic()

    def complaint(self) -> str:
        """Return why the link counts as dead, or an empty text. Asks, without waiting, when it has been silent for long enough."""
        now = self._clock.monotonic()
        if self._asked is not None and now - max(self._asked, self._heard) >= self.patience:
            return f"no sign of life for {now - self._heard:.0f} s"
        if self._asked is None and now - self._heard >= self.interval:
            self._asked = now
            threading.Thread(target=self._ask, name="healer-ping", daemon=True).start()
        return ""

    def _ask(self) -> None:
        try:
            self._transport.global_request(QUESTION, wait=True)
        except LINK_FAULTS:
            return
        if self._transport.is_active():
            self.heard()
            self._asked = None
