"""One host in one play: a frozen state, an event, the next state. A move that makes no sense raises instead of being believed.

    pending -> looked [-> prepared] -> running (in a slot) [-> soaking] -> ended

A host may end from every state; a settled act leads an ended host back into its slot.
The law of the whole product is written here once: no act outside a slot but in `prepare`, no second act while the first has no
result, no good end while the host is drained by us, an act is open, or the gate was not good, or after its packages were rolled back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import Literal

from healer.model.action import Action, Archive, CallPython, Free, Gather, Job, Owe, PutFile, Reboot, Run
from healer.model.errors import JournalError
from healer.model.events import (
    ActEnded,
    ActIntended,
    DebtOwed,
    DebtPaid,
    DisksSeen,
    Drained,
    Event,
    GateJudged,
    HostAcknowledged,
    HostEnded,
    HostHeld,
    HostLooked,
    HostPrepared,
    LeaseTaken,
    Note,
    RollbackStarted,
    ServiceAcknowledged,
    ServicesJudged,
    ServicesSeen,
    SlotTaken,
    SoakStarted,
    TaskEnded,
    TaskPlanned,
    Terminal,
    Undrained,
    VersionQuarantined,
)
from healer.model.facts import Verdict

Stage = Literal["pending", "looked", "prepared", "running", "soaking", "ended"]
Role = Literal["", "canary", "member"]

IN_SLOT: frozenset[Stage] = frozenset({"running", "soaking"})
LEFT_WHOLE: frozenset[Terminal] = frozenset({"ok", "changed", "skipped", "waiting", "busy", "not_started"})
"""Terminals that promise that nothing is half done on the host: it is in service as before and no act is open."""

LOOKS = (DisksSeen, ServicesSeen, ServicesJudged, ServiceAcknowledged)
ALWAYS_ALLOWED = (HostHeld, HostAcknowledged, DebtOwed, DebtPaid, Note, VersionQuarantined, *LOOKS)
"""What may be said of a host after its end too."""


class IllegalMove(JournalError):
    """An event contradicts the ones before it: the journal is damaged, or a program wrote what must never be written."""

    def __init__(self, state: "HostState | None", event: Event, why: str) -> None:
        """Keep state and event for whoever looks into it."""
        where = f"{event.host} ({state.stage})" if state else (event.host or "the run")
        super().__init__(
            f"{where}: {event.kind} cannot follow: {why}", advice="Do not resume this run; look at the host, then start a new run."
        )
        self.state, self.event = state, event


@dataclass(frozen=True, slots=True)
class HostState:
    """Where a host stands in a play.

    `health` None means that it was not looked at yet. `before` is what gates compare with. `found` means that it was drained
    before we came; `before_drained` takes the place of `before` while it is drained by us. `open` is a mutating act whose result
    is not known. `handlers` are notified (names, or topics that handlers listen to) and not known to have run; a host
    that ends whole owes none. `acted` counts acts in a slot, on this host, only: what `prepare` does disturbs nobody. `disrupted`: one
    of its acts in a slot was disruptive, be it on another host. `prepared` and `gate` are None until judged.
    `rollback` is set once its upgrade is being taken back.
    `forgiven`: a person went on with the run after its halt, so what happened on this host no longer speaks against the others.
    """

    host: str
    stage: Stage = "pending"
    health: Verdict | None = None
    reason: str = ""
    before: Mapping[str, object] = field(default_factory=dict)
    prepared: Verdict | None = None
    prepared_reason: str = ""
    role: Role = ""
    acted: bool = False
    disrupted: bool = False
    drained: bool = False
    found: bool = False
    before_drained: Mapping[str, object] = field(default_factory=dict)
    lease: LeaseTaken | None = None
    open: ActIntended | None = None
    planned: tuple[str, str] = ("", "")
    handlers: tuple[str, ...] = ()
    gate: Verdict | None = None
    soak: float = 0.0
    held: str = ""
    debts: tuple[Owe, ...] = ()
    terminal: Terminal | None = None
    end_reason: str = ""
    forgiven: bool = False
    rollback: RollbackStarted | None = None

    @property
    def in_slot(self) -> bool:
        """Whether it occupies a slot: a soaking host does, until its health is proved."""
        return self.stage in IN_SLOT

    @property
    def open_address(self) -> str:
        """The address of the act without a result, or empty."""
        return self.open.address if self.open else ""

    @property
    def drained_by_us(self) -> bool:
        """Whether this run took it out of service and owes the way back."""
        return self.drained and not self.found


def move(state: HostState, event: Event) -> HostState:
    """Return the state after the event. Raises IllegalMove when it cannot have happened in this state."""
    if state.stage == "ended" and not isinstance(event, ALWAYS_ALLOWED) and not _settles(state, event):
        raise IllegalMove(state, event, f"the host has ended ({state.terminal})")
    return _apply(event, state)


def mutates(action: Action) -> bool:
    """Whether the action is journalled and needs the lease. Looks, probes and second logins can be repeated at will.

    An archive or evidence changes nothing on the host, but later acts rest on it, and nobody else may work there meanwhile.
    """
    verb = action.verb
    return verb.mutating if isinstance(verb, Run) else isinstance(verb, (Job, PutFile, Reboot, CallPython, Archive, Free, Gather))


def disturbs(action: Action) -> bool:
    """Return whether the host's health has to be proved after the action: what is archived stays as it is until it is given back."""
    return mutates(action) and not isinstance(action.verb, (Archive, Gather))


