"""What to show while a run goes on: a row a host, folded from events as they come; no terminal in here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from healer.model.events import (
    ActEnded,
    ActIntended,
    Drained,
    Event,
    GateJudged,
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


@dataclass(frozen=True, slots=True)
class Row:
    """One host now. `stage` is a word for a column, `step` what it is at, `note` why it waits or how it ended."""

    host: str
    stage: str = "waiting"
    step: str = ""
    note: str = ""
    since: datetime | None = None
    canary: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything on the screen: the play, the rows by host, and what was said of the whole run."""

    play: str = ""
    rows: Mapping[str, Row] = ()  # type: ignore[assignment]  # replaced by the first play
    halted: str = ""

    def counts(self) -> dict[str, int]:
        """Return how many hosts are in each stage."""
        result: dict[str, int] = {}
        for row in self.rows.values():
            result[row.stage] = result.get(row.stage, 0) + 1
        return result


def feed(shown: Shown, stamped: Stamped) -> Shown:
    """Return what is to be shown after one more event."""
    event = stamped.event
    if isinstance(event, PlayStarted):
        return Shown(event.name, {host: Row(host) for host in event.hosts}, shown.halted)
    if isinstance(event, RunHalted):
        return replace(shown, halted=event.reason)
    if not event.host or event.host not in shown.rows:
        return shown
    row = _moved(shown.rows[event.host], event, stamped.at)
    return replace(shown, rows={**shown.rows, event.host: row})


def with_reasons(shown: Shown, reasons: Mapping[str, str]) -> Shown:
    """Return the rows with why each waiting host waits."""
    rows = {name: replace(row, note=reasons[name]) if name in reasons else row for name, row in shown.rows.items()}
    return replace(shown, rows=rows)


def _moved(row: Row, event: Event, at: datetime) -> Row:
    match event:
        case HostLooked():
            return replace(row, stage="looked", note=event.reason)
        case HostPrepared():
            return replace(row, stage="prepared", step="", note=event.reason)
        case SlotTaken():
            return replace(row, stage="in slot", note="canary" if event.role == "canary" else "", since=at, canary=event.role == "canary")
        case TaskPlanned():
            return replace(row, step=event.name)
        case ActIntended():
            return replace(row, note=event.action.summary)
        case ActEnded():
            return replace(row, note=event.reason or row.note)
        case SoakStarted():
            return replace(row, stage="soaking", step="", note=f"watched in service for {event.seconds:g} s")
        case HostEnded():
            return replace(row, stage=event.terminal, step="", note=event.reason)
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
        case Note():
            return replace(row, note=event.text)
    return row


def sentence(stamped: Stamped) -> str:
    """Return the event as one plain line for a log, or an empty text for what only matters to machines."""
    event = stamped.event
    if isinstance(event, RunHalted):
        return f"halted: {event.reason}"
    if isinstance(event, PlayStarted):
        return f"play {event.name or event.index}: {len(event.hosts)} hosts"
    if not event.host:
        return ""
    words = _words(event)
    return f"{event.host}: {words}" if words else ""


def _words(event: Event) -> str:
    match event:
        case SlotTaken():
            return "starts as canary" if event.role == "canary" else "starts"
        case ActIntended():
            return event.action.summary
        case ActEnded() if event.verdict is not Verdict.GOOD:
            return f"{event.verdict}: {event.reason}"
        case SoakStarted():
            return f"in service, watched for {event.seconds:g} s"
        case HostEnded():
            return f"{event.terminal}{': ' + event.reason if event.reason else ''}"
        case HostLooked() if event.health is not Verdict.GOOD:
            return event.reason
    return _remarked(Row(event.host), event).note
