"""What a pass will do, in lines that can be read at three in the morning: each disk, each candidate with its reason, what stays. Pure."""

from collections.abc import Iterable, Sequence

from healer.model.facts import Disk
from healer.model.words import first_few
from healer.reclaim.select import Choice
from healer.reclaim.sources.contract import Candidate
from healer.reclaim.trouble import Trouble
from healer.reclaim.words import size_words

MOST = 10
"""How many reasons to leave something are told, those of the most bytes first."""
MOUNT = 60


def forecast(choice: Choice) -> tuple[str, ...]:
    """Return the lines of the plan."""
    return (*_disks(choice), *_taken(choice.taken), *_left(choice.left), *_spare(choice.spare))


def _disks(choice: Choice) -> Iterable[str]:
    width = max((len(trouble.mount) for trouble in choice.troubles), default=0)
    for trouble in choice.troubles:
        yield f"{trouble.mount:{min(width, MOUNT)}}  {_shares(choice, trouble)}: {trouble.why}"
        words = lacking(choice, trouble)
        if words:
            yield f"{'':{min(width, MOUNT)}}  {words}"


def _shares(choice: Choice, trouble: Trouble) -> str:
    room, inodes = choice.after(trouble)
    told = f"{trouble.disk.used_percent}% of {size_words(trouble.disk.size)} -> {room}%"
    return f"{told}, inodes {trouble.disk.inodes_percent}% -> {inodes}%" if trouble.need_inodes else told


def lacking(choice: Choice, trouble: Trouble) -> str:
    """Return what is missing to the target and cannot be had, or an empty text."""
    room, inodes = choice.missing(trouble)
    parts = [size_words(room)] if room else []
    parts += [f"{inodes} inodes"] if inodes else []
    return f"{' and '.join(parts)} more would have to come free, and nothing else may be taken" if parts else ""


def _taken(taken: Sequence[Candidate]) -> Iterable[str]:
    width = len(str(len(taken)))
    for number, candidate in enumerate(taken, start=1):
        yield f"  {number:>{width}}. {_size(candidate)}  {candidate.what}  {candidate.how}"


def _size(candidate: Candidate) -> str:
    return f"{size_words(candidate.gain):>8}"


def _left(left: Sequence[Candidate]) -> Iterable[str]:
    """Yield what stays, those of one reason in one line, the largest first."""
    if left:
        yield "left alone:"
    by_reason: dict[str, list[Candidate]] = {}
    for one in sorted(left, key=lambda one: -one.gain):
        by_reason.setdefault(one.refused, []).append(one)
    groups = sorted(by_reason.values(), key=_total, reverse=True)
    for group in groups[:MOST]:
        yield f"     {size_words(_total(group)):>8}  {first_few([one.what for one in group])}  {group[0].refused}"
    if rest := [one for group in groups[MOST:] for one in group]:
        yield f"     {size_words(_total(rest)):>8}  in {len(rest)} more"


def _total(candidates: Iterable[Candidate]) -> int:
    return sum(one.gain for one in candidates)


def _spare(spare: Sequence[Candidate]) -> Iterable[str]:
    if spare:
        yield f"not needed: {size_words(_total(spare))} in {len(spare)} more"


def largest_left(choice: Choice, mount: str, most: int = 3) -> tuple[str, ...]:
    """Return the largest of what stays on the mount, each with its reason: what is left to a person."""
    ordered = sorted((one for one in choice.left if one.mount == mount), key=lambda one: -one.gain)
    return tuple(f"{one.what} ({size_words(one.gain)}): {one.refused}" for one in ordered[:most])


def fullest(disks: Sequence[Disk], most: int = 3) -> str:
    """Return the fullest disks in words: `/ 61%, /var 40% (inodes 70%)`."""
    ordered = sorted(disks, key=lambda disk: (-max(disk.used_percent, disk.inodes_percent), disk.mount))
    return ", ".join(map(_disk, ordered[:most]))


def _disk(disk: Disk) -> str:
    return f"{disk.mount} {disk.used_percent}%" + (f" (inodes {disk.inodes_percent}%)" if disk.inodes_percent > disk.used_percent else "")
