"""A control node with few file descriptors works on fewer hosts at once, and says up front when it cannot work at all."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from world import World

from healer.model.host import Host
from healer.ports import Remote
from healer.remote.scripted import ScriptedRemote
from healer.rollout.doors import Doors

ROOT = Path(__file__).parents[2]
PLAY = "- hosts: web\n  become: true\n  rolling: {canary: 0, max_unavailable: 4, soak: 0}\n  tasks:\n    - command: one\n"
ASKING = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
from healer.executors.limits import room_for_logins
from healer.model.errors import HealerError
try:
    print(room_for_logins(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
except HealerError as error:
    sys.exit(f"{error.exit_code} {error}")
"""
LOOKING = """
import resource, sys, threading
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
from healer.settings import Settings
from healer.wiring import executor_of
at_once, most, lock, ended = 0, 0, threading.Lock(), threading.Event()
def work():
    global at_once, most
    with lock:
        at_once += 1
        most = max(most, at_once)
    ended.wait(3)
    with lock:
        at_once -= 1
with executor_of(Settings(forks=20)) as executor:
    for _ in range(12):
        executor.submit(work)
print(most)
"""


@dataclass
class Counted:
    """Counts the logins that are open at once: each that was made and was not yet closed."""

    connect: Callable[[Host], Remote]
    made: list[ScriptedRemote] = field(default_factory=list)
    most: int = 0

    def __call__(self, host: Host) -> Remote:
        """Log in."""
        remote = self.connect(host)
        assert isinstance(remote, ScriptedRemote)
        self.made.append(remote)
        self.most = max(self.most, self.open)
        return remote

    @property
    def open(self) -> int:
        """Return how many are open now."""
        return sum(remote.closes == 0 for remote in self.made)


def logins(world: World, most: int) -> Counted:
    """Let the world allow so many logins; return the count of them."""
    doors = world.doors()
    counted = Counted(doors.connect)
    fewer: Doors = replace(doors, connect=counted, most_logins=most)
    world.doors = lambda: fewer  # type: ignore[method-assign]  # the same world with fewer descriptors
    return counted


@pytest.mark.fault("C9")
def test_a_large_fleet_is_not_held_open() -> None:
    """Three hundred hosts where few logins are allowed: hosts that wait for their slot are logged out, and every host is done."""
    world = World([f"h{number}" for number in range(300)])
    counted = logins(world, 40)
    report = world.run(PLAY)
    assert (0, 300) == (report.exit_code, sum(host.what == ["one"] for host in world.hosts.values()))
    assert (True, 0) == (counted.most <= 40, counted.open)


def test_a_small_fleet_keeps_its_logins() -> None:
    """Where there is room a host is logged in to once for its whole run."""
    world = World(["a", "b"])
    counted = logins(world, 40)
    world.run(PLAY)
    assert (2, 0, 2) == (counted.most, counted.open, len(counted.made))


def asked(soft: int, hard: int, program: str = ASKING) -> subprocess.CompletedProcess[str]:
    """Return what a process with these limits says of its room."""
    argv = [sys.executable, "-c", program, str(soft), str(hard)]
    return subprocess.run(argv, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}, check=False)


@pytest.mark.fault("C9")
@pytest.mark.parametrize(
    ("soft", "hard", "said"), [(256, 256, "48 256"), (256, 4096, "200 864"), (100, 100, "9 100"), (4096, 4096, "200 4096")]
)
def test_few_descriptors_mean_few_logins(soft: int, hard: int, said: str) -> None:
    """What the system allows is asked for, and no more hosts are talked to at once than there are descriptors for."""
    assert said == asked(soft, hard).stdout.strip()


@pytest.mark.fault("C9")
def test_too_few_descriptors_are_told_up_front() -> None:
    """With less than one login needs nothing is begun: exit code 2, and what to type."""
    assert "2 only 60 files may be open at once, too few for one login. Allow more: `ulimit -n 1024`." == asked(60, 60).stderr.strip()


@pytest.mark.fault("C9")
def test_hosts_that_never_answer_take_no_more_than_there_is() -> None:
    """While logins hang others are begun beside them, but no more at once than there are descriptors for."""
    assert "9" == asked(100, 100, LOOKING).stdout.strip()
