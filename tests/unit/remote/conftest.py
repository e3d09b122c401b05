"""Real SSH servers on the loopback interface, each thrown away with its test."""

import contextlib
import getpass
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from healer.model.host import Login
from healer.remote.connector import Connector, SshOptions
from healer.remote.ssh import SshRemote, connect


class RealClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def jitter(self, most: float) -> float:
        return random.uniform(0, most)


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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_key(path: Path, kind: str = "ed25519", *more: str) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path), *more], check=True, stdin=subprocess.DEVNULL)
    return path


@pytest.fixture(scope="session")
def user_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_key(tmp_path_factory.mktemp("key") / "user")


@pytest.fixture
def clock() -> RealClock:
    return RealClock()


Starter = Callable[..., Server]


@pytest.fixture
def sshd(tmp_path: Path, user_key: Path) -> Iterator[Starter]:
    """Start servers: `sshd("MaxSessions 1", known=False)`. Known ones stand in their known_hosts file.

    `login_shell` is shell text that is run in place of the command, which it finds in $SSH_ORIGINAL_COMMAND; `environment`
    are assignments for it. The home folder is the server's own, so that nobody's start-up files matter.
    """
    started: list[Server] = []

    def start(*lines: str, known: bool = True, login_shell: str = "", environment: str = "") -> Server:
        folder = tmp_path / f"sshd{len(started)}"
        folder.mkdir()
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        host_key = make_key(folder / "host_key")
        shutil.copy(f"{user_key}.pub", folder / "authorized_keys")
        port = free_port()
        text = [
            *lines,
            *([f"ForceCommand {_script(folder / 'login_shell', login_shell)}"] if login_shell else []),
            f"ListenAddress 127.0.0.1:{port}",
            f"HostKey {host_key}",
            f"SetEnv HOME={folder} {environment}",
            f"PidFile {folder}/pid",
            f"AuthorizedKeysFile {folder}/authorized_keys",
            "StrictModes no",
            "UsePAM no",
            "PermitRootLogin yes",
            "LogLevel DEBUG1",
        ]
        (folder / "config").write_text("\n".join(text) + "\n")
        log = (folder / "log").open("wb")
        program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin") or "/usr/sbin/sshd"
        process = subprocess.Popen([program, "-D", "-e", "-f", str(folder / "config")], stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        server = Server(port, folder, host_key, user_key, process)
        started.append(server)
        if known:
            server.known_hosts.write_text(f"[127.0.0.1]:{port} {server.public_key}\n")
        _wait_until_it_listens(server)
        return server

    yield start
    for server in started:
        server.stop()


def _script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def _wait_until_it_listens(server: Server) -> None:
    deadline = time.monotonic() + 10
    while "Server listening" not in server.log:
        if time.monotonic() > deadline or server.process.poll() is not None:
            raise RuntimeError(server.log)
        time.sleep(0.01)


@pytest.fixture
def connector(clock: RealClock, tmp_path: Path) -> Connector:
    empty = tmp_path / "ssh_config"
    empty.touch()
    return Connector(clock, options=SshOptions(config_file=str(empty), home=tmp_path, ping_interval=0.5, patience=20.0))


@pytest.fixture
def open_host(clock: RealClock, connector: Connector) -> Iterator[Callable[[Login], SshRemote]]:
    """Log in, and hang up after the test."""
    opened: list[SshRemote] = []

    def open_it(login: Login) -> SshRemote:
        opened.append(connect(login, clock=clock, connector=connector))
        return opened[-1]

    yield open_it
    for remote in opened:
        remote.close()
