"""The nearest right spelling: every refusal of a name ends with it."""

import difflib
from collections.abc import Iterable


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return `Did you mean 'web'?` for the nearest known names, or an empty text when nothing is near."""
    near = difflib.get_close_matches(wrong, list(known), n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(repr(name) for name in near)}?" if near else ""
