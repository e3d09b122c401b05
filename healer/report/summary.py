"""Folds a run's events into the one value that every report format prints.

Reads events only, so that a report of a run that was killed, or is still going on, is as true as one of a run that ended.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from healer.model.action import Act, Action, Owe, Reboot
from healer.model.events import (
    ActEnded,
    ActIntended,
    DebtOwed,
    DebtPaid,
    Drained,
    Event,
    HostAcknowledged,
    HostEnded,
    HostHeld,
    Note,
    PlayStarted,
    RunEnded,
    RunHalted,
    RunResumed,
    RunStarted,
    SlotTaken,
    Stamped,
    TaskEnded,
    TaskPlanned,
)
from healer.model.facts import Verdict
from healer.model.report import HostReport, RunReport
from healer.report.score import forecast_score
from healer.report.taken_back import quarantined, rolled_back

Kind = TypeVar("Kind", bound=Event)

WORST_FIRST = ("held", "failed", "unknown", "refused", "unreachable", "not_started", "busy", "waiting", "changed", "skipped", "ok")
"""Which of several plays' terminals stands for the host."""
SHOWN = 5
"""How many hosts get a command of their own at the end."""


def summarise(run_id: str, events: Sequence[Stamped]) -> RunReport:
    """Return the report. A host that has not ended has the terminal `running` (in a slot) or `pending`."""
    started = next(_of(events, RunStarted), None)
    reports = tuple(_host_report(host, own) for host, own in _by_host(started, events).items())
    ended = _last_end(events)
    return RunReport(
        run=run_id,
        command=started.command if started else "",
        playbook=started.playbook if started else "",
        actor=started.actor if started else "",
        started=events[0].at if events else datetime.fromtimestamp(0, UTC),
        ended=ended.at if ended else None,
        hosts=reports,
        halted=_halted(events),
        exit_code=ended.event.exit_code if ended and isinstance(ended.event, RunEnded) else None,
        next_commands=_next_commands(run_id, reports, events, over=ended is not None),
        quarantined=quarantined(events),
    )


def _of(events: Sequence[Stamped], kind: type[Kind]) -> Iterator[Kind]:
    return (stamped.event for stamped in events if isinstance(stamped.event, kind))


def _by_host(started: RunStarted | None, events: Sequence[Stamped]) -> dict[str, list[Stamped]]:
    """Return each host's events: the hosts of the run in its order, then others that took part; not those that were only looked at."""
    result: dict[str, list[Stamped]] = {host: [] for host in (started.hosts if started else ())}
    for play in _of(events, PlayStarted):
        result.update({host: [] for host in play.hosts if host not in result})
    for stamped in events:
        if stamped.event.host in result:
            result[stamped.event.host].append(stamped)
    return result


def _last_end(events: Sequence[Stamped]) -> Stamped | None:
    """Return the end of the run, unless somebody went on afterwards."""
    last = next((stamped for stamped in reversed(events) if isinstance(stamped.event, (RunEnded, RunResumed))), None)
    return last if last and isinstance(last.event, RunEnded) else None


def _halted(events: Sequence[Stamped]) -> str:
    last = next((stamped.event for stamped in reversed(events) if isinstance(stamped.event, (RunHalted, RunResumed))), None)
    return last.reason if isinstance(last, RunHalted) else ""


def _host_report(host: str, events: Sequence[Stamped]) -> HostReport:
    terminal, reason = _terminal(events)
    done = tuple(_done(events))
    back = rolled_back(events)
    return HostReport(
        host=host,
        terminal=terminal,
        reason=reason,
        seconds=_seconds(events),
        packages={name: moved for name, moved in _packages(events).items() if name not in back},
        rolled_back=back,
        restarted=tuple(dict.fromkeys(action.unit for action in done if action.unit)),
        restarted_by_scripts=_by_scripts(events),
        rebooted=any(isinstance(action.verb, Reboot) for action in done),
        drained=any(not event.found for event in _of(events, Drained)),
        acts=len({(event.address, event.index) for event in _of(events, ActIntended)}),
        notes=(*(note.text for note in _of(events, Note)), *_cures(events)),
        debts=_debts(events),
        forecast=_forecast(events),
        score=None if back else forecast_score(events),
    )


def _terminal(events: Sequence[Stamped]) -> tuple[str, str]:
    """Return the worst end over all plays, the last word of each play counted. A play that goes on makes the host unfinished."""
    ends: dict[int, HostEnded] = {}
    unfinished: dict[int, str] = {}
    for stamped in events:
        play = getattr(stamped.event, "play", None)
        if isinstance(stamped.event, HostEnded):
            ends[stamped.event.play] = stamped.event
            unfinished.pop(stamped.event.play, None)
        elif isinstance(play, int) and play not in ends:
            unfinished[play] = "running" if isinstance(stamped.event, SlotTaken) else unfinished.get(play, "pending")
    if unfinished or not ends:
        return next(reversed(unfinished.values()), "pending"), ""
    worst = min(ends.values(), key=lambda end: WORST_FIRST.index(end.terminal))
    return worst.terminal, worst.reason


