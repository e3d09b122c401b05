"""SSH agents: used when allowed, and even a full one offers exactly one key."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback_sshd import make_key

from healer.model.command import Command
from healer.model.errors import AuthenticationError
from healer.model.host import Login
from healer.remote.ssh import SshRemote

Open = Callable[[Login], SshRemote]


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Start an agent, and return how to put a key into it."""
    socket = tmp_path / "agent"
    started = subprocess.run(["ssh-agent", "-s", "-a", socket], capture_output=True, text=True, check=True).stdout
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    yield lambda key: subprocess.run(["ssh-add", "-q", key], check=True, stdin=subprocess.DEVNULL) and None
    os.kill(int(started.split("SSH_AGENT_PID=")[1].split(";")[0]), signal.SIGTERM)


@pytest.mark.fault("N19")
def test_a_full_agent_offers_the_key_that_is_configured(sshd, open_host: Open, agent, tmp_path: Path) -> None:
    """Of many keys the one that belongs to the configured file is offered, though the file itself may be locked."""
    server = sshd()
    for number in range(11):
        agent(make_key(tmp_path / f"other{number}"))
    agent(server.user_key)
    public = tmp_path / "mine"
    Path(f"{public}.pub").write_text(Path(f"{server.user_key}.pub").read_text())

    remote = open_host(server.login(private_key=str(public), allow_agent=True))

    assert 0 == remote.run(Command(("true",))).status
    assert "Failed publickey" not in server.log


def test_without_a_configured_key_the_agents_first_is_the_only_one(sshd, open_host: Open, agent, tmp_path: Path) -> None:
    """A refused first key is not followed by the others: a server would count every one of them."""
    server = sshd()
    agent(make_key(tmp_path / "other"))
    agent(server.user_key)

    with pytest.raises(AuthenticationError):
        open_host(server.login(private_key=None, allow_agent=True))

    assert 1 == server.log.count("method publickey")


def test_an_agent_is_not_asked_unless_it_is_allowed(sshd, open_host: Open, agent) -> None:
    """An agent that happens to run is left alone."""
    server = sshd()
    agent(server.user_key)

    with pytest.raises(AuthenticationError, match="no key"):
        open_host(server.login(private_key=None))
