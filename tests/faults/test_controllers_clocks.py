"""The control node's wall clock jumps: waiting goes by a clock that only grows, windows by what the wall clock says before each boot."""

from datetime import datetime, timedelta

import pytest
from world import FakeClock, KillableJournal, World, ends

from healer.model.facts import RebootOwed

HOUR = timedelta(hours=1)
PATCH = "- hosts: web\n  become: true\n  rolling: {canary: 0, max_unavailable: 1, soak: 600}\n  tasks:\n    - command: one\n    - command: two\n"
BOOT = "- hosts: web\n  become: true\n  rolling: {canary: 0, max_unavailable: 1, soak: 0}\n  tasks:\n    - reboot: {policy: auto}\n"


class Jumping(FakeClock):
    """A clock whose wall time is set at the first wait, as by a first answer of a time server."""

    def __init__(self, jump: timedelta) -> None:
        super().__init__()
        self.jump, self.waits = jump, 0

    def now(self) -> datetime:
        """Return the wall time, which is another one after the jump."""
        return super().now() + (self.jump if self.waits else timedelta())

    def sleep(self, seconds: float) -> None:
        """Wait; the first time the wall clock jumps meanwhile."""
        self.waits += 1
        super().sleep(seconds)


def world(jump: timedelta, **variables: str) -> World:
    """Return two hosts, and a control node whose clock jumps."""
    made = World(["a", "b"], {"a": variables, "b": variables})
    made.clock = Jumping(jump)
    made.journal = KillableJournal(clock=made.clock)
    for host in made.hosts.values():
        host.wall = made.clock.monotonic
    return made


@pytest.mark.fault("C6")
@pytest.mark.parametrize("jump", [HOUR, -HOUR, 365 * 24 * HOUR], ids=["an hour on", "an hour back", "a year on"])
def test_waiting_is_not_moved_by_a_clock_that_jumps(jump: timedelta) -> None:
    """However far the wall clock jumps during a run: each host is watched for its soak, neither shorter nor longer, and done once."""
    jumps = world(jump)
    report = jumps.run(PATCH)
    assert (0, {"a": "changed", "b": "changed"}) == (report.exit_code, ends(report))
    assert [["one", "two"], ["one", "two"]] == [jumps["a"].what, jumps["b"].what]
    assert 1200 <= jumps.clock.seconds < 1300


@pytest.mark.fault("C6")
def test_a_window_is_asked_for_anew_before_each_boot() -> None:
    """The clock is put right after the first host, and the window turns out to be over: the second host is not booted, and it is told."""
    jumps = world(3 * HOUR, window="Wed 11:00-13:00 UTC")
    for host in jumps.hosts.values():
        host.facts["reboot_owed"] = RebootOwed(("a new kernel",))
    report = jumps.run(BOOT)
    assert (3, {"a": "changed", "b": "waiting"}) == (report.exit_code, ends(report))
    assert ["reboot"] == [what for name in jumps.names for what in jumps[name].what]
