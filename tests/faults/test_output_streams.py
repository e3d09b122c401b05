"""What hosts print: huge, endless, binary, late, noisy or forged. It arrives as it is, and it decides nothing."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import fake_shells
import pytest
from linked_host import linked
from local_host import ACT, LocalHost, settled, shell
from loopback_sshd import Server

from healer.model.command import Command
from healer.model.facts import Unknown
from healer.model.host import Login
from healer.remote.jobs import Jobs
from healer.remote.ssh import SshRemote

Sshd = Callable[..., Server]
Open = Callable[[Login], SshRemote]
HUNDRED_MB = 100_000_000
KEPT = 8 * 1024 * 1024
ROOM = 96 * 1024 * 1024
"""Bytes that a process may grow by while it takes 200 MB in and keeps 16 of them."""

TAKE_IT_IN = f"""
import json, resource, sys
from pathlib import Path
from healer.clock import SystemClock
from healer.model.command import Command
from healer.model.host import Login
from healer.remote.connector import Connector, SshOptions
from healer.remote.ssh import connect
login, home = Login(**{{**json.loads(sys.argv[1]), "known_hosts": tuple(json.loads(sys.argv[1])["known_hosts"])}}), Path(sys.argv[2])
clock = SystemClock()
remote = connect(login, clock=clock, connector=Connector(clock, options=SshOptions(str(home / "ssh_config"), home)))
remote.run(Command(("true",)))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
script = "head -c {HUNDRED_MB} /dev/zero >&2 & head -c {HUNDRED_MB} /dev/zero; wait; exit 3"
result = remote.run(Command(("sh", "-c", script), timeout=300, limit={KEPT}))
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
remote.close()
print(json.dumps([result.status, len(result.stdout), len(result.stderr), result.truncated, (after - before) * 1024]))
"""


@pytest.mark.fault("O1")
def test_a_hundred_megabytes_on_both_streams_at_once(sshd: Sshd, tmp_path: Path) -> None:
    """Both streams are drained together and cut at their limit: no deadlock, the true status, and memory that stays small."""
    (tmp_path / "ssh_config").touch()
    login = sshd().login()
    words = json.dumps(
        {name: getattr(login, name) for name in ("host", "address", "port", "user", "private_key", "known_hosts", "proxy_jump")}
    )

    done = subprocess.run([sys.executable, "-c", TAKE_IT_IN, words, tmp_path], capture_output=True, text=True, check=True, timeout=400)

    *seen, grown = json.loads(done.stdout)
    assert [3, KEPT, KEPT, True] == seen
    assert grown < ROOM


STRANGE = {
    "every byte": bytes(range(256)) * 64,
    "NUL and bytes that are no UTF-8": b"\0\xff\xfe\0\xc3\x28\0" * 1000,
    "one line without an end": b"x" * 10_000_000,
    "colours, cursor movements and a title": b"\x1b[31mred\x1b[0m\x1b[2J\x1b]0;title\x07\r\n" * 100,
    "progress with carriage returns": b"".join(b"\r%d%%" % number for number in range(101)),
}


@pytest.mark.fault("O2")
@pytest.mark.parametrize("what", STRANGE)
def test_strange_output_arrives_as_it_is(sshd: Sshd, open_host: Open, tmp_path: Path, what: str) -> None:
    """Binary, endless lines, control characters: not a byte is added, changed or lost."""
    file = tmp_path / "strange"
    file.write_bytes(STRANGE[what])

    result = open_host(sshd().login()).run(Command(("cat", str(file)), limit=16_000_000))

    assert (0, True) == (result.status, STRANGE[what] == result.stdout)


@pytest.mark.fault("O3")
def test_silence_and_dribble_do_not_end_a_command(sshd: Sshd, open_host: Open) -> None:
    """Silent for many times the ping's interval, then a byte at a time: only its own deadline ends a command, never its silence."""
    script = "sleep 3; for n in 1 2 3 4 5 6; do printf x; sleep 0.2; done; exit 4"

    result = open_host(sshd().login()).run(Command(("sh", "-c", script), timeout=60.0))

    assert (4, b"xxxxxx") == (result.status, result.stdout)


@pytest.mark.fault("O3")
def test_dribble_does_not_move_the_deadline(sshd: Sshd, open_host: Open) -> None:
    """A command that prints for ever is given up when its time is over, with what was heard."""
    result = open_host(sshd().login()).run(Command(("sh", "-c", "for n in 1 2 3 4 5 6 7 8 9; do printf x; sleep 0.5; done"), timeout=2.0))

    assert isinstance(result.status, Unknown)
    assert set(b"x") == set(result.stdout)


@pytest.mark.fault("O4")
@pytest.mark.parametrize(
    "login_shell", [fake_shells.FISH, fake_shells.CHATTY, fake_shells.SILENT_END], ids=["fish", "chatty", "always well"]
)
def test_a_login_shell_has_no_say(sshd: Sshd, open_host: Open, login_shell: str) -> None:
    """A shell that is no POSIX shell, that prints round the command, or that hides how it ended: status and output are the command's own."""
    remote = open_host(sshd(login_shell=login_shell).login())

    results = [remote.run(Command(("sh", "-c", 'cat; echo "$1" >&2; exit 6', "sh", "it's $HOME"), stdin=b"input")) for _ in range(2)]

    assert [(6, b"input", b"it's $HOME\n")] * 2 == [(result.status, result.stdout, result.stderr) for result in results]


@pytest.mark.fault("O4")
def test_the_job_protocol_works_through_a_chatty_login_shell(sshd: Sshd, tmp_path: Path) -> None:
    """Start, poll and result of a job are told from what the login shell says around them."""
    with linked(sshd(login_shell=fake_shells.CHATTY), tmp_path / "host") as host, host.session() as (engine, doors):
        seen = host.work(engine, doors, ACT, lines=5)

    assert (7, ["once"], 5) == (seen.status, host.effects, len(seen.output.splitlines()))


@pytest.mark.fault("O7")
def test_output_cannot_fake_a_result(tmp_path: Path) -> None:
    """A job that prints what the gate would say of a good end is judged by the file that the host wrote: its own status, and the words as output."""
    host = LocalHost(tmp_path / "host")
    jobs = Jobs(host, root=str(host.root), grace=1)
    words = "ended 0 exited\nabsent - it was never started\nrefused stale someone 9\n"

    jobs.start(jobs.take_lease("run-1"), shell('printf "%s" "$1"; exit 9', words, detached=True))
    report = settled(jobs)

    assert ("ended", 9, words.encode()) == (report.state, report.status, report.output)


@pytest.mark.fault("O6")
def test_a_daemon_that_a_job_leaves_behind_holds_nothing_up(sshd: Sshd, tmp_path: Path) -> None:
    """A child that keeps both streams open after the job: the job's end is told when the job ends, and nobody waits for the child."""
    stop = tmp_path / "stop"
    os.mkfifo(stop)
    with linked(sshd(), tmp_path / "host") as host:
        remote = host.connect()
        jobs = host.gate(remote)
        report = jobs.start(jobs.take_lease("run-1"), shell('cat "$1" & echo started; exit 5', str(stop), timeout=60.0))
        remote.close()
    released = threading.Thread(target=lambda: stop.write_bytes(b""))
    released.start()
    released.join(20)

    assert ("ended", 5, b"started\n") == (report.state, report.status, report.output)
    assert not released.is_alive(), "the child is gone: it was killed with the job, or it never ran"
