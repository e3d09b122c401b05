"""Which listening ports are worth comparing, and which are gone. Pure.

Only the protocol and the number count: addresses change with the network's set-up, and a socket that systemd holds for a service has
another owner from one moment to the next. A port that is new is no harm. Left out are UDP sockets from the range that the kernel gives away
(clients waiting for an answer look the same as servers) and those of DHCP clients. A TCP number from that range is mostly given
by chance, as with the NFS helpers, and is another after each restart: there the program must only listen on as many as before.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain

from healer.model.facts import Facts, Socket, Unknown

EPHEMERAL = 32768
"""Start of ip_local_port_range as Linux sets it (ip(7))."""

DHCP_CLIENT = frozenset({68, 546})
"""Open only while a lease is renewed (RFC 2131 §4.1, RFC 8415 §7.2)."""

CHANCE = "chance"
FIXED = "fixed"


def ports_of(facts: Facts) -> dict[str, object] | Unknown:
    """Return `fixed`, a sorted list such as `tcp/22`, and `chance`, how many high TCP ports each program has."""
    sockets = facts.read("sockets", tuple)
    if isinstance(sockets, Unknown):
        return sockets
    listening = {(one.protocol, one.port): one.process for one in sockets if isinstance(one, Socket)}
    fixed = sorted(key for key in listening if _is_fixed(*key))
    chance = Counter(process for (protocol, port), process in listening.items() if protocol == "tcp" and port >= EPHEMERAL)
    return {FIXED: [f"{protocol}/{port}" for protocol, port in fixed], CHANCE: dict(sorted(chance.items()))}


def _is_fixed(protocol: str, port: int) -> bool:
    return port < EPHEMERAL and not (protocol == "udp" and port in DHCP_CLIENT)


def missing(before: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    """Yield what was listened on and is not any more, as `tcp/80` or `2 high ports (rpc.statd)`."""
    present = set(_fixed(now))
    return chain((port for port in _fixed(before) if port not in present), _fewer(_chance(before), _chance(now)))


def _fewer(before: Mapping[str, int], now: Mapping[str, int]) -> Iterator[str]:
    for program, count in before.items():
        if (gone := count - now.get(program, 0)) > 0:
            yield f"{gone} high TCP port{'s' if gone > 1 else ''} ({program or 'program not known'})"


def _fixed(ports: Mapping[str, object]) -> list[str]:
    found = ports.get(FIXED)
    return [str(port) for port in found] if isinstance(found, (list, tuple)) else []


def _chance(ports: Mapping[str, object]) -> dict[str, int]:
    found = ports.get(CHANCE)
    return {str(program): count for program, count in found.items() if isinstance(count, int)} if isinstance(found, Mapping) else {}
