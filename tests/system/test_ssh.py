"""SSH and sudo against real hosts: what a stand-in for sudo or a server on the loopback interface cannot prove."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from healer.clock import SystemClock
from healer.lab.lab import Lab
from healer.lab.machine import LabHost
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


@pytest.mark.fault("O5")
def test_a_wrong_password_is_refused_after_one_try(lab: Lab, open_host: Open) -> None:
    """The real sudo's second prompt ends it: one failure in the host's log, not three."""
    before = failures(lab.host("h2"))
    with pytest.raises(BecomeError, match="not accepted"):
        open_host("h2", "opspw", "wrong battery").run(WHO)

    assert before + 1 == failures(lab.host("h2"))


@pytest.mark.fault("O5")
@pytest.mark.parametrize("mood", ["insults", "lecture=always", 'passprompt="Now what?"', 'passwd_tries=5,badpass_message="No."'])
def test_sudo_may_be_in_any_mood(lab: Lab, open_host: Open, mood: str) -> None:
    """The real sudo insults, lectures, prompts in its own words: the right password gives root, a wrong one is sent once."""
    host = lab.host("h2")
    host.write("/etc/sudoers.d/mood", f"Defaults:opspw {mood}\n")
    before = failures(host)
    try:
        result = open_host("h2", "opspw", lab.sudo_password).run(WHO)
        with pytest.raises(BecomeError, match="not accepted"):
            open_host("h2", "opspw", "wrong battery").run(WHO)
    finally:
        host.run(["rm", "/etc/sudoers.d/mood"])

    assert (0, b"0\ninput", before + 1) == (result.status, result.stdout, failures(host))


@pytest.mark.fault("O5")
def test_sudo_that_wants_a_terminal_is_named(lab: Lab, open_host: Open) -> None:
    """`requiretty` of the real sudo: no root, no waiting, and the advice says which line to change."""
    host = lab.host("h2")
    host.write("/etc/sudoers.d/mood", "Defaults:opspw requiretty\n")
    try:
        with pytest.raises(BecomeError, match="must have a tty") as caught:
            open_host("h2", "opspw", lab.sudo_password).run(WHO)
    finally:
        host.run(["rm", "/etc/sudoers.d/mood"])

    assert "requiretty" in caught.value.advice


def failures(host: LabHost) -> int:
    """Return how many passwords the host's own log says were wrong."""
    return host.run(["journalctl", "-q", "-o", "cat", "-t", "sudo"]).stdout.decode().count("authentication failure")


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


@pytest.mark.fault("N6")
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


@pytest.mark.fault("N4")
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


@pytest.mark.fault("N7")
def test_a_restart_of_sshd_keeps_the_login_and_proves_a_second(open_host: Open) -> None:
    """A login survives the restart of sshd, and a relogin proves that new logins work."""
    remote = open_host("h1", "root")

    assert 0 == remote.run(Command(("systemctl", "restart", "ssh"))).status
    remote.relogin(30.0)
    assert b"again\n" == remote.run(Command(("echo", "again"))).stdout
