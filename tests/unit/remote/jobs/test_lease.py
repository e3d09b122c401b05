"""The host's lease, by the real scripts under a real sh."""

from dataclasses import replace
from pathlib import Path

import pytest
from local_host import ACT, BOOT, OTHER_BOOT, LocalHost

from healer.model.errors import HostError, OutcomeUnknown, RefusedError, UnreachableError
from healer.model.job import JobSpec, Lease
from healer.remote.jobs import Jobs


def test_first_lease(host: LocalHost, jobs: Jobs) -> None:
    """The first lease of a host has epoch 1 and names the boot."""
    assert Lease("run-1", BOOT, 1, 120) == jobs.take_lease("run-1")


@pytest.mark.fault("C4")
def test_other_holder_is_refused(host: LocalHost, jobs: Jobs) -> None:
    """While a lease is in force another holder is told who has it, since when, and for how long."""
    jobs.take_lease("run-1", 120)
    host.uptime(1030)
    with pytest.raises(RefusedError, match="belongs to run-1 since 30 s, for 90 s more"):
        jobs.take_lease("run-2")


@pytest.mark.fault("C6", "H19")
def test_expiry_is_uptime(host: LocalHost, jobs: Jobs) -> None:
    """A lease ends when the host's uptime says so, and the next holder gets a higher epoch."""
    jobs.take_lease("run-1", 120)
    host.uptime(1120)
    assert Lease("run-2", BOOT, 2, 120) == jobs.take_lease("run-2")


def test_same_holder_retakes(host: LocalHost, jobs: Jobs) -> None:
    """The holder that takes its own lease again keeps the epoch and gets the full time."""
    jobs.take_lease("run-1", 120)
    host.uptime(1100)
    again = jobs.take_lease("run-1", 120)
    host.uptime(1200)
    with pytest.raises(RefusedError, match="for 20 s more"):
        jobs.take_lease("run-2")
    assert again.epoch == 1


def test_holder_that_came_too_late_gets_a_new_epoch(host: LocalHost, jobs: Jobs) -> None:
    """A lease that ran out is granted anew with a higher epoch, to the same holder too."""
    jobs.take_lease("run-1", 120)
    host.uptime(2000)
    assert jobs.take_lease("run-1").epoch == 2


def test_boot_ends_the_lease(host: LocalHost, jobs: Jobs) -> None:
    """A boot ends the lease, and epochs grow on over it."""
    jobs.take_lease("run-1")
    host.boot(OTHER_BOOT)
    (host.root / "run/healer/lease").unlink()
    assert Lease("run-2", OTHER_BOOT, 2, 120) == jobs.take_lease("run-2")


def test_lost_epoch_file_lowers_nothing(host: LocalHost, jobs: Jobs) -> None:
    """When the kept epoch is lost, the lease still known in /run keeps epochs growing."""
    jobs.take_lease("run-1")
    host.uptime(5000)
    jobs.take_lease("run-2")
    (host.root / "var/lib/healer/epoch").unlink()
    host.uptime(9000)
    assert jobs.take_lease("run-3").epoch == 3


def test_renew_prolongs(host: LocalHost, jobs: Jobs) -> None:
    """Renewing counts the lease's seconds from now."""
    lease = jobs.take_lease("run-1", 120)
    host.uptime(1100)
    assert lease == jobs.renew(lease)
    host.uptime(1200)
    with pytest.raises(RefusedError):
        jobs.take_lease("run-2")


@pytest.mark.fault("C5")
def test_renew_after_takeover_is_refused(host: LocalHost, jobs: Jobs) -> None:
    """A holder that was taken over is told whose lease is current."""
    old = jobs.take_lease("run-1")
    host.uptime(5000)
    jobs.take_lease("run-2")
    with pytest.raises(RefusedError, match="epoch 2 of run-2"):
        jobs.renew(old)


def test_renew_after_boot_is_refused(host: LocalHost, jobs: Jobs) -> None:
    """A lease of an earlier boot cannot be renewed."""
    old = jobs.take_lease("run-1")
    host.boot(OTHER_BOOT)
    with pytest.raises(RefusedError, match="booted since"):
        jobs.renew(old)


def test_release_frees_the_host(jobs: Jobs) -> None:
    """A lease that was given back hinders nobody."""
    jobs.release(jobs.take_lease("run-1"))
    assert jobs.take_lease("run-2").epoch == 2


def test_release_of_a_lost_lease_takes_nothing(host: LocalHost, jobs: Jobs) -> None:
    """Giving back a lease that somebody else took over leaves theirs in force."""
    old = jobs.take_lease("run-1")
    host.uptime(5000)
    current = jobs.take_lease("run-2")
    jobs.release(old)
    assert current == jobs.renew(current)


def test_a_lease_that_is_over_hinders_nobody(jobs: Jobs) -> None:
    """Exactly the lease in force counts as run out; the epoch rises, and whoever held it can neither renew it nor act."""
    old = jobs.take_lease("run-1")
    assert Lease("run-2", BOOT, 2, 120) == jobs.take_lease("run-2", over=old)
    with pytest.raises(RefusedError, match="no longer the current one"):
        jobs.renew(old)
    with pytest.raises(RefusedError, match="no longer the current one"):
        jobs.start(old, JobSpec(ACT, ("true",)))


