"""Commands over a real SSH server: what goes in comes out, and nothing that the account prints can spoil or fake it."""

import os
import shutil
import signal
import threading
from collections.abc import Callable

import pytest
from fabric import Connection

from healer.model.command import Command
from healer.model.errors import UnreachableError
from healer.model.facts import Unknown
from healer.model.host import Login
from healer.remote.ssh import SshRemote

Open = Callable[[Login], SshRemote]


def test_status_and_both_streams_come_back_apart(sshd, open_host: Open) -> None:
    """A command's status, output and errors come back, each by itself."""
    result = open_host(sshd().login()).run(Command(("sh", "-c", "echo out; echo err >&2; exit 7")))

    assert (7, b"out\n", b"err\n") == (result.status, result.stdout, result.stderr)


def test_one_login_serves_many_commands(sshd, open_host: Open) -> None:
    """A login is used for every command of its host."""
    server = sshd()
    remote = open_host(server.login())

    assert [b"1\n", b"2\n", b"3\n"] == [remote.run(Command(("echo", str(number)))).stdout for number in (1, 2, 3)]
    assert server.log.count("Accepted publickey") == 1


@pytest.mark.fault("O4")
@pytest.mark.parametrize(
    ("offered", "spoken"),
    [("aes128-ctr,aes128-gcm@openssh.com", "aes128-gcm@openssh.com"), ("aes256-ctr", "aes256-ctr")],
)
def test_the_cheapest_cipher_of_both_is_spoken(sshd, open_host: Open, offered: str, spoken: str) -> None:
    """A cipher that encrypts and proves in one pass is asked for first; a server that has none gets another safe one."""
    connection = open_host(sshd(f"Ciphers {offered}").login()).fabric_connection()
    assert isinstance(connection, Connection)
    assert spoken == connection.client.get_transport().remote_cipher


def test_noise_of_start_up_files_is_not_output(sshd, open_host: Open) -> None:
    """What .bashrc prints on either stream never shows up in a command's output."""
    server = sshd(login_shell='exec bash -c ". ~/.bashrc; $SSH_ORIGINAL_COMMAND"')
    (server.folder / ".bashrc").write_text("echo welcome; echo warning >&2; printf 'no newline'\n")

    result = open_host(server.login()).run(Command(("echo", "hello")))

    assert (0, b"hello\n", b"") == (result.status, result.stdout, result.stderr)


@pytest.mark.fault("O4")
@pytest.mark.parametrize("shell", ["fish", "tcsh", "csh", "zsh", "bash", "dash"])
def test_any_login_shell_will_do(sshd, open_host: Open, shell: str) -> None:
    """The command line is read alike by every common login shell."""
    server = sshd(login_shell=f'exec {shutil.which(shell)} -c "$SSH_ORIGINAL_COMMAND"')

    result = open_host(server.login()).run(Command(("printf", "%s|", "a b", "it's", "!x", "$HOME", "\\n", "")))

    assert b"a b|it's|!x|$HOME|\\n||" == result.stdout


@pytest.mark.fault("O4")
def test_an_account_without_a_shell_is_named_by_its_own_words(sshd, open_host: Open) -> None:
    """A login shell that refuses to work makes the host unreachable, with what it said."""
    remote = open_host(sshd(login_shell='echo "This account is not available."; exit 1').login())

    with pytest.raises(UnreachableError, match=r"This account is not available\."):
        remote.run(Command(("true",)))


@pytest.mark.fault("O2")
def test_a_megabyte_of_any_bytes_passes_both_ways(sshd, open_host: Open) -> None:
    """Input and output are bytes: nothing is decoded, added or lost."""
    data = os.urandom(1024 * 1024)

    assert data == open_host(sshd().login()).run(Command(("cat",), stdin=data)).stdout


def test_both_streams_may_be_full_at_once(sshd, open_host: Open) -> None:
    """Twenty megabytes on each stream at the same time neither block nor mix."""
    script = "head -c 20000000 /dev/zero >&2 & head -c 20000000 /dev/zero; wait"

    result = open_host(sshd().login()).run(Command(("sh", "-c", script), limit=32_000_000))

    assert (0, 20_000_000, 20_000_000, False) == (result.status, len(result.stdout), len(result.stderr), result.truncated)


def test_output_beyond_the_limit_is_dropped_and_said(sshd, open_host: Open) -> None:
    """A stream keeps `limit` bytes; the status is still known and the result says that it was cut."""
    result = open_host(sshd().login()).run(Command(("sh", "-c", "head -c 100000 /dev/zero; exit 3"), limit=1000))

    assert (3, bytes(1000), True) == (result.status, result.stdout, result.truncated)


def test_input_that_nobody_reads_does_not_hold_the_command_up(sshd, open_host: Open) -> None:
    """A command may end without reading its input, however long that is."""
    assert 0 == open_host(sshd().login()).run(Command(("true",), stdin=bytes(8_000_000))).status


def test_a_command_sees_the_end_of_its_input(sshd, open_host: Open) -> None:
    """End of file arrives after the last byte of input, at once when there is none."""
    assert b"0\n" == open_host(sshd().login()).run(Command(("wc", "-c"))).stdout


@pytest.mark.fault("O6")
def test_a_background_child_that_keeps_the_output_open_is_not_waited_for(sshd, open_host: Open) -> None:
    """A command is over when it ends, not when the last process that it left behind does."""
    result = open_host(sshd().login()).run(Command(("sh", "-c", "sleep 5 & echo started"), timeout=4.0))

    assert (0, b"started\n") == (result.status, result.stdout)


