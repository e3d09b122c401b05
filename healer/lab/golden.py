"""The image of one lab: the base with the lab's users, keys, package sources and demo packages. Hosts are snapshots of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from healer.lab import cgroups
from healer.lab.base import carried_options, source_line
from healer.lab.repository import KEYRING
from healer.lab.server import PORT
from healer.lab.shell import run
from healer.lab.sources import Archive

SCRIPT = Path(__file__).with_name("prepare_host.sh")
IN_GROUP = Path(__file__).with_name("in_group.sh")


@dataclass(frozen=True, slots=True)
class Preparation:
    """What the hosts of a lab have in common. `gateway` is where the lab's server listens."""

    gateway: str
    source_lines: tuple[str, ...]
    keyring: bytes
    public_key: str
    password: str
    installed: tuple[str, ...]


def source_lines(archive: Archive, choice: str) -> tuple[str, ...]:
    """Return the archive's lines for /etc/apt/sources.list: all pockets for `updates`, nothing for `none`."""
    return tuple(source_line(index, source) for index, source in enumerate(archive.sources)) if choice == "updates" else ()


def prepare(lab: str, root: Path, preparation: Preparation) -> None:
    """Turn an unpacked base image into the lab's own: files first, then what only the image's own tools can do."""
    for path, text in common_files(preparation).items():
        write(root, path, text)
    (root / KEYRING.lstrip("/")).write_bytes(preparation.keyring)
    group = f"healer-lab-{lab}-golden"
    inside = [
        *("sh", str(IN_GROUP), group, "systemd-nspawn", "-q", "-D", str(root), "--pipe", f"--machine={lab}-golden"),
        *("--register=no", "--keep-unit", "--resolv-conf=off", f"--bind-ro={SCRIPT}:/run/prepare_host.sh"),
        *("sh", "/run/prepare_host.sh", *preparation.installed),
    ]
    run(inside, stdin=f"{preparation.password}\n{preparation.public_key}\n".encode())
    cgroups.remove(group)
    # systemd gives every copy an id of its own at first boot when this is empty (machine-id(5)).
    (root / "etc/machine-id").write_bytes(b"")


def common_files(preparation: Preparation) -> dict[str, str]:
    """Return the files that are alike on every host, by path."""
    return {
        "/etc/apt/sources.list": lines(preparation.source_lines),
        "/etc/apt/apt.conf.d/90healer-lab": lines(apt_options(preparation.gateway)),
        "/etc/ssh/sshd_config.d/healer-lab.conf": "MaxStartups 100:30:200\nPasswordAuthentication no\nUseDNS no\n",
    }


def apt_options(gateway: str) -> tuple[str, ...]:
    """Return apt.conf(5) lines: the lab's server as the only way out, and what this machine's apt needs as well."""
    return (f'Acquire::http::Proxy "http://{gateway}:{PORT}";', 'Acquire::Languages "none";', *carried_options())


def write(root: Path, path: str, text: str, mode: int = 0o644) -> None:
    """Write one file of an image."""
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)


def lines(parts: Iterable[str]) -> str:
    """Return the parts as the lines of a file."""
    return "".join(f"{part}\n" for part in parts)
