"""What to show while a run goes on: a row a host, folded from events as they come; no terminal in here, and no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

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
    HostPrepared,
    Note,
    PlayStarted,
    RunHalted,
    SlotTaken,
    SoakStarted,
    Stamped,
    TaskPlanned,
    Undrained,
)
from healer.model.facts import Verdict

UNFINISHED = ("looking", "preparing", "planning", "waiting", "working", "soaking")
AT_WORK = ("working", "soaking")
"""Stages of a host that is in a slot."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a play allows: hosts out of service at once over all budget groups, and failures that are borne."""

    slots: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One host now. `stage` is a word for a column, `step` what it is at, `note` why it waits or how it ended.

    `since` is when it got its slot and `until` when it ended. `failed` says that it spends the failure budget.
    """

    host: str
    stage: str = "looking"
    step: str = ""
    note: str = ""
    since: datetime | None = None
    until: datetime | None = None
    canary: bool = False
    failed: bool = False

    def seconds(self, now: datetime) -> float | None:
        """Return how long the host has been, or was, in its slot; None when it never had one."""
        return None if self.since is None else ((self.until or now) - self.since).total_seconds()


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything on the screen: the play, the rows by host, and what was said of the whole run."""

    play: str = ""
    rows: Mapping[str, Row] = field(default_factory=dict)
    halted: str = ""
    limits: Limits = Limits()
    plays: tuple[Limits, ...] = ()

    def count(self, *stages: str) -> int:
        """Return how many hosts are in these stages."""
        return sum(row.stage in stages for row in self.rows.values())

    @property
    def failures(self) -> int:
        """How much of the failure budget is spent."""
        return sum(row.failed for row in self.rows.values())


def headline(shown: Shown) -> str:
    """Return the line over the rows: done of all, slots in use of those allowed, failures of those borne."""
    done = len(shown.rows) - shown.count(*UNFINISHED)
    words = [shown.play or "play", f"{done}/{len(shown.rows)} done"]
    if shown.limits.slots:
        words += [f"slots {shown.count(*AT_WORK)}/{shown.limits.slots}", f"failures {shown.failures}/{shown.limits.failures}"]
    return "   ".join(words)


def feed(shown: Shown, stamped: Stamped) -> Shown:
    """Return what is to be shown after one more event."""
    event = stamped.event
    if isinstance(event, PlayStarted):
        limits = shown.plays[event.index] if event.index < len(shown.plays) else Limits()
        return replace(shown, play=event.name, rows={host: Row(host) for host in event.hosts}, limits=limits)
    if isinstance(event, RunHalted):
        return replace(shown, halted=event.reason)
    if not event.host or event.host not in shown.rows:
        return shown
    row = _moved(shown.rows[event.host], event, stamped.at)
    return replace(shown, rows={**shown.rows, event.host: row})


def with_reasons(shown: Shown, reasons: Mapping[str, str]) -> Shown:
    """Return the rows with why each host that has not begun still waits."""
    begun = (*AT_WORK, "looking", "preparing")
    waiting = {name: row for name, row in shown.rows.items() if name in reasons and row.stage in UNFINISHED and row.stage not in begun}
    rows = {**shown.rows, **{name: replace(row, stage="waiting", step="", note=reasons[name]) for name, row in waiting.items()}}
    return replace(shown, rows=rows)


def _moved(row: Row, event: Event, at: datetime) -> Row:
    match event:
        case HostLooked():
            return row if row.stage in AT_WORK else replace(row, stage="waiting", note=event.reason)
        case HostPrepared():
            return replace(row, stage="waiting", step="", note=event.reason)
        case SlotTaken():
            canary = event.role == "canary"
            return replace(row, stage="working", step="", note="", since=at, until=None, canary=canary)
        case SoakStarted():
            return replace(row, stage="soaking", step="", note=f"watched in service for {event.seconds:g} s")
        case HostEnded():
            return replace(row, stage=event.terminal, step="", note=event.reason, until=at, failed=_fails(row, event))
    return _at_task(row, event)


def _fails(row: Row, event: HostEnded) -> bool:
    """Whether the end counts as a failure of the rollout: not where the run never got as far as the host."""
    if event.terminal in ("unreachable", "refused"):
        return event.acted
    return event.terminal == "failed" or (event.terminal in ("held", "unknown") and (event.acted or row.since is not None))


def _at_task(row: Row, event: Event) -> Row:
    match event:
        case TaskPlanned():
            section = event.address.split("/")[1] if "/" in event.address else ""
            stage = row.stage if row.stage in AT_WORK else "preparing" if section == "prepare" else "planning"
            return replace(row, stage=stage, step=event.name, note="")
        case ActIntended():
            return replace(row, note=event.action.summary)
        case ActEnded():
            return replace(row, note=event.reason or row.note)
    return _remarked(row, event)


def _remarked(row: Row, event: Event) -> Row:
    match event:
        case Drained():
            return replace(row, note="was drained already" if event.found else "drained")
        case Undrained():
            return replace(row, note="back in service")
        case GateJudged():
            good = event.verdict is Verdict.GOOD
            return replace(row, step="health gate", note="healthy" if good else "; ".join(event.reasons))
        case HostHeld():
            return replace(row, stage="held", note=event.reason)
        case HostAcknowledged():
            return replace(row, note=f"hold lifted by {event.actor}")
        case Note():
            return replace(row, note=event.text)
    return row