def section_of(address: str) -> str:
    """Return the section of an address such as `0/tasks/3`, or empty."""
    parts = address.split("/")
    return parts[1] if len(parts) > 1 else ""


def _settles(state: HostState, event: Event) -> bool:
    """Whether this is the result of an ended host's open act: a person settled it, or the host could be asked after all."""
    return isinstance(event, ActEnded) and state.open is not None and state.open.act == event.act


def gone_on(state: HostState) -> HostState:
    """Return the state after a person went on with a run that had ended in a halt.

    Whoever had not started is to come again; whatever had failed is forgiven: the person has seen it.
    """
    if state.terminal == "not_started":
        return HostState(state.host, debts=state.debts, held=state.held)
    return replace(state, forgiven=True) if state.stage == "ended" else state


@singledispatch
def _apply(event: Event, state: HostState) -> HostState:
    raise IllegalMove(state, event, "it does not concern a host")


@_apply.register
def _looked(event: HostLooked, state: HostState) -> HostState:
    """Take over the health; after the first act never what the gate compares with."""
    before = state.before if state.acted else event.before
    stage: Stage = "looked" if state.stage == "pending" else state.stage
    return replace(state, stage=stage, health=event.health, reason=event.reason, before=before)


@_apply.register
def _prepared(event: HostPrepared, state: HostState) -> HostState:
    _require(state, event, state.stage == "looked", "only a host that was looked at, once, before its slot")
    return replace(state, stage="prepared", prepared=event.verdict, prepared_reason=event.reason)


@_apply.register
def _slot_taken(event: SlotTaken, state: HostState) -> HostState:
    _require(state, event, state.stage in ("looked", "prepared"), "a slot is taken once, after the look")
    return replace(state, stage="running", role=event.role)


@_apply.register
def _leased(event: LeaseTaken, state: HostState) -> HostState:
    return replace(state, lease=event)


@_apply.register
def _drained(event: Drained, state: HostState) -> HostState:
    _require(state, event, event.found or state.in_slot, "only a host in a slot is drained")
    return replace(state, drained=True, found=event.found, before_drained=event.before)


@_apply.register
def _undrained(event: Undrained, state: HostState) -> HostState:
    _require(state, event, state.drained_by_us, "it was not drained by this run")
    return replace(state, drained=False)


@_apply.register
def _planned(event: TaskPlanned, state: HostState) -> HostState:
    return replace(state, planned=(event.address, event.name))


@_apply.register
def _intended(event: ActIntended, state: HostState) -> HostState:
    if not mutates(event.action):
        return state
    preparing = section_of(event.address) == "prepare"
    _require(state, event, preparing or state.in_slot, "acts need a slot, but those of `prepare`")
    known = state.open is None or state.open.act == event.act
    _require(state, event, known, f"the result of {state.open_address} is not known yet")
    here = event.on in ("", state.host)
    acted = state.acted or (here and not preparing and disturbs(event.action))
    return replace(state, open=event, acted=acted, disrupted=state.disrupted or (not preparing and event.action.disruptive))


