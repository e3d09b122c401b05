"""A host that is lost after some of its logs were given back: that disrupts nothing, so nobody has to look at it before the next run."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_host import FakeHost, is_span_work
from reclaim_cases import disk, facts, log
from world import World, ends, reason

from healer.archive.store import ArchiveStore
from healer.model.command import Command, CommandResult
from healer.model.facts import Disk, Units, Unknown

PLAY = """
- hosts: web
  become: true
  rolling: {max_unavailable: 1, canary: 0, soak: 0, drain: [], undrain: []}
  tasks:
    - reclaim: {policy: {min_size: 1, target: 30}}
"""
COMMANDS = "- hosts: web\n  become: true\n  rolling: {canary: 0, soak: 0}\n  tasks:\n    - command: one\n    - command: two\n"
FIRST, SECOND = "/var/log/app.log.1", "/var/log/app.log"
SMALL = 200_000


def used(percent: int) -> Disk:
    """Return a small disk that is so full."""
    return disk(size=SMALL, used=percent * SMALL // 100, available=(100 - percent) * SMALL // 100)


def full(folder: Path) -> World:
    """Return a host whose disk is full with two logs, of which the rotated one is given back first."""
    made = World(["a"], archives=ArchiveStore(folder))
    host = made["a"]
    rotated, written = log(FIRST, 49_152, inode=13, openers=()), log(SECOND, 49_152)
    host.facts |= {**facts(rotated, written, disks=(used(95),)).readings, "journal_use": Unknown("no journal here")}
    host.files |= {FIRST: b"an old line\n" * 5000, SECOND: b"a line of the application\n" * 2000}
    host.programs[f"free {FIRST}"] = lambda one, _argv: (one.facts.update(disks=(used(80),)), (0, ""))[1]
    host.programs[f"free {SECOND}"] = lambda one, _argv: (one.facts.update(disks=(used(20),)), (0, ""))[1]
    return made


def when_second_is_archived(host: FakeHost, happens: Callable[[FakeHost], object]) -> None:
    """Let this happen when the second log is to be sent, and the first has been given back."""
    command = host.command

    def fated(asked: Command) -> CommandResult:
        if is_span_work(asked.argv) and asked.argv[9] == SECOND:
            happens(host)
        return command(asked)

    host.command = fated  # type: ignore[method-assign]  # fate


def goes_down(host: FakeHost) -> None:
    """Answer nobody any more."""
    host.down = True


def cannot_be_judged(host: FakeHost) -> None:
    """Answer, but not to what the gate asks."""
    host.facts["system_state"] = Unknown("systemctl did not answer")


def falls_ill(host: FakeHost) -> None:
    """Have a unit that failed just now."""
    units = host.facts["units"]
    assert isinstance(units, Units)
    host.facts["units"] = Units(units.units, ("web.service",))


@pytest.mark.parametrize(
    ("happens", "terminal", "held", "why"),
    [
        (goes_down, "unreachable", 0, "connection refused"),
        (cannot_be_judged, "failed", 0, "systemctl did not answer"),
        (falls_ill, "held", 1, "web.service"),
    ],
)
def test_only_a_host_that_is_known_to_be_ill_is_held(
    happens: Callable[[FakeHost], object], terminal: str, held: int, why: str, tmp_path: Path
) -> None:
    """Something was given back, and then the health is not known: the host ends by the true cause; is it known to be bad, it is held."""
    made = full(tmp_path)
    when_second_is_archived(made["a"], happens)
    report = made.run(PLAY)
    freed = [what for what in made["a"].what if what.startswith("free")]
    assert (FIRST in freed[0], {"a": terminal}, held) == (True, ends(report), len(made.events("host_held"))), reason(report, "a")
    assert why in reason(report, "a")


def test_a_host_that_is_lost_while_room_is_given_back_is_held(tmp_path: Path) -> None:
    """The answer of the act itself never came: whether it was done is not known, and a person has to look."""
    made = full(tmp_path)
    made["a"].on_effect = lambda host, _what: goes_down(host)
    report = made.run(PLAY)
    assert ({"a": "unknown"}, 1) == (ends(report), len(made.events("host_held"))), reason(report, "a")


def test_the_next_run_goes_on_with_a_host_that_is_back(tmp_path: Path) -> None:
    """Nobody has acknowledged anything, and the lease was not given back: the host is reachable again, and the rest is given back."""
    made = full(tmp_path)
    when_second_is_archived(made["a"], goes_down)
    made.run(PLAY)
    host = made["a"]
    del host.command  # type: ignore[attr-defined]  # fate has passed
    host.down, left = False, host.lease
    assert left is not None
    host.facts |= facts(log(SECOND, 49_152), disks=(used(90),)).readings
    assert ({"a": "changed"}, left.epoch + 1) == (ends(made.run(PLAY)), host.epoch)


@pytest.mark.parametrize("whose", ["another node's", "another journal's"])
def test_what_others_have_left_behind_is_not_taken_over(whose: str, tmp_path: Path) -> None:
    """The lease of a run that another node began, or that another journal knows, is respected to its last second."""
    made, other = full(tmp_path), full(tmp_path)
    when_second_is_archived(made["a"], goes_down)
    made.run(PLAY)
    host = made["a"]
    del host.command  # type: ignore[attr-defined]  # fate has passed
    host.down, left = False, host.lease
    if whose == "another node's":
        made.node = "elsewhere"
    else:
        other.hosts, other.runs, made = made.hosts, 10, other
    assert ({"a": "busy"}, left) == (ends(made.run(COMMANDS)), host.lease)


def test_a_host_that_is_lost_after_what_disrupts_is_held() -> None:
    """The first command was done for sure, and then the host is gone: how it is nobody knows, and a person has to look."""
    made = World(["a"])
    made["a"].before_act = lambda host, _act: goes_down(host) if host.what == ["one"] else None
    report = made.run(COMMANDS)
    assert ({"a": "unknown"}, 1) == (ends(report), len(made.events("host_held"))), reason(report, "a")