def test_time_over_is_unknown_and_keeps_what_was_heard(sshd, open_host: Open) -> None:
    """A command that does not end in time has no status: it may still be running."""
    result = open_host(sshd().login()).run(Command(("sh", "-c", "echo so far; sleep 3"), timeout=0.5))

    assert (True, b"so far\n") == (isinstance(result.status, Unknown), result.stdout)


def test_a_killed_server_process_is_unknown(sshd, open_host: Open) -> None:
    """A session that dies under a command gives Unknown, never an exit status."""
    server = sshd()
    remote = open_host(server.login())
    threading.Timer(0.5, server.signal_sessions, [signal.SIGKILL]).start()

    result = remote.run(Command(("sleep", "3"), timeout=20.0))

    assert isinstance(result.status, Unknown)
    assert "the link broke" in result.status.reason


@pytest.mark.fault("N6")
def test_a_frozen_server_process_is_unknown_within_the_ping_budget(sshd, open_host: Open) -> None:
    """A session that stops answering is given up by healer's own ping, long before the command's time is over."""
    server = sshd()
    remote = open_host(server.login())
    threading.Timer(0.5, server.signal_sessions, [signal.SIGSTOP]).start()

    result = remote.run(Command(("sleep", "3"), timeout=60.0))

    assert isinstance(result.status, Unknown)
    assert "no sign of life" in result.status.reason


def test_a_lost_login_is_made_again_by_the_next_command(sshd, open_host: Open) -> None:
    """After a cut the next command logs in afresh: nothing was sent yet, so nothing can happen twice."""
    server = sshd()
    remote = open_host(server.login())
    server.signal_sessions(signal.SIGKILL)

    assert b"back\n" == remote.run(Command(("echo", "back"))).stdout


@pytest.mark.fault("N7")
def test_a_second_login_replaces_the_first_only_when_it_is_had(sshd, open_host: Open) -> None:
    """A relogin logs in while the first login is open; when it fails, the first one still works."""
    server = sshd()
    remote = open_host(server.login())
    remote.relogin(10.0)
    assert server.log.count("Accepted publickey") == 2

    (server.folder / "authorized_keys").write_text("")
    with pytest.raises(UnreachableError):
        remote.relogin(10.0)

    assert b"still here\n" == remote.run(Command(("echo", "still here"))).stdout


@pytest.mark.fault("N11")
def test_one_session_at_a_time_is_enough(sshd, open_host: Open) -> None:
    """A server that allows a single session serves one command after the other."""
    remote = open_host(sshd("MaxSessions 1").login())

    assert [0] * 5 == [remote.run(Command(("true",))).status for _ in range(5)]


def test_a_stream_through_the_host_reaches_its_own_ports(sshd, open_host: Open) -> None:
    """A dialled stream leaves from the host; here it finds the greeting of the host's own SSH server."""
    server = sshd()
    stream = open_host(server.login()).dial("127.0.0.1", server.port, 5.0)

    assert b"SSH-2.0" == stream.recv(7)
    stream.close()


def test_a_port_that_nobody_listens_on_is_an_os_error(sshd, open_host: Open) -> None:
    """What the host cannot connect to is an OSError, as it would be for a local socket."""
    with pytest.raises(OSError, match="cannot connect"):
        open_host(sshd().login()).dial("127.0.0.1", 1, 5.0)


def test_a_server_that_forbids_streams_says_nothing_of_the_port(sshd, open_host: Open) -> None:
    """Where the SSH server lets nobody through, that is a lack of permission: no port was asked."""
    server = sshd("AllowTcpForwarding no")
    with pytest.raises(PermissionError, match="AllowTcpForwarding"):
        open_host(server.login()).dial("127.0.0.1", server.port, 5.0)


def test_a_link_that_breaks_under_a_stream_says_nothing_of_the_port(sshd, open_host: Open) -> None:
    """A login that is lost while a stream is opened is an unreachable host, not a port that nobody listens on."""
    server = sshd()
    remote = open_host(server.login())
    server.signal_sessions(signal.SIGSTOP)
    threading.Timer(0.5, server.signal_sessions, [signal.SIGKILL]).start()

    with pytest.raises(UnreachableError, match="opening a channel"):
        remote.dial("127.0.0.1", 1, 10.0)


def test_a_python_step_gets_a_connection_over_the_same_login(sshd, open_host: Open) -> None:
    """The fabric connection runs over the login that was verified, and closing it leaves the login open."""
    server = sshd()
    remote = open_host(server.login())
    connection = remote.fabric_connection()

    assert connection.run("echo from fabric", hide=True).stdout == "from fabric\n"
    connection.close()
    assert b"alive\n" == remote.run(Command(("echo", "alive"))).stdout
    assert server.log.count("Accepted publickey") == 1


@pytest.mark.fault("O7")
def test_a_forged_end_mark_does_not_end_a_command(sshd, open_host: Open) -> None:
    """A command does not learn the nonce, neither from its environment, its arguments, nor its parent's command line."""
    script = "env; tr '\\0' ' ' < /proc/$$/cmdline; tr '\\0' ' ' < /proc/$PPID/cmdline; echo 00000000000000000000000000000000 end 0; exit 9"

    result = open_host(sshd().login()).run(Command(("sh", "-c", script)))

    assert 9 == result.status
    assert b"00000000000000000000000000000000 end 0\n" == result.stdout[-39:]
