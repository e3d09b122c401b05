"""What a run took back, and what it put into quarantine, folded from its events. Pure."""

from collections.abc import Sequence

from healer.model.events import RollbackStarted, Stamped, TaskEnded, VersionQuarantined, VersionReleased
from healer.model.facts import Verdict

SECTION = "/rollback/0"
"""How the address of the task ends that takes packages back."""


def rolled_back(events: Sequence[Stamped]) -> dict[str, str]:
    """Return the packages that one host went back with, and the versions that it has again."""
    former: dict[str, str] = {}
    found: dict[str, str] = {}
    for stamped in events:
        match stamped.event:
            case RollbackStarted():
                former = dict(stamped.event.former)
            case TaskEnded(address=address, verdict=Verdict.GOOD) if address.endswith(SECTION):
                found |= former
    return found


def quarantined(events: Sequence[Stamped]) -> tuple[tuple[str, str], ...]:
    """Return the packages and versions that the run put into quarantine and nobody has released."""
    standing: dict[tuple[str, str], None] = {}
    for stamped in events:
        match stamped.event:
            case VersionQuarantined(package=package, version=version):
                standing[package, version] = None
            case VersionReleased(package=package, version=version):
                standing.pop((package, version), None)
    return tuple(standing)
