"""An SSH server of this very machine on the loopback interface, thrown away after use."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from healer.model.host import Login

CONFIG = """ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
PidFile {folder}/pid
AuthorizedKeysFile {folder}/user_key.pub
SetEnv PATH={path}
PermitRootLogin yes
StrictModes no
UsePAM no
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running sshd, and the key that it lets in."""

    port: int
    folder: Path

    @property
    def key_file(self) -> str:
        """The private key."""
        return str(self.folder / "user_key")

    @property
    def known_hosts(self) -> str:
        """A file with the server's key."""
        return str(self.folder / "known_hosts")

    def login(self) -> Login:
        """Return how healer gets there."""
        return Login(
            "here",
            "127.0.0.1",
            port=self.port,
            user=_user(),
            private_key=self.key_file,
            known_hosts=(self.known_hosts,),
            proxy_jump="none",
        )

    def openssh(self, *argv: str) -> tuple[str, ...]:
        """Return OpenSSH's command for running this there."""
        options = ("-F", "none", "-o", f"UserKnownHostsFile={self.known_hosts}", "-i", self.key_file, "-p", str(self.port))
        return ("ssh", *options, f"{_user()}@127.0.0.1", *argv)


@contextmanager
def server(folder: Path, path: str = os.defpath) -> Iterator[Server]:
    """Start one in this folder, whose programs are found along `path`."""
    folder.mkdir()
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    made = Server(_free_port(), folder)
    (folder / "config").write_text(CONFIG.format(port=made.port, folder=folder, path=path))
    key = " ".join((folder / "host_key.pub").read_text().split()[:2])
    Path(made.known_hosts).write_text(f"[127.0.0.1]:{made.port} {key}\n")
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin") or "sshd"
    Path("/run/sshd").mkdir(exist_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", str(folder / "config")], stderr=log)
    try:
        _await(made.port)
        yield made
    finally:
        process.kill()
        process.wait()


def _await(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("sshd does not listen; run this as root")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _user() -> str:
    return os.environ.get("USER") or "root"
