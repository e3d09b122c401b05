"""What a source of room is: its place in the order of relief, and a pure function that names what it could give back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from healer.model.action import Action
from healer.model.facts import Facts
from healer.model.logs import DiskPast
from healer.reclaim.policy import LogsPolicy


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that may be given back, or must not be.

    `gain` are bytes of the disk that come free, `inodes` how many files vanish. `how` says in a sentence by which method, and why nobody is
    hurt; `refused` says why it stays as it is, and then there are no `actions`. `path` is empty where it is no file. `writer` names who
    writes to it, where that is known. With `later` the room does not come by these actions, but when the same is done once more.
    """

    source: str
    what: str
    mount: str
    gain: int
    how: str
    actions: tuple[Action, ...] = ()
    inodes: int = 0
    refused: str = ""
    path: str = ""
    writer: str = ""
    later: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """What a source judges by. `now` is the control node's time in epoch seconds."""

    facts: Facts
    policy: LogsPolicy
    past: DiskPast = field(default_factory=DiskPast)
    now: float = 0.0


@dataclass(frozen=True, slots=True)
class Source:
    """A source plug-in. Lower `rank` goes first: cheapest and safest. `listed` ones act only where the policy lists them by name.

    `candidates` names what it has on any mount, in the order in which it should be taken.
    """

    name: str
    rank: int
    needs: tuple[str, ...]
    candidates: Callable[[Situation], Iterable[Candidate]]
    listed: bool = False
