"""How an act lives and ends on the host, and what is said of it when it was killed or the host was booted."""

import os
import signal
import time
from pathlib import Path

import pytest
from local_host import ACT, NEXT, OTHER_BOOT, LocalHost, folder, settled, shell, until

from healer.model.errors import RefusedError
from healer.model.facts import Unknown
from healer.model.job import JobSpec, Lease
from healer.remote.jobs import FORGOTTEN, Jobs


def test_never_started_is_absent(jobs: Jobs) -> None:
    """An act that the host never saw is absent."""
    assert jobs.poll(ACT, detached=True).state == "absent"


def test_detached_act_outlives_its_starter(host: LocalHost, jobs: Jobs, lease: Lease, tmp_path: Path) -> None:
    """A detached act runs in a session of its own and goes on after the start command is gone."""
    report = jobs.start(lease, shell('until [ -e "$1" ]; do sleep 0.1; done; echo released', str(tmp_path / "go"), detached=True))
    child = int((folder(host) / "child").read_text().split()[0])
    assert report.state == "running"
    assert os.getsid(child) == child
    (tmp_path / "go").touch()
    assert settled(jobs).output == b"released\n"


def kill_all(host: LocalHost) -> None:
    """Kill wrapper and command as the out-of-memory killer would."""
    for name, position in (("begun", 1), ("child", 0)):
        os.kill(int((folder(host) / name).read_text().split()[position]), signal.SIGKILL)


