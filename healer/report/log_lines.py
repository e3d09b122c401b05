"""A run as plain lines for cron, pipes and CI logs: one event a line, and how much is told.

Level 0 tells what changes and what goes wrong, level 1 adds each task and the output of what failed, level 2 tells every event.
"""

from collections.abc import Iterator
from dataclasses import asdict

from healer.model.action import Act, Refuse, Skip
from healer.model.events import (
    ActEnded,
    ActIntended,
    DebtOwed,
    Drained,
    Event,
    GateJudged,
    HostEnded,
    HostHeld,
    HostLooked,
    Note,
    PlayStarted,
    RunHalted,
    SlotTaken,
    SoakStarted,
    Stamped,
    TaskEnded,
    TaskPlanned,
    Undrained,
)
from healer.model.facts import Verdict
from healer.report.words import counted

TASKS, EVERYTHING = 1, 2
WIDEST = 160
"""Letters of one event at level 2: enough to recognise it; `healer show` has the whole."""


def log_lines(stamped: Stamped, level: int = 0, *, check: bool = False) -> tuple[str, ...]:
    """Return the lines for an event, none for what only matters to machines. Times are UTC, as in ISO 8601."""
    told = list(_lines(stamped.event, level, check))
    return tuple(f"{stamped.at:%Y-%m-%dT%H:%M:%SZ} {line}" for line in told)


def _lines(event: Event, level: int, check: bool) -> Iterator[str]:
    words = _of_run(event) if not event.host else _of_host(event, level, check)
    if words:
        yield f"{event.host}: {words}" if event.host else words
    elif level >= EVERYTHING:
        yield f"{event.host + ': ' if event.host else ''}{event.kind} {_plain(event)}"[:WIDEST]
    if level >= TASKS and isinstance(event, ActEnded) and event.verdict is not Verdict.GOOD:
        yield from (f"{event.host}:   | {line}" for line in event.output.splitlines())


def _plain(event: Event) -> str:
    hidden = ("host", "kind", "documents", "decision", "action", "before")
    values = {name: value for name, value in asdict(event).items() if name not in hidden and value not in ("", None, (), {})}
    return " ".join(f"{name}={value!s}" for name, value in values.items())


def _of_run(event: Event) -> str:
    match event:
        case RunHalted():
            return f"halted: {event.reason}"
        case PlayStarted():
            return f"play {event.name or event.index + 1}: {counted(len(event.hosts), 'host')}"
    return ""


def _of_host(event: Event, level: int, check: bool) -> str:
    match event:
        case SlotTaken():
            return "starts as canary" if event.role == "canary" else "starts"
        case ActIntended():
            return event.action.summary
        case ActEnded() if event.verdict is not Verdict.GOOD:
            return f"{event.verdict}: {event.reason}"
        case HostEnded():
            return _end(event, check)
        case HostLooked() if event.health is not Verdict.GOOD:
            return f"not healthy before the run: {event.reason}" if event.health is Verdict.BAD else f"cannot be judged: {event.reason}"
        case TaskPlanned() if level >= TASKS:
            return f"task {event.name}: {_decision(event)}"
        case TaskEnded() if event.verdict is not Verdict.GOOD and event.ignored:
            return f"failed, ignored: {event.reason}"
    return _in_slot(event)


def _in_slot(event: Event) -> str:
    match event:
        case SoakStarted():
            return f"in service, watched for {event.seconds:g} s"
        case Drained():
            return "was drained already" if event.found else "drained"
        case Undrained():
            return "back in service"
        case GateJudged():
            good = event.verdict is Verdict.GOOD
            return "health gate: good" if good else f"health gate: {event.verdict}: {'; '.join(event.reasons)}"
        case HostHeld():
            return f"is held until a person has looked: healer ack {event.host}"
        case DebtOwed():
            return f"owes: {event.debt.kind}: {event.debt.detail}"
        case Note():
            return event.text
    return ""


def _end(event: HostEnded, check: bool) -> str:
    if check and event.terminal in ("changed", "ok"):
        return event.reason
    return f"{event.terminal.replace('_', ' ')}{': ' + event.reason if event.reason else ''}"


def _decision(event: TaskPlanned) -> str:
    match event.decision:
        case Act(actions=actions):
            return counted(len(actions), "action")
        case Skip(reason=reason):
            return f"skipped: {reason}"
        case Refuse(reason=reason):
            return f"refused: {reason}"
