"""Passes over full disks, one after the other: what a later one knows from those before it."""

from pathlib import Path

import pytest
from fake_host import FakeHost
from reclaim_cases import disk, facts, log, opener
from world import World, ends, reason

from healer.archive.store import ArchiveStore
from healer.model.events import DisksSeen, TaskPlanned
from healer.model.facts import Disk, Unknown
from healer.model.logs import LogFiles, Logrotate, Stanza
from healer.report.forecast import plan_view
from healer.report.formats.terminal import render

BUNDLED = (Path(__file__).parents[2] / "playbooks" / "logs.yml").read_text(encoding="utf-8").replace("hosts: all", "hosts: web")
PLAY = """
- hosts: web
  become: true
  rolling: {max_unavailable: 1, canary: 0, soak: 0, drain: [], undrain: []}
  tasks:
    - reclaim: {policy: {min_size: 1}}
"""
LOG = "/var/log/app.log"
MINUTE, HOUR = 60.0, 3600.0
SMALL = 100_000


def used(percent: int) -> Disk:
    """Return a small disk that is so full, for its log must fit into a test."""
    return disk(size=SMALL, used=percent * SMALL // 100, available=(100 - percent) * SMALL // 100)


def filled(host: FakeHost, percent: int) -> None:
    """Let the application write until the disk is so full. Its log takes 50% of it."""
    host.files[LOG] = b"a line of the application\n" * 2000
    host.facts |= {**facts(log(LOG, 49_152), disks=(used(percent),)).readings, "journal_use": Unknown("no journal here")}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a host with a log; what is given back of it is seen on the disk."""
    made = World(["a"], archives=ArchiveStore(tmp_path))
    made["a"].programs[f"free {LOG}"] = lambda one, _argv: (one.facts.update(disks=(used(40),)), (0, ""))[1]
    return made


def looks(world: World) -> list[tuple[int, float]]:
    """Return what all runs have written down of the disk: percent used, and when."""
    seen = [one.event for one in world.journal.about("a", ("disks_seen",))]
    start = world.journal.kept[0].at.timestamp()
    return [(one.used * 100 // SMALL, one.at - start) for event in seen if isinstance(event, DisksSeen) for one in event.samples]


def test_how_full_a_disk_is_is_written_down_only_when_it_is_news(world: World) -> None:
    """The first look is kept, then one an hour, and before that one that has moved by more than five points; no other leaves anything."""
    for percent, wait in ((50, 10 * MINUTE), (55, 10 * MINUTE), (56, 50 * MINUTE), (57, 20 * MINUTE), (57, 0)):
        filled(world["a"], percent)
        world.run(PLAY)
        world.clock.sleep(wait)
    assert [(50, 0.0), (56, 20 * MINUTE), (57, 90 * MINUTE)] == looks(world)


def test_a_dry_run_writes_nothing_of_it(world: World) -> None:
    """Where nothing is to be changed, nothing is remembered either."""
    filled(world["a"], 50)
    world.run(PLAY, check=True)
    assert [] == looks(world)


def grow(world: World, *percents: int) -> None:
    """Let a pass come every two hours, and the disk be so full at each."""
    for percent in percents:
        filled(world["a"], percent)
        world.run(PLAY)
        world.clock.sleep(2 * HOUR)


def test_a_disk_that_will_be_full_is_relieved_before_it_is(world: World) -> None:
    """A disk far below the trigger, that at its pace is full within the horizon, is given room; the plan says that this is why."""
    grow(world, 50, 54)
    assert [] == [what for what in world["a"].what if what.startswith("free")]
    filled(world["a"], 58)
    assert {"a": "changed"} == ends(world.run(PLAY))
    assert [f"free {LOG}"] == [what for what in world["a"].what if what.startswith("free")]
    (planned,) = world.events("task_planned", "a")
    assert isinstance(planned, TaskPlanned)
    assert "at the pace of the last passes it is full in 21 h" in planned.decision.forecast[0]  # type: ignore[union-attr]  # it acts


def test_a_disk_that_stands_still_is_left(world: World) -> None:
    """As full as that, but no fuller from pass to pass: nothing is done."""
    grow(world, 62, 62, 62)
    filled(world["a"], 62)
    assert {"a": "ok"} == ends(world.run(PLAY))


def fight(world: World, wait: float, times: int = 3) -> None:
    """Let the log fill the disk again after each pass."""
    for _time in range(times):
        filled(world["a"], 95)
        assert {"a": "changed"} == ends(world.run(PLAY))
        world.clock.sleep(wait)
    filled(world["a"], 95)


def test_a_runaway_is_reported_with_its_writer_and_no_longer_fought(world: World) -> None:
    """The log that three passes within the hour gave back stays at the fourth, and the host fails by the name of who writes it."""
    fight(world, 10 * MINUTE)
    report = world.run(PLAY)
    assert {"a": "failed"} == ends(report)
    words = reason(report, "a")
    assert ["a runaway: room was made in it 3 times within the hour" in words, "stop its writer" in words, "app" in words] == [True] * 3, (
        words
    )
    assert 3 == len([what for what in world["a"].what if what.startswith("free")])


def test_after_an_hour_a_runaway_is_fought_again(world: World) -> None:
    """What is older than an hour does not count."""
    fight(world, 21 * MINUTE)
    assert {"a": "changed"} == ends(world.run(PLAY))


def test_the_pieces_of_one_pass_are_one(world: World) -> None:
    """Several tasks of a run that give back of the same log count once."""
    fight(world, MINUTE, times=2)
    twice = f"{PLAY}    - reclaim: {{policy: {{min_size: 1}}}}\n"
    world["a"].programs[f"free {LOG}"] = lambda one, _argv: (filled(one, 95), (0, ""))[1]
    world.run(twice)
    assert 4 == len([what for what in world["a"].what if what.startswith("free")])


STANZA = "/etc/logrotate.d/healer-app-log"
SMALL_LOGS = {"logs_min_size": 1}


def by_nginx(world: World) -> None:
    """Let nginx write the log, on a disk that is too full, with a logrotate that knows nothing of it."""
    filled(world["a"], 95)
    nginx = opener(command="nginx", unit="nginx.service")
    rotating = Logrotate(installed=True, scheduled=True, last=0.0)
    world["a"].facts |= {"log_files": LogFiles((log(LOG, 49_152, openers=(nginx,)),)), "logrotate": rotating}


def test_a_dry_run_shows_what_would_cure_it(world: World) -> None:
    """The diff stands in the plan beside what is given back, though its turn comes after that; nothing is put in place."""
    by_nginx(world)
    report = world.run(BUNDLED, check=True, extra=SMALL_LOGS)
    (group,) = plan_view(world.journal.events(report.run)).groups
    assert [True] == [f"+++ {STANZA}" in line for line in group.plan.room if line.startswith(f"cure for {LOG}: ")]
    assert [] == world["a"].what


def test_a_dry_run_says_that_nothing_lacks_a_bound(world: World) -> None:
    """That is told at once too, and not left to the run because room is made before: what is given back here is rotated already."""
    by_nginx(world)
    world["a"].facts["log_files"] = LogFiles((log(f"{LOG}.1", 49_152, openers=()),))
    report = world.run(BUNDLED, check=True, extra=SMALL_LOGS)
    (group,) = plan_view(world.journal.events(report.run)).groups
    assert (True, "nothing that fills a disk lacks a bound") == (group.plan.gain > 0, group.plan.skipped[-1].reason)


def test_what_would_cure_it_is_told_after_the_run(world: World) -> None:
    """The log is small again then, and its disk has room: the journal knows what was given back."""
    by_nginx(world)
    report = world.run(BUNDLED, extra=SMALL_LOGS)
    assert {"a": "changed"} == ends(report)
    (note,) = report.hosts[0].notes
    assert (True, True) == (note.startswith(f"cure for {LOG}: "), f"+++ {STANZA}" in render(report, 100))
    assert STANZA not in world["a"].files


def test_fix_puts_it_in_place_once(world: World) -> None:
    """The stanza comes after the room was made; a pass that finds it changes nothing."""
    by_nginx(world)
    assert {"a": "changed"} == ends(world.run(BUNDLED, extra={**SMALL_LOGS, "logs_fix": True}))
    assert [f"free {LOG}", f"put {STANZA}"] == world["a"].what
    assert b"maxsize 100M" in world["a"].files[STANZA]
    found = Logrotate(True, True, 0.0, (Stanza(STANZA, (LOG,), {"maxsize": "100M"}),), texts={STANZA: world["a"].files[STANZA].decode()})
    world["a"].facts["logrotate"] = found
    assert {"a": "ok"} == ends(world.run(BUNDLED, extra={**SMALL_LOGS, "logs_fix": True}))
