"""A log that is another one when its turn comes: it is left alone by name, and the others get their turn all the same."""

from pathlib import Path

import pytest
from reclaim_cases import disk, facts, log
from world import World

from healer.archive.store import ArchiveStore
from healer.model.facts import Disk, Unknown
from healer.model.report import HostReport

PLAY = """
hosts: web
become: true
rolling: {max_unavailable: 1, canary: 0, soak: 0, drain: [], undrain: []}
tasks:
  - reclaim: {policy: {min_size: 1, target: 30}}
"""
LOG, GONE = "/var/log/app.log", "/var/log/app.log.1"
SMALL = 200_000


def used(percent: int) -> Disk:
    """Return a small disk that is so full."""
    return disk(size=SMALL, used=percent * SMALL // 100, available=(100 - percent) * SMALL // 100)


def passed(folder: Path, then: int) -> tuple[World, HostReport]:
    """Let a pass come over a disk at 95% that is at `then` percent once the open log is freed; the rotated one is gone by its turn."""
    made = World(["a"], archives=ArchiveStore(folder))
    host = made["a"]
    files = (log(LOG, 49_152), log(GONE, 49_152, inode=13, openers=()))
    host.facts |= {**facts(*files, disks=(used(95),)).readings, "journal_use": Unknown("no journal here")}
    host.files[LOG] = b"a line of the application\n" * 2000
    host.programs[f"free {LOG}"] = lambda one, _argv: (one.facts.update(disks=(used(then),)), (0, ""))[1]
    report = made.run(f"- {PLAY.strip()}".replace("\n", "\n  "))
    return made, report.hosts[0]


def test_the_others_get_their_turn(tmp_path: Path) -> None:
    """The rotated log is gone when it is to be archived: nothing of it is freed, and the open one is."""
    made, host = passed(tmp_path, 40)
    assert ([f"free {LOG}"], "changed") == ([what for what in made["a"].what if what.startswith("free")], host.terminal)


@pytest.mark.parametrize(("then", "terminal"), [(80, "changed"), (90, "failed")])
def test_a_disk_that_is_still_over_is_not_called_well(then: int, terminal: str, tmp_path: Path) -> None:
    """Above the trigger the host has failed, and the log that was another one is named; below it what was done is enough."""
    _made, host = passed(tmp_path, then)
    told = GONE in host.reason and "identity differs" in host.reason
    assert (terminal, terminal == "failed") == (host.terminal, told), host.reason
