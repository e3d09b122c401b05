"""The ten invariants of every history: what the journal says, held against what each host itself says really happened.

Pure functions over values. `check(evidence)` raises AssertionError with every complaint; `complaints(evidence)` returns them. Each
invariant is one function from the evidence to texts, and stands in INVARIANTS under its number.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import TypeVar

from host_record import Act, HostRecord

from healer.freezing import inputs_of
from healer.journal.codec import to_text
from healer.model.action import Free, Job, PutFile, Reboot, Run
from healer.model.events import (
    ActEnded,
    ActIntended,
    Drained,
    Event,
    GateJudged,
    HostAcknowledged,
    HostEnded,
    HostHeld,
    HostLooked,
    LeaseTaken,
    PlayStarted,
    RunEnded,
    RunHalted,
    RunResumed,
    RunStarted,
    SlotTaken,
    Stamped,
    Undrained,
)
from healer.model.facts import Verdict
from healer.pipeline import stage

Kind = TypeVar("Kind", bound=Event)
RUN = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}|run-\d+")
"""What a run's lease is called; errands outside of runs have other names and keep no journal."""
WAITED_BEYOND = 900.0
"""Seconds beyond an act's own time within which healer must have given an answer, be it that nothing is known."""
GOOD_ENDS = ("ok", "changed")
BY_HAND = "a person says"


@dataclass(frozen=True)
class Group:
    """A budget group of a play: its members, and how many of them may be out of service at once."""

    members: frozenset[str]
    allowed: int


@dataclass(frozen=True)
class Evidence:
    """What is judged: the journal's events, in order, of one control node or of several; and the records of the hosts by name.

    A host that has no record is not asked. `before` are ids of acts that were on the hosts before the case began. `idle` are runs that
    must have found nothing to do. `secrets` are texts that must stand in none of `sinks` (texts by a name for people) and in no event.
    `groups` are the budget groups by (run, play); where left out they are read from the run's frozen documents.
    """

    events: Sequence[Stamped]
    hosts: Mapping[str, HostRecord] = field(default_factory=dict)
    before: frozenset[str] = frozenset()
    idle: frozenset[str] = frozenset()
    secrets: tuple[str, ...] = ()
    sinks: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[tuple[str, int], Sequence[Group]] = field(default_factory=dict)

    def of(self, kind: type[Kind], run: str = "") -> list[Kind]:
        """Return the events of a kind, of one run or of all."""
        return [one.event for one in self.events if isinstance(one.event, kind) and run in ("", one.run)]

    @property
    def runs(self) -> list[str]:
        """Return the runs in the order in which they began."""
        return list(dict.fromkeys(one.run for one in self.events))

    def within(self, run: str) -> list[Event]:
        """Return one run's events."""
        return [one.event for one in self.events if one.run == run]


def check(evidence: Evidence) -> None:
    """Raise AssertionError with every complaint there is."""
    found = complaints(evidence)
    assert not found, "the history breaks what healer promises:\n" + "\n".join(found)


def complaints(evidence: Evidence) -> list[str]:
    """Return every complaint, each with the number of its invariant."""
    return [f"{name}: {text}" for name, invariant in INVARIANTS.items() for text in invariant(evidence)]


def one_act_at_a_time(evidence: Evidence) -> Iterator[str]:
    """I1: no two mutating acts run on one host at the same time, by the host's own clock and by each run's journal."""
    for host, record in evidence.hosts.items():
        timed = sorted((act.began, act.ended or act.began, act.id) for act in record.acts if act.began is not None)
        yield from (f"{host}: {late} began before {early} had ended" for (_, end, early), (at, _, late) in pairwise(timed) if at < end)
    for run in evidence.runs:
        yield from _overlapping(run, evidence.within(run))


def _overlapping(run: str, events: Sequence[Event]) -> Iterator[str]:
    open_on: dict[str, str] = {}
    for event in events:
        if isinstance(event, ActIntended):
            on = event.on or event.host
            if open_on.get(on, event.act) != event.act:
                yield f"{run}: {on}: {event.act} was intended while {open_on[on]} had no result"
            open_on[on] = event.act
        elif isinstance(event, ActEnded):
            open_on = {on: act for on, act in open_on.items() if act != event.act}


def once_only(evidence: Evidence) -> Iterator[str]:
    """I2: an act's id is intended once and begins once; and dpkg is never asked for a version that is installed already."""
    intended = Counter(event.act for event in evidence.of(ActIntended))
    yield from (f"{act} was intended {times} times" for act, times in intended.items() if times > 1)
    begun = Counter(act.id for record in evidence.hosts.values() for act in record.acts if act.began is not None)
    yield from (f"{act} began {times} times" for act, times in begun.items() if times > 1)
    for host, record in evidence.hosts.items():
        rows = [row.split() for row in record.changes()]
        yield from (f"{host}: {' '.join(row)}: done twice" for row in rows if row[0] == "upgrade" and row[2] == row[3])


