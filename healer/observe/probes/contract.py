"""What a probe is: one bounded question whose answer is good, bad or unknown, asked from a named place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from healer.model.command import Command, CommandResult
from healer.model.facts import Verdict
from healer.ports import ByteStream


class Vantage(Protocol):
    """The place that a probe asks from: a host through its SSH connection, or this control node."""

    def run(self, command: Command) -> CommandResult:
        """Run a command there."""

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        """Open a TCP stream from there; raises OSError when it cannot be had."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the probe found and the sentence that says it."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe plug-in. `ask` never raises for what the other side does; it answers unknown when the question could not be asked."""

    name: str
    ask: Callable[[Vantage, Mapping[str, object], float], Answer]