def test_killed_act_is_lost(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """An act that was killed with its wrapper left no result: lost, which is neither good nor bad."""
    jobs.start(lease, JobSpec(ACT, ("sleep", "60"), detached=True, timeout=5))
    until((folder(host) / "child").exists)
    kill_all(host)
    report = settled(jobs)
    assert (report.state, isinstance(report.status, Unknown)) == ("lost", True)
    assert "killed" in report.reason


def test_lost_act_is_never_run_again(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """Starting a lost act again tells that it is lost and runs nothing."""
    spec = shell("echo once; exec sleep 60", detached=True, timeout=5)
    jobs.start(lease, spec)
    until(lambda: jobs.poll(ACT, detached=True).output == b"once\n")
    kill_all(host)
    settled(jobs)
    assert (jobs.start(lease, spec).state, jobs.poll(ACT, detached=True).output) == ("lost", b"once\n")


def test_command_that_outlives_its_wrapper_runs(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """While the command lives the act runs and blocks others, also when its wrapper was killed."""
    jobs.start(lease, JobSpec(ACT, ("sleep", "60"), detached=True, timeout=2))
    until((folder(host) / "child").exists)
    os.kill(int((folder(host) / "begun").read_text().split()[1]), signal.SIGKILL)
    assert jobs.poll(ACT, detached=True).state == "running"
    with pytest.raises(RefusedError, match="another act runs"):
        jobs.start(lease, shell("true", act=NEXT))


def test_descendant_that_outlives_wrapper_and_command_runs(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """While anything of the command's session lives the act runs: dpkg may live on when apt-get was killed."""
    jobs.start(lease, shell("sleep 60 & echo $!; wait", detached=True, timeout=3))
    until(lambda: bool(jobs.poll(ACT, detached=True).output))
    kill_all(host)
    assert jobs.poll(ACT, detached=True).state == "running"
    os.kill(int(jobs.poll(ACT, detached=True).output), signal.SIGKILL)
    assert settled(jobs).state == "lost"


def test_boot_during_an_act_is_lost(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """An act without a result from an earlier boot is lost, and the report says that the host was booted since."""
    jobs.start(lease, JobSpec(ACT, ("sleep", "60"), detached=True, timeout=1))
    host.boot(OTHER_BOOT)
    report = jobs.poll(ACT, detached=True)
    assert report.state == "lost"
    assert "booted since" in report.reason


def test_result_survives_a_boot(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """A result that was written stands, whatever boot it was written in."""
    jobs.start(lease, shell("exit 3", detached=True))
    settled(jobs)
    host.boot(OTHER_BOOT)
    assert jobs.poll(ACT, detached=True).status == 3


def test_timeout_is_bad_not_unknown(jobs: Jobs, lease: Lease) -> None:
    """An act that runs too long is ended by the host and has a result: 124 and the reason."""
    report = jobs.start(lease, JobSpec(ACT, ("sleep", "60"), timeout=1))
    assert (report.state, report.status) == ("ended", 124)
    assert "longer than 1 s" in report.reason


def test_timeout_kills_what_ignores_term(jobs: Jobs, lease: Lease) -> None:
    """An act that does not care for TERM is killed after the grace, with all its children."""
    report = jobs.start(lease, shell("trap '' TERM; sleep 60 & sleep 60", timeout=1))
    assert (report.state, report.status) == ("ended", 124)


@pytest.mark.fault("O6")
def test_background_child_does_not_hold_the_result(jobs: Jobs, lease: Lease) -> None:
    """The act ends when its command ends, not when a process that it left behind closes the output."""
    report = jobs.start(lease, shell("sleep 5 & exit 4"))
    assert (report.state, report.status) == ("ended", 4)


def test_systemd_unit(host: LocalHost, jobs: Jobs, lease: Lease, tmp_path: Path) -> None:
    """Where systemd runs, a detached act is a transient unit of its own that systemd forgets by itself."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (host.root / "run/systemd/system").mkdir(parents=True)
    (tools / "systemctl").write_text("#!/bin/sh\nexit 1\n")
    (tools / "systemd-run").write_text(
        f'#!/bin/sh\n[ "$1" != --help ] || {{ echo "  --collect"; exit 0; }}\nprintf "%s\\n" "$@" >{tmp_path}/words\n'
        'while case $1 in --*) true ;; *) false ;; esac; do shift; done\nsetsid "$@" </dev/null >/dev/null 2>&1 &\n'
    )
    for tool in tools.iterdir():
        tool.chmod(0o755)
    host.path = f"{tools}:/usr/bin:/bin"
    jobs.start(lease, shell("echo ran", detached=True))
    words = (tmp_path / "words").read_text().splitlines()
    assert settled(jobs).output == b"ran\n"
    assert {f"--unit=healer-{ACT}", "--collect", "--property=KillMode=process", "--property=OOMScoreAdjust=-900"} <= set(words)


def test_systemd_that_refuses(host: LocalHost, jobs: Jobs, lease: Lease, tmp_path: Path) -> None:
    """When systemd does not take the unit, its words are told and nothing ran."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (host.root / "run/systemd/system").mkdir(parents=True)
    (tools / "systemctl").write_text("#!/bin/sh\nexit 1\n")
    (tools / "systemd-run").write_text("#!/bin/sh\necho no bus today >&2; exit 1\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    host.path = f"{tools}:/usr/bin:/bin"
    with pytest.raises(RefusedError, match="no bus today"):
        jobs.start(lease, shell("true", detached=True))
    assert jobs.poll(ACT, detached=True).state == "absent"


@pytest.mark.fault("N2")
def test_unit_that_has_not_begun_is_unasked(host: LocalHost, jobs: Jobs, tmp_path: Path) -> None:
    """A unit that systemd has taken but not begun is neither absent nor running."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (host.root / "run/systemd/system").mkdir(parents=True)
    (tools / "systemctl").write_text("#!/bin/sh\nexit 0\n")
    (tools / "systemctl").chmod(0o755)
    host.path = f"{tools}:/usr/bin:/bin"
    folder(host).mkdir(parents=True, mode=0o700)
    for parent in ("", "jobs"):
        (host.root / "var/lib/healer" / parent).chmod(0o700)
    assert jobs.poll(ACT, detached=True).state == "unasked"


def test_clean_forgets_an_ended_act(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """After cleaning, the host knows the act no more."""
    jobs.start(lease, shell("true", detached=True))
    settled(jobs)
    jobs.clean(ACT)
    assert jobs.poll(ACT, detached=True).state == "absent"


def test_clean_spares_a_running_act(jobs: Jobs, lease: Lease) -> None:
    """An act that runs cannot be forgotten."""
    jobs.start(lease, JobSpec(ACT, ("sleep", "60"), detached=True, timeout=1))
    with pytest.raises(RefusedError, match="still runs"):
        jobs.clean(ACT)


def age(path: Path, seconds: float) -> None:
    """Make it look so old."""
    long_ago = time.time() - seconds
    os.utime(path, (long_ago, long_ago))


def test_sweep_takes_only_the_aged(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """Sweeping empties what ended long ago, once, and leaves the young and the running."""
    jobs.start(lease, shell("echo words"))
    jobs.start(lease, shell("echo words", act=NEXT, detached=True))
    settled(jobs, NEXT)
    age(folder(host, detached=False), 7200)
    assert (jobs.sweep(3600), jobs.sweep(3600)) == (1, 0)
    assert (jobs.poll(ACT, detached=False).output, jobs.poll(NEXT, detached=True).output) == (b"", b"words\n")


def test_an_act_that_was_swept_is_not_let_in_again(host: LocalHost, jobs: Jobs, lease: Lease, tmp_path: Path) -> None:
    """A run that is resumed late finds the result of its act, and the act is not done a second time."""
    spec = shell(f"echo done >>{tmp_path}/done; exit 3")
    jobs.start(lease, spec)
    age(folder(host, detached=False), 7200)
    jobs.sweep(3600)
    assert (jobs.start(lease, spec).status, (tmp_path / "done").read_text()) == (3, "done\n")


def test_sweep_forgets_in_the_end(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """What is many times as old as what is emptied leaves nothing on the host."""
    jobs.start(lease, shell("true"))
    age(folder(host, detached=False), 3600 * (FORGOTTEN + 1))
    assert jobs.sweep(3600) == 1
    assert not folder(host, detached=False).exists()
