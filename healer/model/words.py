"""How a list is told in one line when it may be long: the first few by name, and how many more there are. Pure."""

from collections.abc import Sequence

FEW = 3
"""How many are named where a sentence has room for no more."""


def first_few(words: Sequence[str], most: int = FEW, *, sentences: bool = False) -> str:
    """Return the first `most` of the words with commas between them, and the number of the rest; `sentences` stand between semicolons."""
    between, last = ("; ", "; and") if sentences else (", ", " and")
    rest = len(words) - most
    return between.join(words[:most]) + (f"{last} {rest} more" if rest > 0 else "")
