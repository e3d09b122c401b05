"""What makes a copy of the image this host and no other: its name, its addresses, its host key, its page."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from healer.lab.golden import apt_options, lines, write
from healer.lab.network import INNER_LINK, Wiring
from healer.lab.server import PORT
from healer.lab.shell import run


@dataclass(frozen=True, slots=True)
class Place:
    """Where a host stands: its number from 1, its address, and whether it is reached only through the jump host."""

    number: int
    name: str
    address: str
    behind_jump: bool = False


def places(wiring: Wiring, hosts: int, behind_jump: int) -> tuple[Place, ...]:
    """Return a place for each host; the last `behind_jump` of them are on the inner network."""
    inner = [number > hosts - behind_jump for number in range(1, hosts + 1)]
    numbered = enumerate(inner, start=1)
    return tuple(Place(number, f"h{number}", wiring.host(number, inner=is_inner), is_inner) for number, is_inner in numbered)


def dress(root: Path, place: Place, all_places: tuple[Place, ...], wiring: Wiring) -> str:
    """Write the host's own files and its host key; return the public key as `type base64`."""
    for path, text in own_files(place, all_places, wiring).items():
        write(root, path, text)
    key = root / "etc/ssh/ssh_host_ed25519_key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", place.name, "-f", str(key)])
    return " ".join(key.with_suffix(".pub").read_text().split()[:2])


def own_files(place: Place, all_places: tuple[Place, ...], wiring: Wiring) -> Mapping[str, str]:
    """Return the files that differ from host to host, by path."""
    names = [f"{other.address} {other.name}" for other in all_places]
    files = {
        "/etc/hostname": f"{place.name}\n",
        "/etc/hosts": lines(["127.0.0.1 localhost", f"127.0.1.1 {place.name}", *names]),
        "/var/www/html/index.html": f"{place.name}\n",
        "/etc/systemd/network/10-host0.network": network_unit("host0", place.address),
    }
    if place.behind_jump:
        files["/etc/apt/apt.conf.d/90healer-lab"] = lines(apt_options(wiring.host(1, inner=True)))
    is_jump_host = place.number == 1 and any(other.behind_jump for other in all_places)
    return {**files, **(jump_files(wiring) if is_jump_host else {})}


def network_unit(link: str, address: str) -> str:
    """Return a systemd.network(5) file: one fixed address, no route to anywhere else."""
    return f"[Match]\nName={link}\n[Network]\nAddress={address}/24\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"


def jump_files(wiring: Wiring) -> Mapping[str, str]:
    """Return what the jump host has in addition: its second link, and a relay so that the hosts behind it get packages."""
    inner_address = wiring.host(1, inner=True)
    units = "/etc/systemd/system"
    socket = f"[Socket]\nListenStream={inner_address}:{PORT}\nFreeBind=yes\n[Install]\nWantedBy=sockets.target\n"
    service = f"[Service]\nExecStart=/lib/systemd/systemd-socket-proxyd {wiring.gateway}:{PORT}\n"
    return {
        "/etc/systemd/network/10-inner.network": network_unit(INNER_LINK, inner_address),
        f"{units}/lab-relay.socket": socket,
        f"{units}/lab-relay.service": service,
        # A drop-in does what `systemctl enable` would, without a running systemd.
        f"{units}/sockets.target.d/lab-relay.conf": "[Unit]\nWants=lab-relay.socket\n",
    }
