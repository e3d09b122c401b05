"""A real `healer patch` over lab hosts, some of them behind a proxy that breaks links, and how to see where it stands."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from console import Console
from fault_proxy import FaultProxy
from host_cases import configuring

from healer.lab.machine import LabHost

PACKAGE = "healer-demo-waiting"
PATCH = ("patch", "--rolling", "--soak", "0", "--yes", "--json")
ESTABLISHED = "01"


@contextmanager
def routed(node: Console, through: Mapping[str, bool]) -> Iterator[Mapping[str, FaultProxy]]:
    """Write an inventory of these hosts, and give a proxy to each of those that are to be reached through one."""
    hosts = {name: node.lab.host(name) for name in through}
    known = node.folder / "known_hosts"
    lines = next(iter(hosts.values())).known_hosts.read_text()
    with ExitStack() as opened:
        proxies = {name: opened.enter_context(FaultProxy(host.port, host.address)) for name, host in hosts.items() if through[name]}
        lines += "".join(key_line(hosts[name], proxy.port) for name, proxy in proxies.items())
        known.write_text(lines)
        places = {name: {"ansible_host": "127.0.0.1", "ansible_port": proxy.port} for name, proxy in proxies.items()}
        node.write_inventory({name: places.get(name, {}) for name in hosts}, known_hosts=known)
        yield proxies


def key_line(host: LabHost, port: int) -> str:
    """Return the host's key as that of the proxy in front of it."""
    words = next(
        line.split()
        for line in host.known_hosts.read_text().splitlines()
        if line.split()[0] in (host.address, f"[{host.address}]:{host.port}")
    )
    return f"[127.0.0.1]:{port} {words[1]} {words[2]}\n"


def connected(host: LabHost) -> bool:
    """Tell whether this machine holds a connection to the host's SSH server, as its kernel says."""
    octets = "".join(f"{int(octet):02X}" for octet in reversed(host.address.split(".")))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[2] == f"{octets}:{host.port:04X}" and row[3] == ESTABLISHED for row in rows)


def first_in_the_middle(hosts: Mapping[str, LabHost], run: "subprocess.Popen[str]") -> str:
    """Wait until one of the hosts is in the midst of its package job, and return its name; an empty one when the run is over before.

    That package's script waits to be let go on, so however slow this machine is, nobody who comes to it is missed.
    """
    while run.poll() is None:
        for name, host in hosts.items():
            if configuring(host, PACKAGE):
                return name
        time.sleep(0.1)
    return ""
