"""The locks of budget groups on one control node."""

import fcntl
import os
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from healer.journal.locks import GroupLocks
from healer.model.errors import JournalError, LockedError

HOLDER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from healer.journal.locks import GroupLocks

class Clock:
    def now(self):
        return datetime(2026, 1, 1, tzinfo=UTC)

with GroupLocks(Path(sys.argv[1]), clock=Clock()).take(["web"], "r1"):
    print("held", flush=True)
    time.sleep(60)
"""


class Noon:
    """A clock that stands, and whose sleep takes no time."""

    def now(self) -> datetime:
        return datetime(2026, 1, 1, 12, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        """Return at once."""


@pytest.fixture
def locks(tmp_path: Path) -> GroupLocks:
    """Give the locks of an empty state folder."""
    return GroupLocks(tmp_path / "state", clock=Noon())


@pytest.mark.fault("C4")
def test_second_run_is_told_who_holds(locks: GroupLocks) -> None:
    """A group that is taken is refused with run, process and time of its holder, and exit code 75."""
    with (
        locks.take(["web"], "r1"),
        pytest.raises(LockedError, match=f"group web is held by run r1 .*process {os.getpid()}.* since 2026-01-01T12") as caught,
        locks.take(["web"], "r2"),
    ):
        pass
    assert caught.value.exit_code == 75


def test_other_groups_are_free(locks: GroupLocks) -> None:
    """Runs on different groups do not hinder each other."""
    with locks.take(["web"], "r1"), locks.take(["db"], "r2"):
        pass


def test_what_is_free_is_taken_and_the_rest_is_told(locks: GroupLocks) -> None:
    """A run gets the groups that are free, and hears of each other one who holds it."""
    with locks.take(["m"], "r1"), locks.take(["a", "m", "z"], "r2") as others:
        assert ["m"] == list(others)
        assert "held by run r1" in others["m"]
        with pytest.raises(LockedError), locks.take(["z", "a"], "r3"):
            pass


@pytest.mark.fault("C4")
def test_groups_that_share_a_host_exclude_each_other(locks: GroupLocks) -> None:
    """`hosts: web` and `hosts: all` are two budgets over the same hosts: the second run is told who holds which of its hosts."""
    everybody = {"all": ["db1", "web1", "web2"], "other": ["mail1"]}
    with locks.take({"web": ["web2", "web1"]}, "r1"), locks.take(everybody, "r2") as others:
        assert ["all"] == list(others)
        assert "budget group all shares web1, web2 with web, which is held by run r1" in others["all"]
    with locks.take(everybody, "r3") as others:
        assert {} == others


def test_a_killed_runs_hosts_are_free(locks: GroupLocks, tmp_path: Path) -> None:
    """What a dead run has written hinders nobody: only a lock that is held counts."""
    with locks.take({"web": ["web1"]}, "r1"):
        pass
    assert "web1" in next((tmp_path / "state" / "locks").glob("web*.lock")).read_text()
    with locks.take({"all": ["web1"]}, "r2") as others:
        assert {} == others


def test_groups_of_one_run_may_share_hosts(locks: GroupLocks) -> None:
    """A playbook with a play for `all` and one for `web` does not hinder itself."""
    with locks.take({"all": ["web1", "db1"], "web": ["web1"]}, "r1") as others:
        assert {} == others


def test_whoever_stops_while_taking_is_named_as_that(locks: GroupLocks, tmp_path: Path) -> None:
    """Locks are taken one run at a time; who finds that nobody gets on there waits for seconds only."""
    with locks.take(["web"], "r1"):
        pass
    with (tmp_path / "state" / "locks" / "taking").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(LockedError, match="in the middle of taking locks"), locks.take(["web"], "r2"):
            pass


def test_none_is_held_when_none_is_free(locks: GroupLocks) -> None:
    """A run that is refused holds nothing afterwards."""
    with locks.take(["a", "b"], "r1"), pytest.raises(LockedError), locks.take(["a", "b"], "r2"):
        pass
    with locks.take(["a", "b"], "r3") as others:
        assert {} == others


def test_freed_after_use(locks: GroupLocks) -> None:
    """What was held is free again after the run, also after one that failed."""
    with pytest.raises(RuntimeError), locks.take(["web"], "r1"):
        raise RuntimeError
    with locks.take(["web"], "r2"):
        pass


def test_group_named_twice(locks: GroupLocks) -> None:
    """A group that is named twice is taken once."""
    with locks.take(["web", "web"], "r1"):
        pass


@pytest.mark.fault("D5")
def test_killed_holder_leaves_nothing(tmp_path: Path, locks: GroupLocks) -> None:
    """The kernel frees the locks of a run that was killed."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "state")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(LockedError, match=f"process {process.pid}"), locks.take(["web"], "r2"):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    with locks.take(["web"], "r2"):
        pass


