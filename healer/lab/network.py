"""The wires: a bridge for each lab with addresses from 198.18.0.0/15 (RFC 2544: networks made for testing).

Nothing is routed, translated or forwarded, and no firewall rule is made: hosts reach the lab's server on the bridge, and this
machine reaches the hosts. The inner bridge, for hosts behind a jump host, has no address here, so this machine has no way in.
"""

import fcntl
import ipaddress
import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from healer.lab.shell import run, succeeds
from healer.model.errors import LabError

SPACE = ipaddress.IPv4Network("198.18.0.0/15")
FIRST_HOST = 11
INNER_LINK = "inner0"
"""The jump host's own name for its end of the second link."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Names and numbers of one lab's links. A link's name has at most 15 characters, so `lab` has six."""

    lab: str
    subnet: str
    inner_subnet: str

    @property
    def bridge(self) -> str:
        """Return the bridge that this machine is on too."""
        return f"hl{self.lab}"

    @property
    def inner_bridge(self) -> str:
        """Return the bridge that only the jump host and the hosts behind it are on."""
        return f"hl{self.lab}j"

    @property
    def gateway(self) -> str:
        """Return this machine's address on the bridge; the server listens there."""
        return address(self.subnet, 1)

    @property
    def jump_link(self) -> str:
        """Return our end of the jump host's second link, which is on the inner bridge."""
        return f"hj{self.lab}"

    def host(self, number: int, *, inner: bool = False) -> str:
        """Return the address of host `number`, counted from 1."""
        return address(self.inner_subnet if inner else self.subnet, FIRST_HOST + number - 1)


def address(subnet: str, number: int) -> str:
    """Return one address of a /24."""
    return str(ipaddress.IPv4Network(subnet)[number])


def free_subnets(taken: Iterable[str], count: int, start: int = 0) -> tuple[str, ...]:
    """Return `count` /24 networks that overlap none of the taken ones, looking from position `start` on, round.

    A taken network wider than /24 is passed over: the narrower route of a lab wins over it.
    """
    used = [network for network in (ipaddress.IPv4Network(text, strict=False) for text in taken) if network.prefixlen >= 24]
    candidates = list(SPACE.subnets(new_prefix=24))
    turned = candidates[start % len(candidates) :] + candidates[: start % len(candidates)]
    free = [str(subnet) for subnet in turned if not any(subnet.overlaps(network) for network in used)]
    if len(free) < count:
        raise LabError(f"No {count} free networks are left in {SPACE}.", advice="Take down a lab: `healer lab down`.")
    return tuple(free[:count])


@contextmanager
def choosing() -> Iterator[None]:
    """Keep other labs from choosing a network until ours can be seen."""
    with Path("/run/lock/healer-lab").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def bring_up(lab: str) -> Wiring:
    """Make both bridges of a lab in networks that nobody uses on this machine."""
    with choosing():
        wiring = Wiring(lab, *free_subnets(_taken(), 2, secrets.randbelow(512)))
        _bridge(wiring.bridge, f"{wiring.gateway}/24")
        _bridge(wiring.inner_bridge)
        # Else the default route would carry packets for the inner network out of this machine.
        run(["ip", "route", "add", "unreachable", wiring.inner_subnet, "metric", _metric(lab)])
    return wiring


def take_down(lab: str) -> None:
    """Delete every link and route of a lab. What is gone already is no fault."""
    for link in links(lab):
        succeeds(["ip", "link", "delete", link])
    for route in json.loads(run(["ip", "-json", "-4", "route", "show", "type", "unreachable", "metric", _metric(lab)]) or b"[]"):
        succeeds(["ip", "route", "delete", "unreachable", route["dst"], "metric", _metric(lab)])


def links(lab: str) -> list[str]:
    """Return the names of all links on this machine that belong to a lab."""
    ours = tuple(prefix + lab for prefix in ("hl", "hj", "vb-"))
    return [path.name for path in Path("/sys/class/net").iterdir() if path.name.startswith(ours)]


def set_link(link: str, *, up: bool) -> None:
    """Plug a host's link in, or pull it out."""
    run(["ip", "link", "set", link, "up" if up else "down"])


def _metric(lab: str) -> str:
    """Return the lab's number as a route's metric: an unreachable route has no link whose name could tell whose it is."""
    return str(int(lab, 16) + 1)


def _bridge(name: str, own_address: str = "") -> None:
    run(["ip", "link", "add", name, "type", "bridge"])
    # Without this the kernel gives itself a link-local address, which would be a way into the inner network.
    switch = Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6")
    if switch.exists():
        switch.write_text("1")
    if own_address:
        run(["ip", "address", "add", own_address, "dev", name])
    run(["ip", "link", "set", name, "up"])


def _taken() -> list[str]:
    addresses = json.loads(run(["ip", "-json", "-4", "address"]))
    own = [f"{info['local']}/{info['prefixlen']}" for link in addresses for info in link.get("addr_info", ())]
    routes = json.loads(run(["ip", "-json", "-4", "route", "show", "table", "all"]))
    return own + [route["dst"] for route in routes if route["dst"][0].isdigit()]
