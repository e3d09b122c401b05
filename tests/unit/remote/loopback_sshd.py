"""A real SSH server on the loopback interface, as tests hold it in their hands."""

import contextlib
import getpass
import os
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from healer.model.host import Login


@dataclass
class Server:
    """A running sshd: its port, its files, and what it has logged so far."""

    port: int
    folder: Path
    host_key: Path
    user_key: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def public_key(self) -> str:
        return " ".join(Path(f"{self.host_key}.pub").read_text().split()[:2])

    def login(self, **changes: object) -> Login:
        values: dict[str, object] = {
            "host": "web1",
            "address": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "private_key": str(self.user_key),
            "known_hosts": (str(self.known_hosts),),
            "proxy_jump": "none",
            "connect_timeout": 5.0,
        }
        return Login(**{**values, **changes})  # type: ignore[arg-type]

    def children(self) -> list[int]:
        """Return the sessions: every descendant of the listener that is an sshd."""
        parents = {int(path.name): _parent(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
        found, grown = {self.process.pid}, True
        while grown:
            more = {pid for pid, parent in parents.items() if parent in found and _is_sshd(pid)} - found
            found, grown = found | more, bool(more)
        return sorted(found - {self.process.pid})

    def signal_sessions(self, number: int) -> None:
        for pid in self.children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self) -> None:
        self.signal_sessions(signal.SIGCONT)
        self.signal_sessions(signal.SIGKILL)
        self.process.kill()
        self.process.wait()


def _parent(path: Path) -> int:
    try:
        return int((path / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _is_sshd(pid: int) -> bool:
    try:
        return "sshd" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_key(path: Path, kind: str = "ed25519", *more: str) -> Path:
    """Make a key pair and return the private file."""
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path), *more], check=True, stdin=subprocess.DEVNULL)
    return path
