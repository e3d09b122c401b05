"""Where a name leads, found out once: for the length of a run a host stays the machine that answered first.

A name may be moved to another machine, or be shared by several, while a run works on one of them. Whoever answers still has to show the
host's key; the address that was had once also spares the run a name server that has gone away meanwhile.
"""

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from paramiko import Channel

from healer.remote.bounded import within

Found = tuple[int, int, int, Any]
"""Family, kind and protocol of a socket, and the address that it connects to (getaddrinfo(3))."""


def _asked(name: str, port: int, flags: int = 0) -> Sequence[tuple[int, int, int, str, Any]]:
    return socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=flags)


def _literal(name: str, port: int) -> Sequence[tuple[int, int, int, str, Any]]:
    """Return what an address itself says, and nothing for a name: no name server is asked, so there is nothing to wait for."""
    with suppress(OSError, ValueError):
        return _asked(name, port, socket.AI_NUMERICHOST)
    return ()


class Addresses:
    """Keeps the address of every name that has answered. Threads may share it."""

    def __init__(self) -> None:
        """Know none yet."""
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, int], Found] = {}

    def of(self, name: str, port: int, seconds: float) -> Sequence[Found]:
        """Return the kept address, or all that the name has. Raises TimeoutError, and OSError for a name that has none."""
        with self._lock:
            kept = self._kept.get((name, port))
        if kept is not None:
            return (kept,)
        found = _literal(name, port) or within(seconds, lambda: _asked(name, port), "name resolution")
        return [(family, kind, protocol, address) for family, kind, protocol, _, address in found]

    def keep(self, name: str, port: int, link: socket.socket | Channel) -> None:
        """Stay with the machine at the other end of the link, once it has shown the right key. The first one stays."""
        if isinstance(link, Channel):
            return
        # A link that is lost again already has no other end.
        with self._lock, suppress(OSError):
            self._kept.setdefault((name, port), (link.family, link.type, link.proto, link.getpeername()))
