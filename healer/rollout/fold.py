"""A run is a list of events; this folds the list into what the run stands at. Progress, resume and the scheduler read nothing else.

`fold(events)` is the whole, `advance(state, stamped)` one step without touching the old state, and `Folding` the same for a loop:
mutable inside, with frozen snapshots. All three are one implementation. What grows with the fleet is kept per host, so that a
snapshot copies one reference per host and never the 30 000 results of a large run.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from healer.model.events import (
    ActEnded,
    ActIntended,
    Event,
    HostAcknowledged,
    HostHeld,
    PlayStarted,
    RunEnded,
    RunHalted,
    RunResumed,
    RunStarted,
    Stamped,
    TaskEnded,
    TaskPlanned,
    VersionsFrozen,
)
from healer.model.facts import Verdict
from healer.model.policy import FrozenVersions
from healer.model.services import LEFT_ALONE
from healer.rollout.machine import HostState, IllegalMove, gone_on, move

Key = TypeVar("Key")
Entry = TypeVar("Entry")
ActRecord = tuple[ActIntended | None, ActEnded | None]


class PerHost(Mapping[tuple[str, Key], Entry]):
    """A read-only mapping with keys `(host, ...)` over one small mapping a host. Order: host by host, then order of arrival."""

    __slots__ = ("hosts",)

    def __init__(self, hosts: Mapping[str, Mapping[Key, Entry]]) -> None:
        """Look into `hosts`, which nobody changes any more."""
        self.hosts = hosts

    def __getitem__(self, key: tuple[str, Key]) -> Entry:
        return self.hosts[key[0]][key[1]]

    def __iter__(self) -> Iterator[tuple[str, Key]]:
        return ((host, key) for host, entries in self.hosts.items() for key in entries)

    def __len__(self) -> int:
        return sum(len(entries) for entries in self.hosts.values())

    def of(self, host: str) -> Mapping[Key, Entry]:
        """Return one host's entries in order of arrival."""
        return self.hosts.get(host, MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class PlayState:
    """One play. `hosts` are those that it was started with, then others that were looked at for the budget, in order of arrival."""

    index: int
    name: str = ""
    hosts: Mapping[str, HostState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunState:
    """A run after some of its events. `play` is the current play's index, -1 before the first.

    `frozen` maps a budget group to what its canaries proved, by `release/architecture`. `holds` are hosts that this run put on hold
    and nobody acknowledged. `halted` and `exit_code` are taken back by a resume: the scheduler finds a halt again where its
    reason still stands, which it does not when a run that had ended in a halt was gone on with.
    `acts` maps (host, (address, index)) to intent and result, either of which may be missing.
    """

    run: str = ""
    started: RunStarted | None = None
    actor: str = ""
    resumed: int = 0
    last: int = 0
    play: int = -1
    plays: Mapping[int, PlayState] = field(default_factory=dict)
    results: PerHost[str, TaskEnded] = field(default_factory=lambda: PerHost({}))
    decisions: PerHost[str, TaskPlanned] = field(default_factory=lambda: PerHost({}))
    acts: PerHost[tuple[str, int], ActRecord] = field(default_factory=lambda: PerHost({}))
    frozen: Mapping[str, Mapping[str, FrozenVersions]] = field(default_factory=dict)
    holds: Mapping[str, str] = field(default_factory=dict)
    halted: str = ""
    exit_code: int | None = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that the run was started for."""
        return self.started.hosts if self.started else ()

    @property
    def documents(self) -> Mapping[str, str]:
        """The frozen inputs by name."""
        return self.started.documents if self.started else {}

    @property
    def unsettled(self) -> tuple[str, ...]:
        """The hosts of which it is not known what became of an act."""
        return tuple(host.host for play in self.plays.values() for host in play.hosts.values() if host.open is not None)

    def host(self, play: int, host: str) -> HostState:
        """Return where a host stands in a play; pending when nothing is known of it."""
        entered = self.plays.get(play)
        return (entered.hosts.get(host) if entered else None) or HostState(host)

    def act(self, host: str, address: str, index: int) -> ActRecord:
        """Return intent and result of an act, None for what was not recorded."""
        return self.acts.of(host).get((address, index), (None, None))

    def tried(self, host: str) -> tuple[tuple[str, str], ...]:
        """Return the tries to bring services of the host back, in order: unit and rung. What was left alone to somebody else is none."""
        known = ((intent, ended) for intent, ended in self.acts.of(host).values() if intent is not None and intent.action.rung)
        return tuple((intent.action.unit, intent.action.rung) for intent, ended in known if not _left_alone(ended))


def _left_alone(ended: ActEnded | None) -> bool:
    return ended is not None and ended.verdict is Verdict.GOOD and ended.status == LEFT_ALONE


def fold(events: Iterable[Stamped]) -> RunState:
    """Return the state after all events, in order. Raises IllegalMove where they contradict each other."""
    return Folding(events).state


def advance(state: RunState, stamped: Stamped) -> RunState:
    """Return the state after one more event. The old one stays good."""
    folding = Folding(state=state)
    folding.advance(stamped)
    return folding.state


class Folding:
    """The fold for a loop. Not thread-safe: its owner keeps a lock. A snapshot never changes and is made again only after an event."""

    def __init__(self, events: Iterable[Stamped] = (), *, state: RunState | None = None) -> None:
        """Begin at a state, or at nothing, and take the events in."""
        self._base = state or RunState()
        self._plays = {index: dict(play.hosts) for index, play in self._base.plays.items()}
        self._names = {index: play.name for index, play in self._base.plays.items()}
        self._results = dict(self._base.results.hosts)
        self._decisions = dict(self._base.decisions.hosts)
        self._acts = dict(self._base.acts.hosts)
        self._snapshot: RunState | None = self._base
        for stamped in events:
            self.advance(stamped)

    @property
    def state(self) -> RunState:
        """The state as it is now, frozen."""
        if self._snapshot is None:
            plays = {i: PlayState(i, self._names[i], MappingProxyType(dict(hosts))) for i, hosts in self._plays.items()}
            self._snapshot = replace(
                self._base,
                plays=MappingProxyType(plays),
                results=PerHost(dict(self._results)),
                decisions=PerHost(dict(self._decisions)),
                acts=PerHost(dict(self._acts)),
            )
        return self._snapshot

    def check(self, event: Event) -> None:
        """Raise IllegalMove when the event must not be written now. Changes nothing."""
        self._moved(event)

    def advance(self, stamped: Stamped) -> None:
        """Take one event in, or raise IllegalMove and stay as it was."""
        event = stamped.event
        moved = self._moved(event)
        if moved is not None:
            play, state = moved
            self._plays[play][state.host] = state
        self._remember(event)
        self._base = replace(_run_facts(self._base, event), run=stamped.run, last=stamped.number)
        self._snapshot = None

    def _moved(self, event: Event) -> tuple[int, HostState] | None:
        """Return the play and the next state of the event's host; None for events of the run, and of hosts outside of plays."""
        if not event.host:
            return None
        play = self._play_of(event)
        if play is None:
            return None
        if play not in self._plays:
            raise IllegalMove(None, event, f"play {play} was not started")
        return play, move(self._plays[play].get(event.host) or HostState(event.host), event)

    def _play_of(self, event: Event) -> int | None:
        """Return the play that an event names, itself or by its address; else the current one, None before the first."""
        named = getattr(event, "play", None)
        if named is None:
            first = str(getattr(event, "address", "")).split("/", maxsplit=1)[0]
            named = int(first) if first.isdecimal() else None
        current = self._base.play if self._base.play >= 0 else None
        return current if named is None else int(named)

    def _remember(self, event: Event) -> None:
        """Keep what a resumed interpreter replays, and enter plays."""
        match event:
            case TaskEnded():
                _put(self._results, event.host, event.address, event)
            case TaskPlanned():
                _put(self._decisions, event.host, event.address, event)
            case ActIntended():
                _put(self._acts, event.host, (event.address, event.index), (event, None))
            case ActEnded():
                intent, _ = self._acts.get(event.host, {}).get((event.address, event.index), (None, None))
                _put(self._acts, event.host, (event.address, event.index), (intent, event))
            case PlayStarted() if event.index not in self._plays:
                self._enter(event)
            case RunResumed() if self._base.halted and self._base.exit_code is not None:
                self._plays = {play: {name: gone_on(host) for name, host in hosts.items()} for play, hosts in self._plays.items()}

    def _enter(self, event: PlayStarted) -> None:
        """Begin a play with its hosts pending. Debts and holds of a host outlive the play before."""
        before = self._plays.get(self._base.play, {})
        self._names[event.index] = event.name
        self._plays[event.index] = {host: _entering(host, before.get(host)) for host in event.hosts}


def _entering(host: str, before: HostState | None) -> HostState:
    return HostState(host, debts=before.debts, held=before.held) if before else HostState(host)


def _run_facts(state: RunState, event: Event) -> RunState:
    """Return the state with what the event says of the run as a whole."""
    match event:
        case RunStarted():
            state = replace(state, started=event, actor=event.actor)
        case RunResumed():
            state = replace(state, actor=event.actor, resumed=state.resumed + 1, halted="", exit_code=None)
        case RunHalted():
            state = replace(state, halted=event.reason or "halted")
        case RunEnded():
            state = replace(state, exit_code=event.exit_code)
        case PlayStarted():
            state = replace(state, play=event.index)
        case VersionsFrozen():
            state = replace(state, frozen=_freeze(state.frozen, event))
        case HostHeld() | HostAcknowledged():
            state = replace(state, holds=_hold(state.holds, event))
    return state


def _freeze(known: Mapping[str, Mapping[str, FrozenVersions]], event: VersionsFrozen) -> Mapping[str, Mapping[str, FrozenVersions]]:
    """Return the frozen sets of all groups. What a second canary of the same key proved is added to the first one's."""
    group, key = known.get(event.group, {}), event.frozen.key
    versions = {**(group[key].versions if key in group else {}), **event.frozen.versions}
    return {**known, event.group: {**group, key: FrozenVersions(key, versions)}}


def _hold(holds: Mapping[str, str], event: HostHeld | HostAcknowledged) -> Mapping[str, str]:
    others = {host: reason for host, reason in holds.items() if host != event.host}
    return {**others, event.host: event.reason} if isinstance(event, HostHeld) else others


def _put(shelf: dict[str, Mapping[Key, Entry]], host: str, key: Key, entry: Entry) -> None:
    """Replace the host's mapping by one with the entry, so that snapshots which share the old one never change."""
    shelf[host] = {**shelf.get(host, {}), key: entry}
