"""Tests of what is worth writing down of disks, and of what the journal gives back of it."""

from datetime import UTC, datetime

import pytest
from reclaim_cases import GB, NOW, disk

from healer.model.action import Action, Archive, Free
from healer.model.events import ActEnded, ActIntended, DisksSeen, Event, Note, Stamped
from healer.model.facts import Disk, Verdict
from healer.model.files import Span
from healer.model.logs import DiskSample, Reclaimed
from healer.reclaim.history import moves
from healer.reclaim.past import WEEK, before, disk_past, news, since


def sample(percent: int = 50, at: float = NOW, inodes_used: int = 10) -> DiskSample:
    """Return what was seen of disk() when it was so full."""
    return DiskSample(at, "/var/log", percent * GB, (100 - percent) * GB, inodes_used)


@pytest.mark.parametrize(
    ("seen", "later", "new"),
    [
        (disk(percent=50), 10, False),
        (disk(percent=55), 10, False),
        (disk(percent=56), 10, True),
        (disk(percent=44), 10, True),
        (disk(percent=50), 3601, True),
        (disk(percent=50), -10, True),
        (disk(percent=50, inodes_used=61), 10, True),
        (disk(percent=50, inodes_used=60), 10, False),
        (disk(percent=50, inodes=0, inodes_used=500), 10, False),
        (disk("/srv", percent=50), 10, True),
        (disk(percent=99, read_only=True), 10, False),
        (disk(percent=50, used=0, available=0), 10, True),
    ],
)
def test_a_sample_is_kept_when_it_is_news(seen: Disk, later: float, new: bool) -> None:
    """A disk that is new, has moved by more than five points, or was not written down for an hour, is worth a sample of all."""
    assert new == bool(news([sample()], [seen], NOW + later))


def test_a_sample_says_what_was_seen() -> None:
    """One sample for each disk that can be written to, at the time of the look."""
    seen = [disk(percent=50), disk("/srv", percent=20), disk("/cdrom", percent=100, read_only=True)]
    expected = (sample(), DiskSample(NOW, "/srv", 20 * GB, 80 * GB, 10))
    assert expected == news([], seen, NOW)


def stamped(*events: tuple[str, Event]) -> list[Stamped]:
    """Return the events as the journal gives them back."""
    return [Stamped(n, run, datetime.fromtimestamp(NOW + n, UTC), event) for n, (run, event) in enumerate(events, start=1)]


def freed(run: str, verdict: Verdict | None = Verdict.GOOD) -> list[tuple[str, Event]]:
    """Return the events of a log that was archived and given back, or tried to."""
    span = Span("/var/log/app.log", 2049, 12, 0, 4096)
    kept = {"kept": "/a", "where": "control", "sha256": "x", "length": 4096}
    archived = ActEnded("h", "0/tasks/0", 0, f"{run}/a", Verdict.GOOD, changed=True, detail=kept)
    events: list[Event] = [ActIntended("h", "0/tasks/0", 0, f"{run}/a", Action("keep", Archive(span))), archived]
    events += [ActIntended("h", "0/tasks/0", 1, f"{run}/f", Action("free", Free(span, "collapse")))]
    events += [ActEnded("h", "0/tasks/0", 1, f"{run}/f", verdict, changed=True)] if verdict else []
    return [(run, event) for event in events]


def test_room_that_was_made_for_certain_is_recalled() -> None:
    """What earlier runs gave back, and is known to be: no attempt that failed or whose end nobody saw, and none of the run that asks."""
    events = [*freed("r1"), *freed("r2", Verdict.BAD), *freed("r3", Verdict.UNKNOWN), *freed("r4", None), *freed("mine")]
    past = disk_past("h", (), stamped(*events))
    assert ["r1", "mine"] == [one.run for one in past.reclaimed]
    assert (Reclaimed(NOW + 1, "/var/log/app.log", 2049, 12, 4096, "r1"),) == before(past, "mine").reclaimed


def test_samples_are_those_of_the_host() -> None:
    """Looks at other hosts, and events of other kinds, say nothing of this one's disks."""
    events = stamped(("r1", DisksSeen("h", (sample(),))), ("r1", DisksSeen("other", (sample(60),))), ("r2", Note("h", "x")))
    assert (sample(),) == disk_past("h", events, ()).samples


def test_acts_are_read_from_the_last_look_before_the_week() -> None:
    """What is older does not matter; where no look is that old, it is from the first one on, for whoever makes room has looked before."""
    looks = stamped(*(("r", DisksSeen("h", (sample(),))) for _ in range(3)))
    assert [1, 1, 2, 3] == [since(looks, NOW + later) for later in (3, WEEK + 1.5, WEEK + 2.5, WEEK + 9)]


def test_what_was_never_begun_or_never_proved_is_no_room() -> None:
    """An archive without an end, one that failed, one whose result makes no sense, and a refusal to free: none of them is told."""
    span = Span("/var/log/app.log", 2049, 12, 0, 4096)
    keep, free = Action("keep", Archive(span)), Action("free", Free(span, "collapse"))
    events: list[Event] = [ActIntended("h", "0/tasks/0", number, f"a{number}", keep) for number in range(3)]
    events += [ActEnded("h", "0/tasks/0", 1, "a1", Verdict.BAD, changed=False)]
    events += [ActEnded("h", "0/tasks/0", 2, "a2", Verdict.GOOD, changed=False, detail={"kept": 1})]
    events += [ActIntended("h", "0/tasks/0", 3, "f", free), ActEnded("h", "0/tasks/0", 3, "f", Verdict.BAD, changed=False)]
    told = stamped(*(("r", event) for event in events))
    assert ((), ()) == (moves("h", told), disk_past("h", (), told).reclaimed)
