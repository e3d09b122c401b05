"""One host's story in a run, for `healer show RUN HOST`: what happened, in order, in words for people."""

from collections.abc import Iterator, Sequence
from functools import singledispatch

from healer.model.action import Act, Decision, Refuse, Skip
from healer.model.events import (
    ActEnded,
    ActIntended,
    DebtOwed,
    DebtPaid,
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
    PlayStarted,
    RollbackStarted,
    RunEnded,
    RunHalted,
    RunResumed,
    ServiceAcknowledged,
    ServicesJudged,
    SlotTaken,
    SoakStarted,
    Stamped,
    TaskEnded,
    TaskPlanned,
    Undrained,
    VersionQuarantined,
    VersionReleased,
)
from healer.model.facts import Verdict
from healer.platforms.receipt import read_receipt


def explain_host(events: Sequence[Stamped], host: str) -> tuple[str, ...]:
    """Return lines `HH:MM:SS  what happened` (UTC), the date on a line of its own where it changes.

    Events of the run as a whole are told too: they explain why a host waited. Empty when the run never heard of the host.
    """
    if not any(stamped.event.host == host for stamped in events):
        return ()
    return tuple(_lines([stamped for stamped in events if stamped.event.host in ("", host)]))


def _lines(events: Sequence[Stamped]) -> Iterator[str]:
    day = ""
    for stamped in events:
        told = _tell(stamped.event)
        if not told:
            continue
        if stamped.at.date().isoformat() != day:
            day = stamped.at.date().isoformat()
            yield day
        yield f"{stamped.at:%H:%M:%S}  {told}"


@singledispatch
def _tell(_event: Event) -> str:
    return ""


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


@_tell.register
def _play(event: PlayStarted) -> str:
    return f"play {event.index + 1} begins: {event.name}"


@_tell.register
def _resumed(event: RunResumed) -> str:
    return f"{event.actor} resumes the run"


@_tell.register
def _halted(event: RunHalted) -> str:
    return f"the rollout is halted{_because(event.reason)}"


@_tell.register
def _run_ended(event: RunEnded) -> str:
    return f"the run ends with exit code {event.exit_code}"


@_tell.register
def _looked(event: HostLooked) -> str:
    words = {Verdict.GOOD: "looked at: healthy", Verdict.BAD: "looked at: not healthy", Verdict.UNKNOWN: "could not be read"}
    return f"{words[event.health]}{_because(event.reason)}"


@_tell.register
def _prepared(event: HostPrepared) -> str:
    words = {Verdict.GOOD: "prepared", Verdict.BAD: "preparation failed", Verdict.UNKNOWN: "outcome of the preparation not known"}
    return f"{words[event.verdict]}{_because(event.reason)}"


@_tell.register
def _slot(event: SlotTaken) -> str:
    return "takes a slot as canary" if event.role == "canary" else "takes a slot"


@_tell.register
def _lease(event: LeaseTaken) -> str:
    return f"lease granted, epoch {event.epoch}"


@_tell.register
def _drained(event: Drained) -> str:
    return "found drained; stays so" if event.found else "drained: out of service"


@_tell.register
def _undrained(_event: Undrained) -> str:
    return "undrained: back in service"


@_tell.register
def _planned(event: TaskPlanned) -> str:
    return f"task {event.name} ({event.step}): {_decision(event.decision)}"


def _decision(decision: Decision) -> str:
    match decision:
        case Act(actions=actions):
            return f"{len(actions)} action{'' if len(actions) == 1 else 's'} planned"
        case Skip(reason=reason):
            return f"nothing to do: {reason}"
        case Refuse(reason=reason):
            return f"refused: {reason}"


@_tell.register
def _intended(event: ActIntended) -> str:
    return f"begins: {event.action.summary}"


@_tell.register
def _act_ended(event: ActEnded) -> str:
    lost = [f"{package} {version}" for package, version in read_receipt(event.output).unkept]
    unkept = f"; former versions that could not be had: {', '.join(lost)}" if lost else ""
    return f"  {_verdict(event.verdict, changed=event.changed)}{_because(event.reason)}{unkept}"


@_tell.register
def _task_ended(event: TaskEnded) -> str:
    """Tell ends that the lines before do not tell already."""
    if event.skipped or event.verdict is Verdict.GOOD:
        return ""
    ignored = " (ignored)" if event.ignored else ""
    return f"task ended {_verdict(event.verdict, changed=event.changed)}{ignored}{_because(event.reason)}"


def _verdict(verdict: Verdict, *, changed: bool) -> str:
    words = {Verdict.GOOD: "done" if changed else "done, nothing changed", Verdict.BAD: "failed", Verdict.UNKNOWN: "outcome not known"}
    return words[verdict]


@_tell.register
def _gate(event: GateJudged) -> str:
    return f"health gate: {event.verdict}{_because('; '.join(event.reasons))}"


@_tell.register
def _soak(event: SoakStarted) -> str:
    return f"in service, watched for {event.seconds:g} s"


@_tell.register
def _ended(event: HostEnded) -> str:
    return f"ends {event.terminal}{_because(event.reason)}"


@_tell.register
def _held(event: HostHeld) -> str:
    return f"on hold until a person has looked{_because(event.reason)}"


@_tell.register
def _acknowledged(event: HostAcknowledged) -> str:
    return f"hold lifted by {event.actor}"


@_tell.register
def _goes_back(event: RollbackStarted) -> str:
    return f"not well after its upgrade{_because(event.reason)}"


@_tell.register
def _quarantined(event: VersionQuarantined) -> str:
    return f"in quarantine for all hosts: {event.package} {event.version}"


@_tell.register
def _released(event: VersionReleased) -> str:
    return f"{event.actor} releases {event.package} {event.version}"


@_tell.register
def _owed(event: DebtOwed) -> str:
    return f"owed: {event.debt.kind}{_because(event.debt.detail)}"


@_tell.register
def _paid(event: DebtPaid) -> str:
    return f"no longer owed: {event.debt_kind}"


@_tell.register
def _services(event: ServicesJudged) -> str:
    judged = [
        f"{one.unit}: {one.choice}{f' by {one.rung}' if one.rung else ''} [{one.rule}]{_because(one.reason)}" for one in event.judgements
    ]
    return "services: " + "; ".join([*judged, *(f"{unit}: well again" for unit in event.well)])


@_tell.register
def _service_acknowledged(event: ServiceAcknowledged) -> str:
    return f"{event.actor} has looked at {event.unit}: it may be healed again"


@_tell.register
def _note(event: Note) -> str:
    return event.text
