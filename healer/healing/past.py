"""What the journal knows of one host's services: a fold, the same for whoever asks. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from healer.healing.crashes import restarts_between
from healer.model.events import ActEnded, ActIntended, ServiceAcknowledged, ServicesJudged, ServicesSeen, Stamped
from healer.model.facts import Verdict
from healer.model.services import LEFT_ALONE, RUNGS, Heal, ServiceJudgement, ServicePast

KINDS: tuple[str, ...] = ("services_seen", "services_judged", "service_acknowledged", "act_intended", "act_ended")
"""The events that it is made from."""
MOST_TIMES = 12
"""So many of the times at which a service was seen to have restarted are kept, the newest."""


@dataclass(slots=True)
class _Book:
    seen: ServicePast = field(default_factory=ServicePast)
    grown: dict[str, tuple[float, ...]] = field(default_factory=dict)
    heals: dict[str, Heal] = field(default_factory=dict)
    quarantined: dict[str, str] = field(default_factory=dict)
    judged: dict[str, tuple[float, ServiceJudgement]] = field(default_factory=dict)


def service_past(host: str, events: Sequence[Stamped]) -> ServicePast:
    """Return what is known of the host's services. Events count in the order of their numbers; those of other hosts not at all.

    A quarantine stands until somebody has acknowledged that service; what was tried before that counts no longer. A heal is an intended act
    with a rung; other restarts, such as those after a patch, are none, and neither is what was left alone because somebody else was at it.
    """
    book = _Book()
    for one in sorted(events, key=lambda stamped: stamped.number):
        if one.event.host == host:
            _add(book, one)
    return ServicePast(
        at=book.seen.at, boot_id=book.seen.boot_id, samples=book.seen.samples, blocked=book.seen.blocked,
        blocked_since=book.seen.blocked_since, zombies=book.seen.zombies, memory_kills=book.seen.memory_kills, grown=book.grown,
        heals=tuple(book.heals.values()), quarantined=book.quarantined, judged=book.judged,
    )  # fmt: skip


def _add(book: _Book, one: Stamped) -> None:
    at = one.at.timestamp()
    match one.event:
        case ServicesSeen() as seen:
            _see(book, seen, at)
        case ServicesJudged(judgements=judgements, well=well):
            _judge(book, judgements, well, at)
        case ServiceAcknowledged(unit=unit):
            _forget(book, unit)
        case ActIntended(action=action, act=act, host=host) if action.unit and action.rung in RUNGS:
            book.heals[act] = Heal(host, action.unit, action.rung, at, Verdict.UNKNOWN, run=one.run)
        case ActEnded(act=act, verdict=Verdict.GOOD, status=status) if status == LEFT_ALONE and act in book.heals:
            del book.heals[act]
        case ActEnded(act=act, verdict=verdict, reason=reason) if act in book.heals:
            begun = book.heals[act]
            book.heals[act] = Heal(begun.host, begun.unit, begun.rung, begun.at, verdict, reason, max(0.0, at - begun.at), begun.run)
        case _:
            pass


def _see(book: _Book, seen: ServicesSeen, at: float) -> None:
    before = book.seen
    same = before.boot_id == seen.boot_id
    if same:
        for unit, sample in seen.samples.items():
            restarts = restarts_between(before.samples.get(unit), sample, at - before.at)
            if restarts:
                book.grown[unit] = (*book.grown.get(unit, ()), *[at] * restarts)[-MOST_TIMES:]
    earlier: Mapping[tuple[int, int], float] = before.blocked_since if same else {}
    since = {which: earlier.get(which, at) for which in seen.blocked}
    book.seen = ServicePast(at, seen.boot_id, seen.samples, seen.blocked, since, seen.zombies, seen.memory_kills)


def _judge(book: _Book, judgements: Iterable[ServiceJudgement], well: Iterable[str], at: float) -> None:
    for unit in well:
        book.judged.pop(unit, None)
    for one in judgements:
        book.judged[one.unit] = (at, one)
        if one.choice == "quarantine":
            book.quarantined[one.unit] = one.reason


def _forget(book: _Book, unit: str) -> None:
    book.heals = {act: heal for act, heal in book.heals.items() if heal.unit != unit}
    for kept in (book.quarantined, book.grown, book.judged):
        kept.pop(unit, None)
