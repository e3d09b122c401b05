"""The gate: each act is let through once, and only by whoever holds the host's lease in this boot."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from local_host import ACT, BOOT, NEXT, OTHER_BOOT, LocalHost, folder, settled, shell, until

from healer.model.errors import HostError, OutcomeUnknown, RefusedError, UnreachableError
from healer.model.facts import Unknown
from healer.model.job import JobSpec, Lease
from healer.remote.jobs import Jobs


@pytest.mark.parametrize("detached", [False, True])
def test_same_id_runs_once(host: LocalHost, jobs: Jobs, lease: Lease, detached: bool, tmp_path: Path) -> None:
    """Starting the same act again attaches to the first and runs nothing."""
    spec = shell('echo once >>"$1"', str(tmp_path / "effect"), detached=detached)
    jobs.start(lease, spec)
    until(lambda: jobs.poll(ACT, detached=detached).state == "ended")
    assert jobs.start(lease, spec).state == "ended"
    assert (tmp_path / "effect").read_text() == "once\n"


@pytest.mark.parametrize("detached", [False, True])
def test_concurrent_starts_run_once(host: LocalHost, jobs: Jobs, lease: Lease, detached: bool, tmp_path: Path) -> None:
    """Starts of one act at the same moment run it once, and each of them is told of that one."""
    spec = shell('echo once >>"$1"; sleep 0.3', str(tmp_path / "effect"), detached=detached)
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: jobs.start(lease, spec), range(4)))
    until(lambda: jobs.poll(ACT, detached=detached).state == "ended")
    assert {report.state for report in reports} <= {"running", "ended"}
    assert (tmp_path / "effect").read_text() == "once\n"


@pytest.mark.fault("C5")
def test_stale_epoch_is_refused(host: LocalHost, jobs: Jobs, lease: Lease, tmp_path: Path) -> None:
    """A holder that was taken over cannot start anything any more."""
    host.uptime(5000)
    jobs.take_lease("run-2")
    with pytest.raises(RefusedError, match="epoch 2 of run-2"):
        jobs.start(lease, shell('echo bad >"$1"', str(tmp_path / "effect")))
    assert not (tmp_path / "effect").exists()
    assert not folder(host, detached=False).exists()


def test_other_boot_is_refused(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """An act that was meant for an earlier boot is not let through."""
    host.boot(OTHER_BOOT)
    with pytest.raises(RefusedError, match="booted since the lease was granted"):
        jobs.start(lease, shell("true"))


def test_without_a_lease_nothing_starts(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """A lease that was given back starts nothing."""
    jobs.release(lease)
    with pytest.raises(RefusedError, match="no longer the current one"):
        jobs.start(lease, shell("true"))


def test_lapsed_lease_that_nobody_took_is_current(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """Only a take-over, a release or a boot ends the right to act; starting an act prolongs the lease."""
    host.uptime(5000)
    assert jobs.start(lease, shell("true")).status == 0
    with pytest.raises(RefusedError, match="for 120 s more"):
        jobs.take_lease("run-2")


def test_one_act_at_a_time(jobs: Jobs, lease: Lease) -> None:
    """While an act runs the host refuses another one and names the first."""
    jobs.start(lease, JobSpec(ACT, ("sleep", "60"), detached=True, timeout=2))
    with pytest.raises(RefusedError, match=f"another act runs: {ACT} of run-1"):
        jobs.start(lease, shell("true", act=NEXT))
    assert jobs.poll(NEXT, detached=False).state == "absent"


def test_next_act_after_the_first(jobs: Jobs, lease: Lease) -> None:
    """When an act has ended the next is let through."""
    jobs.start(lease, shell("true"))
    assert jobs.start(lease, shell("echo second", act=NEXT)).output == b"second\n"


@pytest.mark.fault("N2")
def test_cut_input_starts_nothing(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """When the input arrives incomplete nothing is started and nothing is left behind."""
    whole = host.run

    def cut(command):
        return whole(type(command)(command.argv, command.stdin[:-1], command.timeout, command.become, command.limit))

    host.run = cut
    with pytest.raises(RefusedError, match="incomplete"):
        jobs.start(lease, JobSpec(ACT, ("cat",), stdin=b"12345"))
    assert list((host.root / "run/healer/jobs").iterdir()) == []


@pytest.mark.fault("N2")
def test_start_cut_half_way_is_completed(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """A start that died between folder and command is absent, and starting again completes it."""
    folder(host).mkdir(mode=0o700)
    report = jobs.poll(ACT, detached=True)
    assert (report.state, "half-way" in report.reason) == ("absent", True)
    jobs.start(lease, shell("echo ran", detached=True))
    assert settled(jobs).output == b"ran\n"


@pytest.mark.fault("C5")
def test_wrapper_checks_the_gate_itself(host: LocalHost, jobs: Jobs, lease: Lease, tmp_path: Path) -> None:
    """When the lease is taken over between start and begin, the command does not run and the act stays free."""
    tools = tmp_path / "tools"
    tools.mkdir()
    lease_file = host.root / "run/healer/lease"
    (tools / "setsid").write_text(f'#!/bin/sh\necho "run-2 {BOOT} 9 1 99999" >{lease_file}\nexec /usr/bin/setsid "$@"\n')
    (tools / "setsid").chmod(0o755)
    host.path = f"{tools}:/usr/bin:/bin"
    with pytest.raises(RefusedError, match="epoch 9 of run-2"):
        jobs.start(lease, shell("echo ran", detached=True))
    assert jobs.poll(ACT, detached=True).state == "absent"


@pytest.mark.fault("H18")
@pytest.mark.parametrize("planted", ["link", "writable", "file"])
def test_planted_folder_is_refused(host: LocalHost, jobs: Jobs, lease: Lease, tmp_path: Path, planted: str) -> None:
    """A folder that somebody else could have made is refused for starting and for asking."""
    target = folder(host)
    if planted == "link":
        (tmp_path / "theirs").mkdir()
        target.symlink_to(tmp_path / "theirs")
    elif planted == "file":
        target.write_text("")
    else:
        target.mkdir()
        target.chmod(0o770)
    with pytest.raises(RefusedError, match="only the gate's own user"):
        jobs.start(lease, shell("true", detached=True))
    with pytest.raises(RefusedError, match="only the gate's own user"):
        jobs.poll(ACT, detached=True)


def test_files_are_private(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """Whatever the gate writes is for its own user only."""
    jobs.start(lease, JobSpec(ACT, ("cat",), stdin=b"x", detached=True))
    settled(jobs)
    modes = {path.stat().st_mode & 0o077 for path in (host.root / "var/lib/healer").rglob("*")}
    assert {0} == modes


@pytest.mark.parametrize("fault", [OutcomeUnknown("web1", "the link broke"), UnreachableError("web1", "no route")])
def test_unseen_start_is_unasked(host: LocalHost, jobs: Jobs, lease: Lease, fault: HostError) -> None:
    """When the answer of a start is not seen the report claims nothing."""
    host.faults.append(fault)
    report = jobs.start(lease, shell("true"))
    assert (report.state, isinstance(report.status, Unknown)) == ("unasked", True)


@pytest.mark.parametrize("act", ["", "short", "../../../etc", "ABCDEFAB", "0" * 65, "00000000 0", "00000000\n"])
def test_bad_id_never_reaches_the_host(host: LocalHost, jobs: Jobs, act: str) -> None:
    """An id that could name anything but an act's folder is a mistake of the caller."""
    with pytest.raises(ValueError, match="not the id of an act"):
        jobs.poll(act, detached=True)
    assert host.commands == []


def test_what_a_command_makes_can_be_read_by_others(jobs: Jobs, lease: Lease, tmp_path: Path) -> None:
    """The gate's own files are root's alone; what the command makes gets the mask of a login of root."""
    jobs.start(lease, shell(f"umask; : >{tmp_path}/made"))
    assert (b"0022\n", 0o644) == (jobs.poll(ACT, detached=False).output, (tmp_path / "made").stat().st_mode & 0o777)


@pytest.mark.fault("N18")
def test_bytes_get_their_time_on_a_slow_link(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """What is sent and what may come back adds to the patience for an answer, at a kilobyte a second."""
    jobs.poll(ACT, detached=True, limit=1024)
    jobs.poll(ACT, detached=True, limit=101 * 1024)
    assert 100.0 == round(host.commands[-1].timeout - host.commands[-2].timeout, 1)
    assert host.commands[-2].timeout > 60 + sum(map(len, host.commands[-2].argv)) / 1024
