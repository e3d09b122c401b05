"""The one thing that a command needs of the outside: a started shell with an input and two outputs, on whichever machine."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Heard:
    """What arrived on both streams. `ended` means that the shell is gone and all was read; `cut` says why the link is lost."""

    out: bytes = b""
    err: bytes = b""
    ended: bool = False
    cut: str = ""


class Wire(Protocol):
    """A running shell. No call waits longer than it is told to; none raises for a lost link."""

    def send(self, data: bytes) -> int:
        """Hand over as much as fits now, and return how many bytes that was."""

    def end_input(self) -> None:
        """Tell the shell that nothing more will come."""

    def receive(self, seconds: float) -> Heard:
        """Return what is there; wait at most so long when there is nothing."""

    def abandon(self) -> None:
        """Let go of the shell at once, also when it still runs."""
