"""The exit code of a run, from how its hosts ended. The highest-ranking problem wins: 74, 5, 1, 4, 3, then 0.

74 is the journal's own and is raised where it happens (`JournalError`); no terminal state stands for it.
"""

from collections.abc import Iterable, Mapping

from healer.model.events import Terminal

CODES: Mapping[Terminal, int] = {
    "not_started": 5,
    "failed": 1,
    "held": 1,
    "refused": 1,
    "unknown": 1,
    "unreachable": 4,
    "waiting": 3,
    "busy": 3,
    "skipped": 0,
    "changed": 0,
    "ok": 0,
}
FOUND_WORK = 3
RANK = (5, 1, 4, 3, 0)


def exit_code(terminals: Iterable[Terminal], *, check: bool = False) -> int:
    """Return what the command exits with. In a dry run `changed` means that work was found."""
    codes = {FOUND_WORK if check and terminal == "changed" else CODES[terminal] for terminal in terminals}
    return next((code for code in RANK if code in codes), 0)
