"""journalctl's removal of archived journal files as an act, and what such an act has removed, read from the act itself. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cmp_to_key
from pathlib import PurePosixPath

from healer.model.action import Free, Run
from healer.model.files import Span
from healer.model.logs import JournalFile
from healer.reclaim.reopen import shipped

MARK = "healer-journal"
"""The name under which the script runs: by it the act is known again."""
_NUMBERED = re.compile(r"@(?P<sequence>[0-9a-f]{32})-(?P<number>[0-9a-f]{16})-")
_SHELL, _WORDS = ("sh", "-c"), 6


def removal_order(files: Iterable[JournalFile]) -> list[JournalFile]:
    """Return the files as journalctl goes through them: by number where they are of one sequence, else by time (journal-vacuum.c).

    It stops at the first that is young enough, so that an older one behind that stays.
    """
    return sorted(files, key=cmp_to_key(_compare))


def _compare(one: JournalFile, two: JournalFile) -> int:
    first, second = _NUMBERED.search(one.path), _NUMBERED.search(two.path)
    if first and second and first["sequence"] == second["sequence"]:
        return _sign(int(first["number"], 16) - int(second["number"], 16))
    return _sign(one.head - two.head) or (-1 if one.path < two.path else 1)


def _sign(difference: float) -> int:
    return (difference > 0) - (difference < 0)


def vacuum(files: Sequence[JournalFile]) -> Run:
    """Return the act that removes these files of one folder, ordered by time, and no other."""
    folder, bound = str(PurePosixPath(files[0].path).parent), int(files[-1].head) + 1
    words = (f"{file.device}:{file.inode}:{file.size}:{PurePosixPath(file.path).name}" for file in files)
    return Run((*_SHELL, shipped("journal_vacuum.sh"), MARK, folder, str(bound), *words), timeout=300.0)


def vacuumed(verb: object) -> Iterator[Free]:
    """Yield what the act gives back, a file each, as if each were deleted; nothing where it is no such act."""
    if not isinstance(verb, Run) or verb.argv[:2] != _SHELL or verb.argv[3:4] != (MARK,):
        return
    for word in verb.argv[_WORDS:]:
        device, inode, size, name = word.split(":", 3)
        yield Free(Span(f"{verb.argv[4]}/{name}", int(device), int(inode), 0, int(size)), "delete")
