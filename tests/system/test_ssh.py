"""SSH and sudo against real hosts: what a stand-in for sudo or a server on the loopback interface cannot prove."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from healer.clock import SystemClock
from healer.lab.lab import Lab
from healer.model.command import Command
from healer.model.errors import BecomeError, UnreachableError
from healer.model.facts import Unknown
from healer.model.host import Login
from healer.model.secret import Secret
from healer.remote.connector import Connector, SshOptions
from healer.remote.ssh import SshRemote, connect

Open = Callable[..., SshRemote]


@pytest.fixture
def open_host(lab: Lab, tmp_path: Path) -> Iterator[Open]:
    """Log in to a host of the lab: `open_host("h1", user="ops")`."""
    (tmp_path / "config").touch()
    connector = Connector(SystemClock(), options=SshOptions(str(tmp_path / "config"), tmp_path, ping_interval=1.0, patience=20.0))
    opened: list[SshRemote] = []

    def open_it(name: str, user: str, password: str = "") -> SshRemote:
        host = lab.host(name)
        login = Login(
            name,
            host.address,
            host.port,
            user,
            str(host.private_key),
            known_hosts=(str(host.known_hosts),),
            become_password=Secret(password) if password else None,
        )
        opened.append(connect(login, clock=connector.clock, connector=connector))
        return opened[-1]

    yield open_it
    for remote in opened:
        remote.close()


WHO = Command(("sh", "-c", "id -u; cat"), stdin=b"input", become=True)


@pytest.mark.parametrize("user", ["root", "ops"])
def test_root_is_had_without_a_password_where_sudo_allows_it(open_host: Open, user: str) -> None:
    """A root login needs no sudo, and an account with NOPASSWD no password."""
    result = open_host("h1", user).run(WHO)

    assert (0, b"0\ninput", b"") == (result.status, result.stdout, result.stderr)


def test_root_is_had_with_the_right_password(lab: Lab, open_host: Open) -> None:
    """The real sudo takes the password by its prompt, and the command gets its own input only."""
    remote = open_host("h1", "opspw", lab.sudo_password)

    assert [(0, b"0\ninput")] * 2 == [(result.status, result.stdout) for result in (remote.run(WHO), remote.run(WHO))]


def test_a_wrong_password_is_refused_after_one_try(lab: Lab, open_host: Open) -> None:
    """The real sudo's second prompt ends it: one failure in the host's log, not three."""
    with pytest.raises(BecomeError, match="not accepted"):
        open_host("h2", "opspw", "wrong battery").run(WHO)

    tries = lab.host("h2").run(["journalctl", "-q", "-o", "cat", "-t", "sudo"]).stdout.decode()
    assert 1 == tries.count("authentication failure")


def test_a_missing_password_is_said(open_host: Open) -> None:
    """Without the password sudo refuses, and the advice names -K."""
    with pytest.raises(BecomeError) as caught:
        open_host("h1", "opspw").run(WHO)

    assert "-K" in caught.value.advice


def test_bytes_pass_through_sudo_unchanged(lab: Lab, open_host: Open) -> None:
    """A megabyte of any bytes goes through sudo both ways."""
    data = os.urandom(1024 * 1024)

    assert data == open_host("h1", "opspw", lab.sudo_password).run(Command(("cat",), stdin=data, become=True)).stdout


def test_the_password_never_shows_on_the_host(lab: Lab, open_host: Open) -> None:
    """While a command runs as root, no process of the host has the password among its arguments or in its environment."""
    script = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'"

    seen = open_host("h1", "opspw", lab.sudo_password).run(Command(("sh", "-c", script), become=True)).stdout.decode()

    assert "healer" in seen
    assert lab.sudo_password not in seen


def test_a_frozen_host_is_unknown_and_comes_back(lab: Lab, open_host: Open) -> None:
    """A host that freezes under a command gives Unknown in bounded time; thawed, the next command logs in again."""
    remote, host = open_host("h3", "root"), lab.host("h3")
    threading.Timer(1.0, host.freeze).start()
    try:
        result = remote.run(Command(("sleep", "30"), timeout=60.0))
    finally:
        host.thaw()

    assert isinstance(result.status, Unknown)
    assert "no sign of life" in result.status.reason
    assert b"back\n" == remote.run(Command(("echo", "back"))).stdout


def test_a_cut_cable_is_unknown_and_then_unreachable(lab: Lab, open_host: Open) -> None:
    """A dead network path ends a command as Unknown and the next one as unreachable, both in bounded time."""
    remote, host = open_host("h3", "root"), lab.host("h3")
    threading.Timer(1.0, host.cut).start()
    try:
        result = remote.run(Command(("sleep", "30"), timeout=60.0))
        with pytest.raises(UnreachableError):
            remote.run(Command(("true",)))
    finally:
        host.join()

    assert isinstance(result.status, Unknown)


def test_a_restart_of_sshd_keeps_the_login_and_proves_a_second(open_host: Open) -> None:
    """A login survives the restart of sshd, and a relogin proves that new logins work."""
    remote = open_host("h1", "root")

    assert 0 == remote.run(Command(("systemctl", "restart", "ssh"))).status
    remote.relogin(30.0)
    assert b"again\n" == remote.run(Command(("echo", "again"))).stdout
