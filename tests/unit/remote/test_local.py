"""The control machine as a host: the same port and the same promises, without SSH."""

import gc
import os
import socket
import time
import warnings
from pathlib import Path

import pytest

from healer.clock import SystemClock
from healer.model.command import Command
from healer.model.errors import UnreachableError, UsageError
from healer.model.facts import Unknown
from healer.model.host import Login
from healer.ports import Remote
from healer.remote.local import LocalRemote
from healer.remote.open import Opener

LOGIN = Login("here", "localhost", connection="local")


@pytest.fixture
def here(clock: SystemClock) -> LocalRemote:
    """Return this machine."""
    return LocalRemote(LOGIN, clock)


def test_status_and_both_streams_come_back_apart(here: LocalRemote) -> None:
    """A local command answers as one behind SSH does."""
    result = here.run(Command(("sh", "-c", "cat; echo err >&2; exit 7"), stdin=b"input"))

    assert (7, b"input", b"err\n") == (result.status, result.stdout, result.stderr)


def test_megabytes_pass_both_ways(here: LocalRemote) -> None:
    """Input and output larger than any pipe neither block nor change."""
    data = os.urandom(2_000_000)

    assert data == here.run(Command(("cat",), stdin=data)).stdout


def test_time_over_is_unknown_and_ends_the_whole_group(here: LocalRemote, tmp_path: Path) -> None:
    """A command whose time is over is killed with its children, and its result is unknown."""
    mark = tmp_path / "mark"

    result = here.run(Command(("sh", "-c", f"(sleep 3; touch {mark}) & echo so far; wait"), timeout=0.3))
    time.sleep(3)

    assert (True, b"so far\n", False) == (isinstance(result.status, Unknown), result.stdout, mark.exists())


def test_a_background_child_lives_on_and_is_not_waited_for(here: LocalRemote, tmp_path: Path) -> None:
    """What a command leaves in the background on purpose is neither waited for nor killed."""
    mark = tmp_path / "mark"

    result = here.run(Command(("sh", "-c", f"(sleep 1; touch {mark}) & echo started"), timeout=5.0))
    deadline = time.monotonic() + 10
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    assert (0, b"started\n", True) == (result.status, result.stdout, mark.exists())


def test_a_killed_shell_is_unknown(here: LocalRemote) -> None:
    """A command that takes its own watcher with it has no status."""
    assert isinstance(here.run(Command(("sh", "-c", "kill -9 $PPID"))).status, Unknown)


def test_a_stream_leaves_from_this_machine(here: LocalRemote) -> None:
    """A dialled stream is a local connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = here.dial("127.0.0.1", server.getsockname()[1], 5.0)
        accepted, _ = server.accept()
        accepted.sendall(b"hello")
        assert b"hello" == stream.recv(5)
        accepted.close()
        stream.close()


def test_a_python_step_gets_run_on_this_machine(here: LocalRemote) -> None:
    """The object for python steps has `run`."""
    said = here.fabric_connection().run("echo here", hide=True).stdout

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # invoke leaves the closing of its pipes to the collector
        gc.collect()
    assert "here\n" == said


def test_a_relogin_and_a_close_change_nothing(here: LocalRemote) -> None:
    """There is no login to lose."""
    here.relogin(1.0)
    here.close()

    assert 0 == here.run(Command(("true",))).status


def test_the_connection_decides_what_is_opened(clock: SystemClock) -> None:
    """`connection=local` opens this machine, an unknown word is refused."""
    opener = Opener(clock)

    assert isinstance(opener(LOGIN), Remote)
    with pytest.raises(UsageError, match="no connection 'docker'"):
        opener(Login("web1", "a", connection="docker"))


def test_a_local_host_with_a_jump_host_is_a_mistake(clock: SystemClock) -> None:
    """Words about getting elsewhere contradict connection=local."""
    with pytest.raises(UnreachableError, match="connection=local"):
        Opener(clock)(Login("here", "localhost", connection="local", proxy_jump="gate"))


def test_a_silent_command_beats(here: LocalRemote) -> None:
    """With a beat the sink is given nothing while nothing comes, and what it raises ends the command."""
    got: list[bytes] = []

    def sink(data: bytes) -> None:
        got.append(data)
        if data == b"" and b"begun" in b"".join(got):
            raise InterruptedError

    text = "printf '%-100s\\n' begun; sleep 60"
    with pytest.raises(InterruptedError):
        here.run(Command(("sh", "-c", text), timeout=30.0, beat=0.2), sink)
    assert b"" == got[-1]
