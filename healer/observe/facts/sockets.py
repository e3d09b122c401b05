"""What the host listens on: a service that came back without its port did not come back."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address

from healer.model.facts import Socket
from healer.observe.facts.contract import Fact
from healer.observe.reading import lines, script

LISTENING = {"tcp": "0A", "udp": "07"}
"""States in /proc/net: TCP_LISTEN, and for UDP the one of a socket without a peer (kernel, include/net/tcp_states.h)."""


def parse(text: str) -> tuple[Socket, ...]:
    """Return the sockets without repetitions, in order. Every host that answers over SSH is expected to show its tables' heading."""
    head, *rest = lines(text) or [""]
    if head.startswith("table "):
        return _ordered(_from_table(line.split(), head.split()[1]) for line in rest if "local_address" not in line)
    if head.startswith("Netid"):
        return _ordered(_from_ss(line) for line in rest)
    raise ValueError(f"this is not a list of sockets: {head[:80]!r}")


def _ordered(found: Iterable[Socket | None]) -> tuple[Socket, ...]:
    unique = {socket for socket in found if socket is not None}
    return tuple(sorted(unique, key=lambda one: (one.protocol, one.port, one.address, one.process)))


def _from_ss(line: str) -> Socket | None:
    """Return the socket of one line of ss(8): Netid State Recv-Q Send-Q Local:Port Peer:Port [Process]."""
    words = line.split(None, 6)
    if len(words) < 6:
        raise ValueError(f"a line of ss that is too short: {line[:80]!r}")
    if words[0] not in LISTENING:
        return None
    address, _, port = words[4].rpartition(":")
    owner = re.search(r'users:\(\("((?:[^"\\]|\\.)*)"', words[6]) if len(words) > 6 else None
    return Socket(words[0], address.strip("[]"), int(port), owner[1] if owner else "")


def _from_table(words: list[str], order: str) -> Socket | None:
    """Return the socket of one line of /proc/net/{tcp,udp}{,6}; None when it does not listen."""
    if len(words) < 5:
        raise ValueError("a line of /proc/net that is too short")
    protocol = words[0].removesuffix("6")
    local, state = words[2], words[4]
    if state != LISTENING.get(protocol):
        return None
    address, _, port = local.partition(":")
    return Socket(protocol, _address(address, order), int(port, 16), "")


def _address(digits: str, order: str) -> str:
    data = bytes.fromhex(digits)
    words = [data[start : start + 4] for start in range(0, len(data), 4)]
    packed = b"".join(word[::-1] if order == "little" else word for word in words)
    return str(IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed))


PLUGIN = Fact(name="sockets", script=script("sockets.sh"), parse=parse, seconds=15)
