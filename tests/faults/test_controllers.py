"""Two controllers over the same hosts: the gate lets one of them act at a time, and whoever slept through his lease acts no more."""

import getpass
import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fake_host import FakeHost
from local_host import LocalHost, shell
from world import World, ends, reason

from healer.clock import SystemClock
from healer.journal.locks import GroupLocks
from healer.model.errors import RefusedError
from healer.model.job import Lease
from healer.remote.jobs import Jobs

ROOT = Path(__file__).parents[2]

RACES = 50
ALONE = 'mkdir "$1" || echo overlap >>"$2"; echo "$3" >>"$2"; rmdir "$1"'
"""An act that notices when another one runs at the same time."""


class Race:
    """Two controllers, each with its own way to one host, that begin at the same moment."""

    def __init__(self, host: LocalHost, folder: Path) -> None:
        self.host, self.folder = host, folder
        self.controllers = [Jobs(host, root=str(host.root), grace=1) for _ in range(2)]
        self.seen = folder / "seen"
        self.seen.touch()

    def at_once(self, *works: Callable[[], bool]) -> list[bool]:
        """Do the works at the same moment; return which of them were let in."""
        barrier = threading.Barrier(len(works))

        def begin(work: Callable[[], bool]) -> bool:
            barrier.wait()
            try:
                return work()
            except RefusedError:
                return False

        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(begin, works))

    def act(self, number: int, controller: int) -> str:
        """Return the id of a controller's act in a race: every attempt is an act of its own."""
        return f"{number:08d}-0000-5000-8000-{controller:012d}"

    def done(self) -> list[str]:
        """Return which acts the host did, in order, and where two of them met."""
        return self.seen.read_text().split()


@pytest.fixture
def race(tmp_path: Path) -> Race:
    """Give two controllers and a host."""
    return Race(LocalHost(tmp_path / "host"), tmp_path)


@pytest.mark.fault("C4")
def test_of_two_controllers_one_acts(race: Race) -> None:
    """Again and again two controllers want the same host at the same moment: one of them gets it, and no two acts ever overlap."""
    for number in range(RACES):

        def act(controller: int, number: int = number) -> bool:
            jobs = race.controllers[controller]
            lease = jobs.take_lease(f"run-{number}-{controller}")
            jobs.start(lease, shell(ALONE, str(race.folder / "alone"), str(race.seen), f"{number}", act=race.act(number, controller)))
            return True

        assert 1 == sum(race.at_once(lambda: act(0), lambda: act(1)))
        race.host.uptime(2000 + 200 * number)
    assert [str(number) for number in range(RACES)] == race.done()


@pytest.mark.fault("C5")
def test_who_wakes_up_beside_the_new_holder_is_refused(race: Race) -> None:
    """Again and again a controller wakes up after its lease has run out, while another takes over: never do both act, never at once."""
    for number in range(RACES):
        old, new = race.controllers
        race.host.uptime(1000 * (number + 1))
        lease = old.take_lease(f"old-{number}")
        race.host.uptime(1000 * (number + 1) + 121)

        def wake(number: int = number, lease: Lease = lease, old: Jobs = old) -> bool:
            old.start(lease, shell(ALONE, str(race.folder / "alone"), str(race.seen), f"{number}", act=race.act(number, 0)))
            return True

        def take_over(number: int = number, new: Jobs = new) -> bool:
            fresh = new.take_lease(f"new-{number}")
            new.start(fresh, shell(ALONE, str(race.folder / "alone"), str(race.seen), f"{number}", act=race.act(number, 1)))
            return True

        assert 1 == sum(race.at_once(wake, take_over))
        (race.host.root / "run/healer/lease").unlink()
    assert [str(number) for number in range(RACES)] == race.done()


