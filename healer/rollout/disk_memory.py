"""How full a host's disks were and where room was made on them: written down when it is news, recalled for the steps that learn from it."""

from healer.model.events import DisksSeen
from healer.model.facts import Facts
from healer.model.logs import DiskPast, DiskSample
from healer.reclaim.history import KINDS
from healer.reclaim.past import SEEN, disk_past, news, since
from healer.rollout.doors import Doors
from healer.rollout.samples import earlier, keep
from healer.rollout.work import Work

LOOKS = 200
"""How many of the newest looks are recalled: at one an hour, what fills a disk within a week shows in them."""
ACTS = 2000
"""How many of the newest acts are recalled: more than one pass may begin, several times over."""


def remember(doors: Doors, work: Work, facts: Facts, *, check: bool = False) -> None:
    """Write down how full the disks are, when they were read and it is news. Raises JournalError."""
    disks = facts.get("disks")
    if not isinstance(disks, tuple):
        return
    samples = news(_last(doors, work.host.name), disks, doors.clock.now().timestamp())
    if samples:
        keep(doors, work, DisksSeen(work.host.name, samples), check=check)


def _last(doors: Doors, host: str) -> tuple[DiskSample, ...]:
    return disk_past(host, earlier(doors).about(host, SEEN, newest=1), ()).samples


def recalled(doors: Doors, host: str) -> DiskPast:
    """Return what earlier runs and this one have left; a dry run reads where they wrote. Raises JournalError."""
    journal = earlier(doors)
    looks = journal.about(host, SEEN, newest=LOOKS)
    if not looks:
        return DiskPast()
    first = since(looks, doors.clock.now().timestamp())
    return disk_past(host, looks, journal.about(host, KINDS, newest=ACTS, after=first))
