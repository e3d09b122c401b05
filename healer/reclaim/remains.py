"""What the sources of leftovers have in common: what was seen of them, and who has one open. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from healer.model.facts import LockHolder, Unknown
from healer.model.logs import Leftover, LeftoverKind, LogFile, LogFiles
from healer.reclaim.guards import below
from healer.reclaim.sources.contract import Candidate, Situation


def remains(situation: Situation, *kinds: LeftoverKind) -> Iterator[Leftover]:
    """Yield the leftovers of these kinds in their order; none where they are not known."""
    found = situation.facts.read("leftovers", tuple)
    if not isinstance(found, Unknown):
        yield from (one for one in found if isinstance(one, Leftover) and one.kind in kinds)


def seen_open(situation: Situation, leftover: Leftover) -> LogFile | Unknown | None:
    """Return the file as the look at open files shows it: None where it is none of those, Unknown where nobody could look."""
    files = situation.facts.read("log_files", LogFiles)
    if isinstance(files, Unknown):
        return files
    return next((one for one in files.files if (one.device, one.inode) == (leftover.device, leftover.inode) and not one.link), None)


def as_file(leftover: Leftover) -> LogFile:
    """Return the leftover as a closed file."""
    return LogFile(
        path=leftover.path,
        mount=leftover.mount,
        device=leftover.device,
        inode=leftover.inode,
        links=1,
        size=leftover.size,
        allocated=leftover.allocated,
        block=4096,
        mode="",
        uid=0,
        gid=0,
        modified=leftover.modified,
    )


def left_alone(source: str, leftover: Leftover, why: str) -> Candidate:
    """Return the candidate that stays as it is."""
    return Candidate(source, leftover.path, leftover.mount, leftover.allocated, "", refused=why, path=leftover.path)


def forbidden(situation: Situation, leftover: Leftover) -> str:
    """Return that the policy forbids its folder, or an empty text. That it may be touched at all is said by naming the source."""
    folder = next((one for one in situation.policy.forbidden if below(leftover.path, one) or leftover.path == one), "")
    return f"the policy forbids {folder}" if folder else ""


def look_anew(candidate: Candidate) -> Candidate:
    """Return the candidate whose actions make the leftovers stale too."""
    actions = (replace(one, makes_stale=(*one.makes_stale, "leftovers")) if one.makes_stale else one for one in candidate.actions)
    return replace(candidate, actions=tuple(actions))


def manager_at_work(situation: Situation) -> str:
    """Return who holds the package manager's locks, or an empty text: he may be about to use what would go."""
    holders = situation.facts.read("package_locks", tuple)
    if isinstance(holders, Unknown):
        return f"whether a package manager is at work is not known: {holders.reason}"
    busy = next((one for one in holders if isinstance(one, LockHolder)), None)
    return f"{busy.command} (pid {busy.pid}) holds {busy.path}: a package manager is at work" if busy else ""
