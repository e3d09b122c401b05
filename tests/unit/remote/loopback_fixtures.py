"""Real SSH servers on the loopback interface, each thrown away with its test: fixtures that more than one folder of tests takes."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback_sshd import Server, free_port, make_key

from healer.clock import SystemClock
from healer.model.host import Login
from healer.remote.connector import Connector, SshOptions
from healer.remote.ssh import SshRemote, connect


@pytest.fixture(scope="session")
def user_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the key that every server lets in."""
    return make_key(tmp_path_factory.mktemp("key") / "user")


@pytest.fixture
def clock() -> SystemClock:
    """Return the real time."""
    return SystemClock()


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
def connector(clock: SystemClock, tmp_path: Path) -> Connector:
    """Return a connector that reads no SSH configuration of this machine and pings often."""
    empty = tmp_path / "ssh_config"
    empty.touch()
    return Connector(clock, options=SshOptions(config_file=str(empty), home=tmp_path, ping_interval=0.5))


@pytest.fixture
def open_host(clock: SystemClock, connector: Connector) -> Iterator[Callable[[Login], SshRemote]]:
    """Log in, and hang up after the test."""
    opened: list[SshRemote] = []

    def open_it(login: Login) -> SshRemote:
        opened.append(connect(login, clock=clock, connector=connector))
        return opened[-1]

    yield open_it
    for remote in opened:
        remote.close()