@pytest.mark.parametrize("group", ["../../etc/passwd", "a/b", "", "x" * 500, "ümläut", "\udcff"])
def test_any_name_stays_in_the_folder(locks: GroupLocks, tmp_path: Path, group: str) -> None:
    """A group's name, whatever it is, gives one harmless file in the locks' folder, for its owner only."""
    with locks.take([group], "r1"):
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {(path.parent, path.stat().st_mode & 0o777) for path in files} == {(tmp_path / "state" / "locks", 0o600)}
    assert len([path for path in files if path.suffix == ".lock"]) == 1


def test_whoever_comes_first_makes_the_state_folder_for_its_owner_only(locks: GroupLocks, tmp_path: Path) -> None:
    """Where a lock is taken before there is a journal, the state folder is closed to others just as the folder of locks is."""
    with locks.take(["web"], "r1"):
        folders = (tmp_path / "state", tmp_path / "state" / "locks")
        assert [0o700, 0o700] == [folder.stat().st_mode & 0o777 for folder in folders]


def test_names_that_look_alike_are_two_locks(locks: GroupLocks) -> None:
    """Two groups never share a lock, also when their files would look alike."""
    with locks.take(["a/b"], "r1"), locks.take(["a_b"], "r2"):
        pass


def test_unreadable_holder_is_still_a_holder(locks: GroupLocks, tmp_path: Path) -> None:
    """The lock counts, not what is written in its file."""
    with locks.take(["web"], "r1"):
        next((tmp_path / "state" / "locks").glob("*.lock")).write_text("garbage")
        with pytest.raises(LockedError, match="held by another process"), locks.take(["web"], "r2"):
            pass


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A state folder that is a file is told as a journal error."""
    (tmp_path / "state").write_text("")
    with pytest.raises(JournalError, match="state_dir"), GroupLocks(tmp_path / "state", clock=Noon()).take(["web"], "r1"):
        pass


@pytest.mark.fault("C7")
def test_a_lock_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Without room for the few words that say who holds it, nothing is begun: exit code 74 with a way out, and the lock is free again."""
    locks = GroupLocks(tmp_path / "state", clock=Noon())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(JournalError, match=r"the lock .*web.* cannot be written") as caught, locks.take(["web"], "r1"):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (74, True) == (caught.value.exit_code, "HEALER_STATE_DIR" in caught.value.advice)
    with locks.take(["web"], "r2") as taken:
        assert {} == taken


@pytest.mark.parametrize("record", ["", '{"group": "web", "run": "r0", "user": "kim", "pid": 7, "since": "noon"}'])
def test_a_holder_who_does_not_say_which_hosts_he_has_is_believed_to_have_them_all(tmp_path: Path, record: str) -> None:
    """A lock of an older healer, or one that cannot be read, stands against every group: its hosts may be among them."""
    folder = tmp_path / "state" / "locks"
    folder.mkdir(parents=True)
    with (folder / "web-0.lock").open("w+") as file:
        file.write(record)
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(LockedError, match="does not say"), GroupLocks(tmp_path / "state", clock=Noon()).take({"all": ["a"]}, "r1"):
            pass