def _seconds(events: Sequence[Stamped]) -> float:
    """Return the time from slot to end, over all plays; hosts without a slot took none."""
    total, since = 0.0, None
    for stamped in events:
        if isinstance(stamped.event, SlotTaken):
            since = stamped.at
        elif isinstance(stamped.event, HostEnded) and since is not None:
            total += (stamped.at - since).total_seconds()
            since = None
    return total


def _planned(events: Sequence[Stamped]) -> dict[str, TaskPlanned]:
    return {event.address: event for event in _of(events, TaskPlanned)}


def _done(events: Sequence[Stamped]) -> Iterator[Action]:
    """Yield the actions that were intended, had a good result and changed something."""
    intents = {(event.address, event.index): event.action for event in _of(events, ActIntended)}
    return (
        intents[event.address, event.index]
        for event in _of(events, ActEnded)
        if event.verdict is Verdict.GOOD and event.changed and (event.address, event.index) in intents
    )


def _packages(events: Sequence[Stamped]) -> dict[str, str]:
    """Return what performed tasks installed, `old -> new` where the old version was told under `installed` in the task's result."""
    planned = _planned(events)
    packages: dict[str, str] = {}
    acted = {event.address for event in _of(events, ActIntended)}
    for ended in _of(events, TaskEnded):
        task = planned.get(ended.address)
        if task is None or not isinstance(task.decision, Act) or ended.verdict is not Verdict.GOOD or ended.address not in acted:
            continue
        old = {**_mapping(task.decision.results.get("installed")), **_mapping(ended.result.get("installed"))}
        for name, version in task.decision.versions.items():
            packages[name] = f"{old[name]} -> {version}" if old.get(name) else version
    return packages


def _by_scripts(events: Sequence[Stamped]) -> tuple[str, ...]:
    """Return units that package scripts restarted, as the tasks' results tell it under `restarted_by_scripts`."""
    told = [ended.result.get("restarted_by_scripts") for ended in _of(events, TaskEnded)]
    return tuple(dict.fromkeys(str(unit) for units in told if isinstance(units, (list, tuple)) for unit in units))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _debts(events: Sequence[Stamped]) -> tuple[Owe, ...]:
    owed: dict[str, Owe] = {}
    for stamped in events:
        if isinstance(stamped.event, DebtOwed):
            owed[stamped.event.debt.kind] = stamped.event.debt
        elif isinstance(stamped.event, DebtPaid):
            owed.pop(stamped.event.debt_kind, None)
    return tuple(owed.values())


def _cures(events: Sequence[Stamped]) -> tuple[str, ...]:
    """Return what was said, or done, against disks that fill again."""
    told = (event.decision for event in _of(events, TaskPlanned) if event.step == "cure")
    return tuple(dict.fromkeys(line for decision in told if isinstance(decision, Act) for line in decision.forecast))


def _forecast(events: Sequence[Stamped]) -> tuple[str, ...]:
    decisions = (event.decision for event in _of(events, TaskPlanned))
    return tuple(dict.fromkeys(line for decision in decisions if isinstance(decision, Act) for line in decision.forecast))


def _next_commands(run: str, reports: Sequence[HostReport], events: Sequence[Stamped], *, over: bool) -> tuple[str, ...]:
    """Return what a person would type now: go on with the run, settle what nobody can be asked about, look, lift the hold."""
    commands = [] if over else [f"healer resume {run}"]
    unclear = _open_acts(events)
    commands += [f"healer resume {run} --settle {host}=done|redo" for host in list(unclear)[:SHOWN]]
    troubled = [report.host for report in reports if report.terminal in WORST_FIRST[:4]]
    commands += [f"healer show {run} {host}" for host in troubled[:SHOWN]]
    commands += [f"healer ack {host}" for host in _holds(events)[:SHOWN] if host not in unclear]
    return tuple(commands)


def _open_acts(events: Sequence[Stamped]) -> dict[str, str]:
    """Return hosts that were given up with an act whose result is not known, and its address."""
    unclear: dict[str, str] = {}
    for stamped in events:
        match stamped.event:
            case ActIntended(host=host, address=address):
                unclear[host] = address
            case ActEnded(host=host, verdict=verdict) if verdict is not Verdict.UNKNOWN:
                unclear.pop(host, None)
    ended = {event.host for event in _of(events, HostEnded)}
    return {host: address for host, address in unclear.items() if host in ended}


def _holds(events: Sequence[Stamped]) -> list[str]:
    """Return hosts on hold, by this run or (ended so without a slot) before it, that nobody has acknowledged since."""
    held: dict[str, None] = {}
    for stamped in events:
        match stamped.event:
            case HostHeld(host=host) | HostEnded(host=host, terminal="held"):
                held[host] = None
            case HostAcknowledged(host=host):
                held.pop(host, None)
    return list(held)