def within_the_budget(evidence: Evidence) -> Iterator[str]:
    """I3: at the moment a host gets a slot no more of its group are out of service, it counted, than the play allows."""
    for run in evidence.runs:
        state, play = _Service(), -1
        for event in evidence.within(run):
            if isinstance(event, PlayStarted):
                play, state = event.index, _Service(held=dict(state.held))
            if isinstance(event, SlotTaken):
                yield from _too_many(run, event, state, evidence.groups.get((run, play)) or frozen_groups(evidence, run, play))
            state.take(event)


def _too_many(run: str, event: SlotTaken, state: "_Service", groups: Sequence[Group]) -> Iterator[str]:
    for group in groups:
        if event.host in group.members:
            out = {host for host in group.members if state.is_out(host)} | {event.host}
            if len(out) > group.allowed:
                yield f"{run}: {event.host} was started with {len(out)} out of service ({', '.join(sorted(out))}), {group.allowed} may be"


@dataclass
class _Service:
    """Who is out of service, by the journal's word alone."""

    in_slot: set[str] = field(default_factory=set)
    drained: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    unwell: set[str] = field(default_factory=set)
    held: dict[str, bool] = field(default_factory=dict)
    halted: bool = False

    def is_out(self, host: str) -> bool:
        return host in self.in_slot | self.drained | self.gone | self.unwell | {name for name, held in self.held.items() if held}

    def take(self, event: Event) -> None:
        match event:
            case HostLooked():
                (self.unwell.discard if event.health is Verdict.GOOD else self.unwell.add)(event.host)
            case SlotTaken():
                self.in_slot.add(event.host)
            case HostEnded():
                self._end(event)
            case Drained():
                self.drained.add(event.host)
            case Undrained():
                self.drained.discard(event.host)
            case HostHeld() | HostAcknowledged():
                self.held[event.host] = isinstance(event, HostHeld)
            case ActEnded(verdict=Verdict.GOOD | Verdict.BAD):
                self.gone.discard(event.host)
            case RunHalted():
                self.halted = True
            case RunResumed() if self.halted:
                self.gone, self.held, self.halted = set(), {}, False

    def _end(self, event: HostEnded) -> None:
        self.in_slot.discard(event.host)
        if event.terminal in ("held", "unknown", "unreachable"):
            self.gone.add(event.host)
        elif event.terminal in GOOD_ENDS:
            self.unwell.discard(event.host)


def frozen_groups(evidence: Evidence, run: str, play: int) -> Sequence[Group]:
    """Return the budget groups of a play from what the run froze at its start."""
    started = next((event for event in evidence.of(RunStarted, run) if event.documents), None)
    if started is None:
        return ()
    staged = stage(inputs_of(run, started.documents))[play]
    names = dict.fromkeys(member.group for member in staged.members)
    groups = [frozenset(member.host for member in staged.members if member.group == name) for name in names]
    return [Group(members, staged.context.policy.max_unavailable.of(len(members))) for members in groups]


def nothing_lost_nothing_unasked(evidence: Evidence) -> Iterator[str]:
    """I4: what was acknowledged is on the host, with the same result; and what a run did on a host was intended before."""
    intents = {event.act: event for event in evidence.of(ActIntended)}
    for host, record in evidence.hosts.items():
        for act in record.acts:
            unasked = act.begun is not None and act.id not in evidence.before and act.id not in intents
            if act.begun is not None and unasked and RUN.fullmatch(act.begun.holder):
                yield f"{host}: {act.id} was done for {act.begun.holder}, which never intended it"
    for ended in evidence.of(ActEnded):
        intent = intents.get(ended.act)
        if intent is None:
            yield f"{ended.host}: {ended.act} has a result and no intent"
        elif (on := evidence.hosts.get(intent.on or intent.host)) is not None:
            yield from _lost(ended, intent, on)


def _lost(ended: ActEnded, intent: ActIntended, record: HostRecord) -> Iterator[str]:
    verb = intent.action.verb
    if ended.verdict is not Verdict.GOOD or ended.reason.startswith(BY_HAND) or not isinstance(verb, Run | Job | PutFile | Free | Reboot):
        return
    act: Act | None = record.act(ended.act)
    survives = isinstance(verb, Job | Reboot) or (record.running and intent.boot_id == (record.boots or ("",))[-1])
    if act is None and survives:
        yield f"{record.host}: {ended.act} ({intent.action.summary}) is recorded as done, and the host never heard of it"
    elif act is not None and not isinstance(verb, Reboot) and act.status != ended.status:
        yield f"{record.host}: {ended.act} is recorded with exit code {ended.status}, and the host says {act.status}"


def no_good_end_without_proof(evidence: Evidence) -> Iterator[str]:
    """I5: a host on which something was done ends well only after a gate that was good, after its last act."""
    for run in evidence.runs:
        proved: dict[str, bool] = {}
        for event in evidence.within(run):
            if isinstance(event, ActEnded):
                proved[event.host] = False
            elif isinstance(event, GateJudged):
                proved[event.host] = event.verdict is Verdict.GOOD
            elif isinstance(event, HostEnded) and event.acted and event.terminal in GOOD_ENDS and not proved.get(event.host):
                yield f"{run}: {event.host} ended {event.terminal} without a good gate after its last act"


