"""What every host of a play shares: the play itself, the doors, the journal's recorder, and what is owed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from healer.model.action import Owe
from healer.rollout.context import PlayContext
from healer.rollout.doors import Doors
from healer.rollout.recorder import Recorder
from healer.rollout.work import Delegates


@dataclass(frozen=True, slots=True)
class Crew:
    """Made once a play, and handed to each of its hosts."""

    play: PlayContext
    doors: Doors
    recorder: Recorder
    delegates: Delegates
    groups: Mapping[str, str]
    """Budget group by host."""
    owed: Mapping[str, tuple[Owe, ...]] = field(default_factory=dict)
    """What earlier runs left to be done, by host."""
    standing: Mapping[str, tuple[Owe, ...]] = field(default_factory=dict)
    """That and what this run has left so far."""
    surveys: dict[str, object] = field(default_factory=dict)
    """What each step's survey made of all hosts, by the step's name; filled after the first looks."""
    freed: Callable[[], None] = lambda: None
    """Called when a host has ended: another may start, while this one still hangs up."""