@pytest.mark.fault("C5")
def test_who_wakes_up_beside_the_next_run_of_its_node_is_refused(race: Race) -> None:
    """A run that was taken for over wakes up while the next one takes over: one of them acts, never both, never at once."""
    for number in range(RACES // 2):
        old, new = race.controllers
        lease = old.take_lease(f"old-{number}")

        def wake(number: int = number, lease: Lease = lease, old: Jobs = old) -> bool:
            old.start(lease, shell(ALONE, str(race.folder / "alone"), str(race.seen), f"old-{number}", act=race.act(number, 0)))
            return True

        def take_over(number: int = number, lease: Lease = lease, new: Jobs = new) -> bool:
            fresh = new.take_lease(f"new-{number}", over=lease)
            new.start(fresh, shell(ALONE, str(race.folder / "alone"), str(race.seen), f"new-{number}", act=race.act(number, 1)))
            return True

        woken, taken = race.at_once(wake, take_over)
        assert woken or taken
        (race.host.root / "run/healer/lease").unlink()
        names = [name for name, done in ((f"old-{number}", woken), (f"new-{number}", taken)) if done]
        assert names == [name for name in race.done() if name.endswith(f"-{number}")]
    assert "overlap" not in race.done()


PLAY = """
- hosts: web
  become: true
  rolling: {canary: 0, soak: 10}
  tasks:
    - command: one
    - command: two
"""
DONE = ["one", "two"]


@pytest.mark.fault("C5")
@pytest.mark.parametrize("moment", ["before its first act", "before its second act", "in its soak"])
def test_a_controller_that_slept_does_nothing_more(moment: str) -> None:
    """Stopped at any point, overtaken by another node with a journal of its own, woken up: its next act is refused, and it says why."""
    first, second = World(["a"]), World(["a"])
    second.hosts, second.runs = first.hosts, 10  # its runs have other names
    host, acts, done = first["a"], itertools.count(1), list[str]()
    sleep, before_act = first.clock.sleep, host.before_act

    def overtaken() -> None:
        host.before_act, first.clock.sleep = before_act, sleep  # type: ignore[method-assign]  # it happens once
        done.extend(host.what)
        host.lease = None  # its time has run out
        assert {"a": "changed"} == ends(second.run(PLAY))

    def sleeps_before(_host: FakeHost, _act: str) -> None:
        if (moment, next(acts)) in (("before its first act", 1), ("before its second act", 2)):
            overtaken()

    def sleeps_in_soak(seconds: float) -> None:
        sleep(seconds)
        if moment == "in its soak" and seconds == 10:
            overtaken()

    host.before_act, first.clock.sleep = sleeps_before, sleeps_in_soak  # type: ignore[method-assign]  # the controller sleeps there
    report = first.run(PLAY)
    assert [*done, *DONE] == host.what
    if moment == "in its soak":
        assert (0, {"a": "changed"}) == (report.exit_code, ends(report))
    else:
        assert "lease" in reason(report, "a")
        assert report.exit_code in (1, 3, 5)


@pytest.mark.fault("C4", "C12")
def test_a_second_run_of_the_same_hosts_exits_at_once(tmp_path: Path) -> None:
    """While a run works another over any of its hosts, whatever pattern names them, exits with 75 and says who holds them, since when."""
    (tmp_path / "hosts.ini").write_text("[web]\nweb1\nweb2\n[db]\ndb1\n")
    for name, hosts in (("some.yml", "web"), ("every.yml", "all")):
        (tmp_path / name).write_text(f"- hosts: {hosts}\n  tasks:\n    - debug: {{msg: hello}}\n")
        (tmp_path / name).chmod(0o600)
    tmp_path.chmod(0o700)
    environment = {"HEALER_STATE_DIR": str(tmp_path / "state"), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    with GroupLocks(tmp_path / "state", clock=SystemClock()).take({"web": ["web1", "web2"]}, "r1"):
        for book in ("some.yml", "every.yml"):
            argv = [sys.executable, "-m", "healer", "run", f"./{book}", "-i", "hosts.ini"]
            done = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)
            assert 75 == done.returncode, done.stderr
            words = ("web", "run r1", f"of {getpass.getuser()}", f"(process {os.getpid()})", "since 20", "healer history")
            assert [] == [word for word in words if word not in done.stderr], done.stderr


@pytest.mark.fault("C12")
def test_cron_gives_nothing_to_stand_on(tmp_path: Path) -> None:
    """Without PATH, HOME and user, as from cron or a bare unit, healer looks at a host and says what it would do."""
    tmp_path.chmod(0o700)
    (tmp_path / "hosts.ini").write_text("here ansible_connection=local\n")
    (tmp_path / "book.yml").write_text("- hosts: all\n  tasks:\n    - debug: {msg: hello}\n")
    (tmp_path / "book.yml").chmod(0o600)
    environment = {"HEALER_STATE_DIR": str(tmp_path / "state"), "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-m", "healer", "run", "./book.yml", "--check", "-i", "hosts.ini"]
    done = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (0, True) == (done.returncode, "would change" in done.stdout), done.stdout + done.stderr