@_apply.register
def _act_ended(event: ActEnded, state: HostState) -> HostState:
    """Close the act, unless its result is unknown. The result of an act without intent (a look) changes nothing."""
    if state.open is None:
        return state
    _require(state, event, state.open.act == event.act, f"the result of {state.open_address} is not known yet")
    if event.verdict is Verdict.UNKNOWN:
        return state
    settled = replace(state, open=None)
    return settled if state.stage != "ended" else _reopened(settled)


def _reopened(state: HostState) -> HostState:
    stage: Stage = "running" if state.role else "looked"
    return replace(state, stage=stage, terminal=None, end_reason="")


@_apply.register
def _task_ended(event: TaskEnded, state: HostState) -> HostState:
    """Pay for the notification of a handler that ran well; add the handlers that a task notified, each once."""
    pending = state.handlers
    if section_of(event.address).startswith("handlers") and event.verdict is Verdict.GOOD and state.planned[0] == event.address:
        pending = tuple(name for name in pending if name != state.planned[1])
    added = tuple(name for name in dict.fromkeys(event.notified) if name not in pending)
    return replace(state, handlers=pending + added)


@_apply.register
def _judged(event: GateJudged, state: HostState) -> HostState:
    _require(state, event, state.in_slot, "the gate judges hosts in a slot")
    return replace(state, gate=event.verdict)


@_apply.register
def _soaks(event: SoakStarted, state: HostState) -> HostState:
    _require(state, event, state.in_slot, "only a host in a slot soaks")
    _require(state, event, not state.drained_by_us, "it is still drained, and soaking is in service")
    _require(state, event, state.gate in (None, Verdict.GOOD), "its gate was not good")
    return replace(state, stage="soaking", soak=event.seconds)


@_apply.register
def _ended(event: HostEnded, state: HostState) -> HostState:
    if event.terminal in LEFT_WHOLE:
        _require(state, event, state.open is None, f"the result of {state.open_address} is not known yet")
        _require(state, event, not state.drained_by_us, f"it is still drained and would end {event.terminal}")
    if event.terminal in ("ok", "changed"):
        _require(state, event, state.gate in (None, Verdict.GOOD), f"its gate was not good and it would end {event.terminal}")
        _require(state, event, state.rollback is None, f"its packages were rolled back and it would end {event.terminal}")
    handlers = () if event.terminal in LEFT_WHOLE else state.handlers
    acted = state.acted or event.acted
    return replace(state, stage="ended", terminal=event.terminal, end_reason=event.reason, acted=acted, handlers=handlers)


@_apply.register
def _held(event: HostHeld, state: HostState) -> HostState:
    return replace(state, held=event.reason or "held")


@_apply.register
def _acknowledged(_event: HostAcknowledged, state: HostState) -> HostState:
    return replace(state, held="")


@_apply.register
def _owes(event: DebtOwed, state: HostState) -> HostState:
    others = tuple(debt for debt in state.debts if debt.kind != event.debt.kind)
    return replace(state, debts=(*others, event.debt))


@_apply.register
def _paid(event: DebtPaid, state: HostState) -> HostState:
    return replace(state, debts=tuple(debt for debt in state.debts if debt.kind != event.debt_kind))


@_apply.register
def _goes_back(event: RollbackStarted, state: HostState) -> HostState:
    _require(state, event, state.in_slot, "only a host in a slot goes back")
    _require(state, event, state.open is None, f"the result of {state.open_address} is not known yet")
    return replace(state, rollback=event)


@_apply.register
def _quarantined(_event: VersionQuarantined, state: HostState) -> HostState:
    return state


@_apply.register
def _noted(_event: Note | DisksSeen | ServicesSeen | ServicesJudged | ServiceAcknowledged, state: HostState) -> HostState:
    return state


def _require(state: HostState, event: Event, holds: bool, why: str) -> None:
    if not holds:
        raise IllegalMove(state, event, why)