def back_or_held(evidence: Evidence) -> Iterator[str]:
    """I6: when a run is over, every host that it drained is back in service, or held for a person; while drained none ends well."""
    for run in evidence.runs:
        drained: dict[str, bool] = {}
        for event in evidence.within(run):
            if isinstance(event, Drained) and not event.found:
                drained[event.host] = False
            elif isinstance(event, Undrained):
                drained.pop(event.host, None)
            elif isinstance(event, HostHeld) and event.host in drained:
                drained[event.host] = True
            elif isinstance(event, HostEnded) and event.host in drained and event.terminal in GOOD_ENDS:
                yield f"{run}: {event.host} ended {event.terminal} and is still drained"
            elif isinstance(event, RunEnded):
                yield from (f"{run}: {host} is drained, and nobody was told" for host, held in drained.items() if not held)


def epochs_grow(evidence: Evidence) -> Iterator[str]:
    """I7: a host's epoch never falls, belongs to one boot and to one run, and is never above what the host itself remembers."""
    last: dict[str, tuple[int, str, str]] = {}
    for one in evidence.events:
        if not isinstance(one.event, LeaseTaken):
            continue
        lease, now = one.event, (one.event.epoch, one.event.boot_id, one.run)
        epoch, *owner = last.get(lease.host, (0, "", ""))
        if lease.epoch < epoch or (lease.epoch == epoch and owner != [lease.boot_id, one.run]):
            yield f"{lease.host}: epoch {lease.epoch} of {one.run} came after epoch {epoch} of {owner[1]}"
        last[lease.host] = now
    for host, (epoch, _, run) in last.items():
        if host in evidence.hosts and epoch > evidence.hosts[host].epoch:
            yield f"{host}: {run} holds epoch {epoch}, and the host knows only {evidence.hosts[host].epoch}"


def waits_are_bounded(evidence: Evidence) -> Iterator[str]:
    """I8: an act has an answer within its own time and a grace, unless its control node died; a run that is over left none without."""
    for run in evidence.runs:
        waiting: dict[str, tuple[Stamped, float]] = {}
        for one in (stamped for stamped in evidence.events if stamped.run == run):
            if isinstance(one.event, ActIntended):
                waiting[one.event.act] = (one, getattr(one.event.action.verb, "timeout", 0.0) + WAITED_BEYOND)
            elif isinstance(one.event, RunResumed):
                waiting = {act: (one, seconds) for act, (_, seconds) in waiting.items()}
            elif isinstance(one.event, ActEnded) and one.event.act in waiting:
                since, seconds = waiting.pop(one.event.act)
                if one.at - since.at > timedelta(seconds=seconds):
                    yield f"{run}: {one.event.host}: {one.event.act} was waited for {one.at - since.at}, {seconds:g} s may be"
            elif isinstance(one.event, RunEnded):
                yield from _left_open(run, waiting, evidence)


def _left_open(run: str, waiting: Mapping[str, object], evidence: Evidence) -> Iterator[str]:
    ends = {event.host: event.terminal for event in evidence.of(HostEnded, run)}
    for intent in evidence.of(ActIntended, run):
        if intent.act in waiting and ends.get(intent.host) not in ("unknown", "held"):
            yield f"{run}: {intent.host}: {intent.act} never had an answer, and the run is over"


def no_secret_anywhere(evidence: Evidence) -> Iterator[str]:
    """I9: no secret stands in the journal or in anything that was printed or left in a file."""
    journal = {f"event {one.number} ({one.event.kind})": to_text(one.event) for one in evidence.events} if evidence.secrets else {}
    for place, text in {**journal, **evidence.sinks}.items():
        yield from (
            f"a secret ({number} of {len(evidence.secrets)}) stands in {place}" for number, one in _numbered(evidence) if one in text
        )


def _numbered(evidence: Evidence) -> list[tuple[int, str]]:
    return list(enumerate(evidence.secrets, 1))


def idle_runs_change_nothing(evidence: Evidence) -> Iterator[str]:
    """I10: a run over a healthy fleet with nothing to do acts nowhere, drains nobody, and ends every host as `ok`."""
    for run in sorted(evidence.idle):
        events = evidence.within(run)
        if not any(isinstance(event, RunEnded) for event in events):
            yield f"{run}: should have had nothing to do, and never ended"
        for event in events:
            if isinstance(event, ActIntended | Drained) or (isinstance(event, HostEnded) and event.terminal != "ok"):
                yield f"{run}: {event.host}: {event.kind} in a run that had nothing to do"


INVARIANTS: Mapping[str, Callable[[Evidence], Iterator[str]]] = {
    "I1": one_act_at_a_time,
    "I2": once_only,
    "I3": within_the_budget,
    "I4": nothing_lost_nothing_unasked,
    "I5": no_good_end_without_proof,
    "I6": back_or_held,
    "I7": epochs_grow,
    "I8": waits_are_bounded,
    "I9": no_secret_anywhere,
    "I10": idle_runs_change_nothing,
}
