"""Words for what is found on a disk: sizes, ages, and who has a file open. Pure."""

from collections.abc import Iterable

from healer.model.logs import Opener
from healer.model.words import first_few

STEP = 1000
UNITS = ("kB", "MB", "GB", "TB", "PB")


def size_words(number: int) -> str:
    """Return `512 B`, `1.9 GB`: powers of 1000, one decimal."""
    if number < STEP:
        return f"{number} B"
    power = next((one for one in range(1, len(UNITS)) if number < (STEP - 0.05) * STEP**one), len(UNITS))
    return f"{number / STEP**power:.1f} {UNITS[power - 1]}"


def age_words(seconds: float) -> str:
    """Return `40 min`, `20 h` or `3 days`, rounded down, never less than a minute."""
    if seconds < 2 * 3600:
        return f"{max(1, int(seconds // 60))} min"
    return f"{int(seconds // 3600)} h" if seconds < 2 * 86400 else f"{int(seconds // 86400)} days"


def who(openers: Iterable[Opener]) -> str:
    """Return the processes that have a file open, each once: `app (pid 7, app.service)`."""
    return first_few(tuple(dict.fromkeys(_one(opener) for opener in openers)))


def _one(opener: Opener) -> str:
    return f"{opener.command} (pid {opener.pid}, {opener.unit})" if opener.unit else f"{opener.command} (pid {opener.pid})"