@pytest.mark.parametrize("wrong", [{"holder": "run-0"}, {"epoch": 2}, {"boot_id": OTHER_BOOT}])
def test_another_lease_that_is_over_takes_nothing(wrong: dict[str, object], jobs: Jobs) -> None:
    """Holder, boot and epoch must be those of the lease in force, else that one is respected, and its holder is named."""
    current = jobs.take_lease("run-1")
    with pytest.raises(RefusedError, match="belongs to run-1") as refused:
        jobs.take_lease("run-2", over=replace(current, **wrong))  # type: ignore[arg-type]  # a test names the fields
    assert ("run-1", current) == (refused.value.holder, jobs.renew(current))


def test_an_act_of_a_lease_that_is_over_is_respected(jobs: Jobs) -> None:
    """Whoever is said to be over, but has an act that runs, keeps the host."""
    lease = jobs.take_lease("run-1", 120)
    jobs.start(lease, JobSpec(ACT, ("sleep", "60"), detached=True, timeout=2))
    with pytest.raises(RefusedError, match=f"run-1 holds the host: its act {ACT} still runs") as refused:
        jobs.take_lease("run-2", over=lease)
    assert "" == refused.value.holder


def test_live_job_blocks_takeover(host: LocalHost, jobs: Jobs) -> None:
    """An act that runs keeps the host for its holder long after the lease's time, and keeps the epoch."""
    lease = jobs.take_lease("run-1", 120)
    jobs.start(lease, JobSpec(ACT, ("sleep", "60"), detached=True, timeout=2))
    host.uptime(9000)
    with pytest.raises(RefusedError, match=f"run-1 holds the host: its act {ACT} still runs"):
        jobs.take_lease("run-2")
    assert jobs.take_lease("run-1").epoch == 1


@pytest.mark.parametrize("planted", ["link", "writable"])
def test_tampered_folder_is_refused(host: LocalHost, jobs: Jobs, planted: str) -> None:
    """A folder that is a link or that others may write is refused by name, and no lease is granted from it."""
    (host.root / "run").mkdir()
    if planted == "link":
        (host.root / "elsewhere").mkdir()
        (host.root / "run/healer").symlink_to(host.root / "elsewhere")
    else:
        (host.root / "run/healer").mkdir()
        (host.root / "run/healer").chmod(0o777)
    with pytest.raises(RefusedError, match="run/healer is not a folder or file that only"):
        jobs.take_lease("run-1")


def test_garbled_epoch_is_refused(host: LocalHost, jobs: Jobs) -> None:
    """An epoch file that holds no number is refused rather than counted from anew."""
    jobs.release(jobs.take_lease("run-1"))
    (host.root / "var/lib/healer/epoch").write_text("many\n")
    with pytest.raises(RefusedError, match="epoch"):
        jobs.take_lease("run-1")


def test_unreadable_boot_id_is_refused(host: LocalHost, jobs: Jobs) -> None:
    """Without a boot id there is no lease."""
    host.boot("")
    with pytest.raises(RefusedError, match="no boot id"):
        jobs.take_lease("run-1")


def test_holder_with_blanks_is_a_mistake(jobs: Jobs) -> None:
    """A holder's name is one word."""
    with pytest.raises(ValueError, match="without blanks"):
        jobs.take_lease("run 1")


def test_unseen_answer_is_unknown(host: LocalHost, jobs: Jobs) -> None:
    """When the link breaks before the answer, nobody claims that a lease was or was not granted."""
    host.faults.append(OutcomeUnknown("web1", "the link broke"))
    with pytest.raises(OutcomeUnknown, match="lease_take was not seen"):
        jobs.take_lease("run-1")


def test_no_login_passes_through(host: LocalHost, jobs: Jobs) -> None:
    """A host that was not reached stays told apart from one whose answer was lost."""
    host.faults.append(UnreachableError("web1", "no route"))
    with pytest.raises(UnreachableError):
        jobs.take_lease("run-1")


def test_script_that_cannot_work_is_an_error(host: LocalHost, jobs: Jobs) -> None:
    """A host on which the script itself fails gives its complaint, not a lease."""
    host.shell = "/bin/false"
    with pytest.raises(HostError, match="ended with 1 there: it said nothing"):
        jobs.take_lease("run-1")


@pytest.mark.fault("D5")
def test_folder_lock_where_flock_is_missing(host: LocalHost, jobs: Jobs, tmp_path: Path) -> None:
    """Without flock a lock left by a dead process is broken and the lease is granted."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("cat", "id", "ls", "mkdir", "mv", "printf", "rm", "rmdir", "sleep", "sync"):
        (tools / name).symlink_to(f"/bin/{name}")
    host.path = f"{tools}:/usr/sbin"
    lock = host.root / "run/healer/lock.d"
    lock.mkdir(parents=True, mode=0o700)
    (host.root / "run/healer").chmod(0o700)
    (lock / "owner").write_text("4194304 1\n")
    assert jobs.take_lease("run-1").epoch == 1
    assert not lock.exists()
