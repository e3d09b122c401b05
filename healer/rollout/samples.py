"""Where it is written down how a host was found: into the run's journal, or, in a dry run, to where samples go beside it."""

from healer.model.events import DisksSeen, ServicesJudged, ServicesSeen
from healer.ports import Journal
from healer.rollout.doors import Doors
from healer.rollout.work import Work

Sample = DisksSeen | ServicesSeen | ServicesJudged


def earlier(doors: Doors) -> Journal:
    """Return the journal that tells how hosts were before; a dry run reads where others wrote."""
    return doors.past or doors.journal


def keep(doors: Doors, work: Work, sample: Sample, *, check: bool) -> None:
    """Write a sample down under the run's id. A dry run changes nothing, but what it has seen is kept where there is a place for it.

    Raises JournalError.
    """
    if not check:
        work.write(sample)
    elif doors.samples is not None:
        doors.samples.append(work.recorder.run, doors.redact(sample))
