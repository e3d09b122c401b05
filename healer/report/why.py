"""Why something was done about a host's services, or was not: what the journal holds of them, newest first. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from healer.model.action import Gather, Job
from healer.model.events import ActEnded, ActIntended, ServiceAcknowledged, ServicesJudged, Stamped
from healer.model.facts import Verdict
from healer.model.services import ServiceJudgement

KINDS = ("services_judged", "service_acknowledged", "act_intended", "act_ended")
CHOICES = {
    "heal": "to be brought back",
    "wait": "waits",
    "withhold": "withheld",
    "quarantine": "in quarantine",
    "tell": "left to a person",
    "well": "well again",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was found, decided or done. `at` is ISO 8601, UTC.

    `kind` is `judged`, `heal`, `rollback`, `evidence` or `acknowledged`; `unit` the service, `rule` the rule that decided (or the rung),
    `text` the sentence. `verdict` is empty for what was decided, and `open` for an act of which the end is not known. `output` is the
    evidence that was kept.
    """

    at: str
    run: str
    kind: str
    unit: str
    choice: str
    rule: str
    text: str
    verdict: str = ""
    output: str = ""


def entries(events: Sequence[Stamped], unit: str = "") -> tuple[Entry, ...]:
    """Return what is known, newest first; of one service only where a `unit` is named."""
    ends = {one.event.act: one.event for one in events if isinstance(one.event, ActEnded)}
    told = [entry for one in events for entry in _entries(one, ends) if not unit or entry.unit == unit]
    return tuple(reversed(told))


def units(events: Sequence[Stamped]) -> tuple[str, ...]:
    """Return the services that the journal tells something about, sorted."""
    return tuple(sorted({entry.unit for entry in entries(events)}))


def as_data(entry: Entry) -> dict[str, str]:
    """Return the entry as JSON-shaped values."""
    return asdict(entry)


def _entries(one: Stamped, ends: dict[str, ActEnded]) -> Iterator[Entry]:
    at = one.at.isoformat()
    match one.event:
        case ServicesJudged(judgements=judgements, well=well):
            yield from (Entry(at, one.run, "judged", unit, "well", "", "nothing is wrong with it any more") for unit in well)
            yield from (Entry(at, one.run, "judged", found.unit, found.choice, found.rule, _found(found)) for found in judgements)
        case ServiceAcknowledged(unit=unit, actor=actor):
            yield Entry(at, one.run, "acknowledged", unit, "", "", f"{actor} has looked: what was tried before counts no longer")
        case ActIntended(action=action, act=act) if action.unit and (action.rung or isinstance(action.verb, (Gather, Job))):
            yield _act(one, one.event, ends.get(act))
        case _:
            pass


def _found(one: ServiceJudgement) -> str:
    cause = f"; cause: {one.cause}" if one.cause and one.cause not in one.reason else ""
    detail = "" if one.detail in one.reason else f"{one.detail}: "
    return f"{one.finding.replace('_', ' ')}: {detail}{one.reason}{cause}"


def _act(one: Stamped, intent: ActIntended, ended: ActEnded | None) -> Entry:
    kind = "heal" if intent.action.rung else "rollback" if isinstance(intent.action.verb, Job) else "evidence"
    verdict = str(ended.verdict) if ended else "open"
    came = f": {ended.reason or 'done'}" if ended else ": its end is not known"
    if ended and ended.verdict is Verdict.GOOD and kind == "heal":
        came = f": {_last(ended.output) or 'it is up again'}"
    output = ended.output if ended and kind == "evidence" else ""
    return Entry(
        one.at.isoformat(), one.run, kind, intent.action.unit, "", intent.action.rung, f"{intent.action.summary}{came}", verdict, output
    )


def _last(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1].removeprefix("healer: ") if lines else ""


def lines(entry: Entry, *, evidence: bool) -> Iterator[str]:
    """Yield the lines for people; the evidence itself only where it is wanted."""
    rule = f" [{entry.rule}]" if entry.rule else ""
    head = f"{entry.at[:19].replace('T', ' ')}  {entry.unit}  "
    if entry.kind == "judged":
        yield f"{head}{CHOICES.get(entry.choice, entry.choice)}{rule}: {entry.text}"
    else:
        verdict = f" ({entry.verdict})" if entry.verdict and entry.verdict != "good" else ""
        yield f"{head}{entry.text}{verdict}"
    if evidence and entry.output:
        yield from (f"    | {line}" for line in entry.output.splitlines())
