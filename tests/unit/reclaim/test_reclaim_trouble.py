"""Which disks are in trouble, and how much is needed."""

from typing import Any

import pytest
from reclaim_cases import GB, NOW, disk, policy

from healer.model.facts import Disk
from healer.model.logs import DiskPast, DiskSample
from healer.reclaim.trouble import Trouble, inodes_after, percent_after, troubles


def pace(gigabytes: int, inodes: int = 0) -> DiskPast:
    """Return samples of a disk that grows by so much an hour."""
    return DiskPast(tuple(DiskSample(NOW + hour * 3600, "/var/log", hour * gigabytes * GB, 90 * GB, hour * inodes) for hour in range(5)))


def found(*disks: Disk, past: DiskPast | None = None, **rules: Any) -> tuple[Trouble, ...]:
    """Return the troubles."""
    return troubles(disks, policy(**rules), past or DiskPast())


def test_a_disk_above_the_trigger_is_brought_to_the_target() -> None:
    """95 % of 100 GB need 20 GB to be at 75 %."""
    (trouble,) = found(disk(), disk("/srv", 85))
    assert ("/var/log", 20 * GB, 0, True) == (trouble.mount, trouble.need, trouble.need_inodes, trouble.over)
    assert "95% of its room is used, more than 85%" == trouble.why


def test_inodes_are_a_trouble_of_their_own() -> None:
    """A disk without inodes is full however much room it has."""
    (trouble,) = found(disk(percent=10, inodes_used=900))
    assert (0, 150, True) == (trouble.need, trouble.need_inodes, trouble.over)
    assert "90% of its inodes are used, more than 85%" == trouble.why


def test_a_disk_that_will_be_full_is_relieved_before_it_is() -> None:
    """At 2 GB an hour 30 GB are gone within the horizon: what will come is needed, though the disk is below its trigger."""
    (trouble,) = found(disk(percent=70), past=pace(2))
    assert (18 * GB, False) == (trouble.need, trouble.over)
    assert "at the pace of the last passes it is full in 15 h" == trouble.why
    assert () == found(disk(percent=70), past=pace(2), horizon="10h")
    assert () == found(disk(percent=70), past=pace(1))


def test_inodes_that_will_be_used_up_count_too() -> None:
    """The horizon holds for inodes as for bytes."""
    (trouble,) = found(disk(percent=10, inodes_used=700), past=pace(0, 20))
    assert (0, 180) == (trouble.need, trouble.need_inodes)


@pytest.mark.parametrize("changes", [{"read_only": True}, {"percent": 85}])
def test_some_disks_are_in_no_trouble(changes: dict[str, Any]) -> None:
    """One that cannot be written to cannot be relieved, and the trigger itself is not above the trigger."""
    assert () == found(disk(**changes))


@pytest.mark.parametrize(("aside", "needs"), [(0, []), (1, [1]), (3, [3]), (9, [5])])
def test_a_relief_that_is_to_be_ended_goes_on_to_the_target(aside: int, needs: list[int]) -> None:
    """Below the trigger, what was put away is still taken, but no more than the target wants; at the target nothing is."""
    put = {"/var/log": aside * GB}
    assert [need * GB for need in needs] == [one.need for one in troubles((disk(percent=80),), policy(), DiskPast(), put)]
    assert () == troubles((disk(percent=75),), policy(), DiskPast(), put)
    assert (False,) * len(needs) == tuple(one.over for one in troubles((disk(percent=80),), policy(), DiskPast(), put))


def test_a_disk_without_a_number_of_inodes_needs_none() -> None:
    """A btrfs makes inodes as they are needed."""
    (trouble,) = found(disk(kind="btrfs", inodes=0, inodes_used=0))
    assert (0, 0) == (trouble.need_inodes, inodes_after(trouble.disk, 3))


def test_a_reserve_that_root_has_filled_is_reckoned_with() -> None:
    """On ext4 with nothing available the reserve must come free as well before df shows any room."""
    filled = disk(percent=100)
    (trouble,) = found(filled)
    assert 100 * GB - 95 * GB * 75 // 100 == trouble.need
    assert (75, 100) == (percent_after(filled, trouble.need), percent_after(filled, 0))


def test_without_a_reserve_the_size_is_what_there_is() -> None:
    """An xfs keeps nothing back; a disk without any size is not divided by."""
    (trouble,) = found(disk(kind="xfs", percent=100))
    assert 25 * GB == trouble.need
    assert 0 == percent_after(disk(size=0, used=0, available=0), 0)


def test_shares_are_rounded_up_as_df_does() -> None:
    """74.2 % are told as 75."""
    assert (75, 1) == (percent_after(disk(), 20_800_000_000), inodes_after(disk(), 5))
