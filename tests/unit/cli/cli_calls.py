"""What calling the command line in a test gives back."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """What a command exited with and wrote."""

    code: int
    out: str
    err: str


Healer = Callable[..., Said]
"""Calls the command with these words."""
