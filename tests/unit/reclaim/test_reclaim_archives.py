"""Where archives are kept."""

from typing import Any

import pytest
from reclaim_cases import GB, disk, log, policy, situation

from healer.model.action import Archive
from healer.model.facts import Disk
from healer.model.logs import LogFile
from healer.reclaim.archives import placed, shelves
from healer.reclaim.sources.contract import Candidate
from healer.reclaim.sources.open_logs import candidates

SRV = disk("/srv", 10)


def folders(
    *files: LogFile, disks: tuple[Disk, ...] = (disk(), SRV), wanted: tuple[str, ...] = ("/srv/archive",), **rules: Any
) -> list[Candidate]:
    """Return the candidates for the files with their archives placed."""
    policies = policy(archive_folders=wanted, **rules)
    offered = candidates(situation(*files, disks=disks, rules=policies))
    return list(placed(offered, shelves(policies, {one.mount: one for one in disks})))


def where(candidate: Candidate) -> list[str]:
    """Return the folders of its archives, each once."""
    return list(dict.fromkeys(action.verb.folder for action in candidate.actions if isinstance(action.verb, Archive)))


def test_a_healthy_disk_of_the_host_takes_the_archive() -> None:
    """The policy's folder on another disk with room is used, and the plan says so."""
    (found,) = folders(log())
    assert (["/srv/archive"], True) == (where(found), found.how.endswith("; archived in /srv/archive first"))


@pytest.mark.parametrize(
    ("disks", "wanted"),
    [
        ((disk(), SRV), ()),
        ((disk(), SRV), ("/var/log/archive",)),
        ((disk(), SRV), ("/else",)),
        ((disk(), disk("/srv", 70)), ("/srv/archive",)),
        ((disk(), disk("/srv", 10, read_only=True)), ("/srv/archive",)),
        ((disk(), disk("/srv", 10, available=GB)), ("/srv/archive",)),
        ((disk(), disk("/srv", 10, inodes_used=900)), ("/srv/archive",)),
    ],
)
def test_otherwise_the_control_node_takes_it(disks: tuple[Disk, ...], wanted: tuple[str, ...]) -> None:
    """No folder, one on the same or an unknown disk, one without room, or one that cannot be written: it goes over the link."""
    (found,) = folders(log(), disks=disks, wanted=wanted)
    assert ([""], True) == (where(found), found.how.endswith("; archived on the control node first"))


def test_what_was_put_on_a_shelf_counts() -> None:
    """The second archive finds the room that the first has left."""
    found = folders(log(size=50 * GB), log("/var/log/b.log", size=30 * GB, inode=13))
    assert [["/srv/archive"], [""]] == [where(one) for one in found]


def test_the_first_folder_with_room_is_taken() -> None:
    """Folders are tried in the policy's order."""
    disks = (disk(), disk("/a", 80), SRV)
    assert ["/srv/x"] == where(folders(log(), disks=disks, wanted=("/a/x", "/srv/x"))[0])


def test_a_place_that_is_given_stays() -> None:
    """A source that says itself where its archive goes is not overruled, and one without archive is left as it is."""
    (found,) = folders(log())
    assert where(found) == where(placed([found], shelves(policy(), {}))[0])
    (bare,) = folders(log(), archive=False)
    assert ([], False) == (where(bare), "archived" in bare.how)
