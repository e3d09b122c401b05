"""Output of any length goes to a sink as it comes, over SSH and on this machine, in little memory."""

import hashlib
import os
import signal
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from loopback_fixtures import Starter

from healer.clock import SystemClock
from healer.model.command import Command, CommandResult
from healer.model.facts import Unknown
from healer.model.host import Login
from healer.ports import Remote
from healer.remote.local import LocalRemote
from healer.remote.scripted import ScriptedRemote, by_program
from healer.remote.ssh import SshRemote

MANY = 40_000_000


@pytest.fixture(params=["ssh", "local"])
def host(request: pytest.FixtureRequest, sshd: Starter, open_host: Callable[[Login], SshRemote]) -> Remote:
    """Return a host by either way."""
    return (
        open_host(sshd().login()) if request.param == "ssh" else LocalRemote(Login("here", "localhost", connection="local"), SystemClock())
    )


def test_every_byte_arrives_in_order_beyond_any_limit(host: Remote, tmp_path: Path) -> None:
    """The sink gets the whole output, the result none of it but the status and what was said on the other stream."""
    file = tmp_path / "data"
    file.write_bytes(os.urandom(3_000_000))
    digest = hashlib.sha256()
    result = host.run(Command(("sh", "-c", 'cat "$1"; echo done >&2; exit 3', "x", str(file)), limit=100), digest.update)
    assert (3, b"", b"done\n", False) == (result.status, result.stdout, result.stderr, result.truncated)
    assert hashlib.sha256(file.read_bytes()).digest() == digest.digest()


def test_memory_is_bounded_while_the_sink_is_slow(host: Remote) -> None:
    """A host that sends faster than the sink takes is made to wait: what is held in memory does not grow with the output."""
    left = [3]

    def slowly(_data: bytes) -> None:
        if left[0]:
            left[0] -= 1
            time.sleep(0.3)

    tracemalloc.start()
    try:
        result = host.run(Command(("head", "-c", str(MANY), "/dev/zero")), slowly)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (0, True) == (result.status, peak < MANY / 2)


def test_a_sink_that_raises_ends_the_command(host: Remote) -> None:
    """What the sink raises comes through, and the host can be used again."""

    def full(_data: bytes) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        host.run(Command(("cat", "/dev/zero"), timeout=30.0), full)
    assert 0 == host.run(Command(("true",))).status


def test_a_link_that_is_cut_in_the_stream_is_unknown(sshd: Starter, open_host: Callable[[Login], SshRemote]) -> None:
    """A stream without its end mark has no status, however much has arrived."""
    server = sshd()
    remote = open_host(server.login())
    arrived = threading.Event()
    killer = threading.Thread(target=lambda: (arrived.wait(30), server.signal_sessions(signal.SIGKILL)))
    killer.start()
    result = remote.run(Command(("cat", "/dev/zero"), timeout=60.0), lambda _data: arrived.set())
    killer.join()
    assert isinstance(result.status, Unknown)


def test_another_command_can_be_run_while_one_streams(host: Remote) -> None:
    """The sink may ask the same host something: a lease is renewed meanwhile."""
    said: list[bytes] = []
    result = host.run(Command(("echo", "one")), lambda data: said.extend((data, host.run(Command(("echo", "two"))).stdout)))
    assert (0, [b"one\n", b"two\n"]) == (result.status, said)


def test_a_scripted_host_feeds_the_sink_too() -> None:
    """The stand-in for a host keeps the promise of the port."""
    said: list[bytes] = []
    result = ScriptedRemote("web1", by_program({"cat": CommandResult(0, b"out", b"err")})).run(Command(("cat",)), said.append)
    assert ([b"out"], b"", b"err") == (said, result.stdout, result.stderr)
