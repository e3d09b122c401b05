"""Archived files of systemd's journal: kept first like every log, then removed by journalctl, the oldest first, never by hand.

journalctl(1) removes by age only, and a file that journald closes in that moment counts with the time at which it begins. So only files
that are older by a margin than everything else go, and those that stand close together go together.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, takewhile
from pathlib import PurePosixPath

from healer.model.action import Action, Run
from healer.model.facts import Disk, Identity, Unknown
from healer.model.files import Span
from healer.model.logs import JournalFile, JournalUse, Toolbox
from healer.reclaim.candidates import DISCARDED, archiving
from healer.reclaim.guards import below
from healer.reclaim.sources.contract import Candidate, Situation, Source
from healer.reclaim.vacuum import removal_order, vacuum
from healer.reclaim.words import age_words, size_words

NAME = "journal"
STALE = ("disks", "journal_use", "log_files")
MARGIN = 30.0
"""Seconds by which the youngest file that goes must be older than the oldest that stays; journal_vacuum.sh needs 20 of them."""
NEW_FILE = 8 * 1024**2
"""What journald takes from the disk for a file that it begins (systemd, journal-file.c)."""
MEMORY = "/run/"


def candidates(situation: Situation) -> Iterator[Candidate]:
    """Yield the archived files of this machine, the oldest first, then the closing of those that are written to."""
    use = situation.facts.read("journal_use", JournalUse)
    if isinstance(use, Unknown) or not use.mount:
        return
    on_disk = [file for file in use.files if not file.path.startswith(MEMORY)]
    own, other = _own(situation, on_disk)
    yield from _foreign(use.mount, other)
    active = [file for file in own if not file.archived]
    bound = min((file.head for file in active), default=float("inf"))
    free, blocked = _split(_groups([file for file in own if file.archived]), bound)
    yield from _judged(situation, use.mount, free)
    yield from _rotation(situation, use.mount, active, [file for group in blocked for file in group])


def _own(situation: Situation, files: Iterable[JournalFile]) -> tuple[list[JournalFile], list[JournalFile]]:
    """Return the files of this machine's own journal, and those of others: namespaces, other machines, an installation before."""
    identity = situation.facts.read("identity", Identity)
    machine = "" if isinstance(identity, Unknown) else identity.machine_id
    split: tuple[list[JournalFile], list[JournalFile]] = ([], [])
    for file in files:
        split[PurePosixPath(file.path).parent.name != machine].append(file)
    return split


def _foreign(mount: str, files: Sequence[JournalFile]) -> Iterator[Candidate]:
    why = "it is not this machine's own journal: of a namespace, another machine or an installation before"
    for folder in sorted({str(PurePosixPath(file.path).parent) for file in files}):
        taken = sum(file.allocated for file in files if below(file.path, folder))
        yield Candidate(NAME, folder, mount, taken, "", refused=why, path=folder)


def _groups(files: Iterable[JournalFile]) -> list[list[JournalFile]]:
    """Return the files in order of time, those together that no bound in time can tell apart, or of which journalctl would leave some."""
    ordered = sorted(files, key=lambda one: (one.head, one.path))
    removed = removal_order(ordered)
    apart = (at for at, (one, two) in enumerate(pairwise(ordered), 1) if two.head - one.head >= MARGIN)
    breaks = [0, *(at for at in apart if set(ordered[:at]) == set(removed[:at])), len(ordered)]
    return [ordered[begin:end] for begin, end in pairwise(breaks) if end > begin]


def _split(groups: list[list[JournalFile]], bound: float) -> tuple[list[list[JournalFile]], list[list[JournalFile]]]:
    """Return the groups that are older than all that is still written to, and the others."""
    free = list(takewhile(lambda group: group[-1].head + MARGIN <= bound, groups))
    return free, groups[len(free) :]


def _judged(situation: Situation, mount: str, groups: list[list[JournalFile]]) -> Iterator[Candidate]:
    """Yield the groups. Once one must stay, all later ones do: journalctl would take the older one along."""
    why = ""
    for group in groups:
        why = why or _against(situation, group)
        what, gain = _what(group), sum(file.allocated for file in group)
        if why:
            yield Candidate(NAME, what, mount, gain, "", refused=why, path=group[0].path)
        else:
            yield _offer(situation, mount, group)


def _against(situation: Situation, group: list[JournalFile]) -> str:
    policy, toolbox = situation.policy, situation.facts.read("toolbox", Toolbox)
    folder = next((one for one in policy.forbidden if any(below(file.path, one) for file in group)), "")
    if folder:
        return f"the policy forbids {folder}"
    if min(file.head for file in group) <= 0:
        return "when it begins is not known, so that no bound in time is safe"
    age = situation.now - max(file.modified for file in group)
    if policy.keep is not None and age < policy.keep:
        return f"it is {age_words(age)} old, and the policy keeps {age_words(policy.keep)}"
    if policy.archive and (isinstance(toolbox, Unknown) or not toolbox.opener):
        return "the host has neither perl nor python to open it without following links"
    return ""


def _what(group: Sequence[JournalFile]) -> str:
    more = f" and {len(group) - 1} more" if len(group) > 1 else ""
    return f"{group[0].path}{more}"


def _offer(situation: Situation, mount: str, group: list[JournalFile]) -> Candidate:
    archives = [archiving(Span(file.path, file.device, file.inode, 0, file.size)) for file in group] if situation.policy.archive else []
    age, gain = age_words(situation.now - max(file.modified for file in group)), sum(file.allocated for file in group)
    how = f"journalctl --vacuum-time: archived by journald, last written {age} ago, older than all that stays"
    return Candidate(
        NAME,
        _what(group),
        mount,
        gain,
        how if archives else f"{how}; {DISCARDED}",
        (*archives, _vacuum(group)),
        inodes=len(group),
        path=group[0].path,
        writer="systemd-journald",
    )


def _vacuum(group: list[JournalFile]) -> Action:
    taken = size_words(sum(file.allocated for file in group))
    return Action(f"let journalctl remove {taken} of archived journal", vacuum(group), disruptive=False, makes_stale=STALE)


def _rotation(situation: Situation, mount: str, active: list[JournalFile], blocked: list[JournalFile]) -> Iterator[Candidate]:
    """Yield the closing of what is written to, where that is worth it: then all that is closed can go with the next task."""
    gain = sum(file.allocated for file in (*active, *blocked)) - NEW_FILE * len(active)
    if not active or gain < situation.policy.min_size:
        return
    disks = situation.facts.get("disks")
    disk = next((one for one in disks if isinstance(one, Disk) and one.mount == mount), None) if isinstance(disks, tuple) else None
    what = f"journal files that are written to, or no older than those ({len(active) + len(blocked)})"
    if disk is None or disk.available < 2 * NEW_FILE * len(active):
        yield Candidate(NAME, what, mount, gain, "", refused="there is no room for the new files that journald would begin")
        return
    action = Action("let journald close its files", Run(("journalctl", "--rotate"), timeout=60.0), disruptive=False, makes_stale=STALE)
    how = "journalctl --rotate: what is closed then is archived and removed by the next task"
    yield Candidate(NAME, what, mount, gain, how, (action,), writer="systemd-journald", later=True)


PLUGIN = Source(name=NAME, rank=20, needs=("journal_use", "identity", "toolbox", "disks"), candidates=candidates)
