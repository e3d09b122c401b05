"""How fast a disk fills, and what is too little to tell."""

import pytest
from reclaim_cases import GB, NOW, disk

from healer.model.logs import DiskSample
from healer.reclaim.growth import Growth, growth, seconds_to_full

HOUR, DAY = 3600.0, 86400.0


def samples(*used: int, step: float = HOUR, inodes: int = 0) -> list[DiskSample]:
    """Return samples of a disk of 100 GB, one a step."""
    return [DiskSample(NOW + place * step, "/var/log", use * GB, (100 - use) * GB, place * inodes) for place, use in enumerate(used)]


def test_growth_is_what_comes_on_top_in_a_day() -> None:
    """One gigabyte an hour is 24 a day, whatever one odd sample says."""
    assert Growth(24 * GB, 0.0) == growth(samples(10, 11, 12, 13), "/var/log")
    odd = growth(samples(*range(10, 20), 60, *range(21, 25)), "/var/log")
    assert odd is None or odd.bytes <= 30 * GB


def test_growth_is_known_from_many_samples_in_bounded_time() -> None:
    """Thousands of samples are thinned out evenly, and say the same."""
    many = [DiskSample(NOW + place * 300, "/var/log", place * GB // 100, 90 * GB) for place in range(3000)]
    assert round(GB * 2.88) == round(getattr(growth(many, "/var/log"), "bytes", 0.0))


@pytest.mark.parametrize(
    "seen",
    [
        [],
        samples(10, 20),
        samples(10, 11, 12, step=60.0),
        samples(50, 50, 50, 50),
        samples(50, 60, 70, 80, 20),
        samples(50, 50, 50, 50, step=0.0),
    ],
)
def test_no_growth_is_told_from_too_little(seen: list[DiskSample]) -> None:
    """Few samples, a short time, no growth, or a fall that has just been: no trend."""
    assert None is growth(seen, "/var/log")


def test_only_what_came_after_room_was_made_counts() -> None:
    """The fall of use after a pass does not hide how fast it fills again."""
    assert Growth(24 * GB) == growth(samples(80, 81, 82, 20, 21, 22, 23), "/var/log")
    falls = [DiskSample(NOW + place * HOUR, "/var/log", 10 * GB, 90 * GB, 5000 if place < 2 else place) for place in range(6)]
    assert Growth(0.0, 24.0) == growth(falls, "/var/log")


def test_another_disk_s_samples_do_not_count() -> None:
    """Each disk has its own pace."""
    assert None is growth(samples(10, 11, 12, 13), "/srv")


def test_time_to_full_is_that_of_blocks_or_inodes() -> None:
    """Whichever is used up first; never, when neither grows."""
    full = disk(percent=90)
    assert 12 * HOUR == seconds_to_full(full, Growth(20 * GB))
    assert DAY == seconds_to_full(full, Growth(GB, 990))
    assert 12 * HOUR == seconds_to_full(disk(percent=90, inodes=0), Growth(20 * GB, 990))
    assert (None, None) == (seconds_to_full(full, None), seconds_to_full(disk(inodes=0), Growth(0.0, 5.0)))
