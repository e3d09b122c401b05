"""What of a look is worth writing down: only what says something new, so that quiet nights write nothing. Pure."""

from collections.abc import Collection, Mapping, Sequence

from healer.healing import crashes, probing
from healer.healing.look import Look, look_of
from healer.healing.policy import ServicesPolicy
from healer.healing.processes import ZOMBIES, named_blocked
from healer.model.events import ServicesJudged, ServicesSeen
from healer.model.facts import Facts, Unknown
from healer.model.services import ServiceJudgement, ServicePast, ServiceSample, ServiceState

HOUR = 3600.0
"""Seconds after which what only creeps is worth writing down again."""
MINUTE = 60.0
"""Seconds within which processes that come to wait in the kernel, and cease to, are written down once."""


def seen(host: str, facts: Facts, policy: ServicesPolicy, past: ServicePast, now: float) -> ServicesSeen | None:
    """Return how the services are when that says more than the journal knows, else None. The same look twice says nothing more."""
    look = look_of(facts, policy, past, now)
    if look is None or (past.boot_id and now == past.at):
        return None
    samples = {unit: _sample(look, state) for unit, state in sorted(look.states.states.items())}
    if look.troubles is None:
        kept = past if look.same_boot else ServicePast()
        new = ServicesSeen(host, look.states.boot_id, samples, kept.blocked, kept.zombies, kept.memory_kills)
    else:
        blocked = tuple(sorted(which for which, one in named_blocked(look, look.troubles) if _matters(look, one.unit, samples)))
        zombies = {unit: count for unit, count in sorted(look.troubles.zombies.items()) if count > ZOMBIES and look.entry(unit)}
        new = ServicesSeen(host, look.states.boot_id, samples, blocked, zombies, look.troubles.memory_kills)
    return new if _is_news(new, past, now) else None


def _matters(look: Look, unit: str, samples: Mapping[str, ServiceSample]) -> bool:
    entry = look.entry(unit)
    sample = samples.get(unit)
    return entry is None or not entry.probes or sample is None or sample.bad > 0


def _sample(look: Look, state: ServiceState) -> ServiceSample:
    entry = look.entry(state.name)
    told = probing.answers(look, state, entry) if entry and state.active == "active" else probing.Answers()
    cpu = -1.0 if isinstance(state.cpu, Unknown) else state.cpu
    return ServiceSample(state.restarts, state.invocation, told.tries, told.since, crashes.fresh_starts(look, state), cpu)


def _is_news(new: ServicesSeen, past: ServicePast, now: float) -> bool:
    if past.boot_id != new.boot_id:
        return True
    old = not past.at <= now <= past.at + HOUR
    moved = any(_moved(past.samples.get(unit), sample, old=old) for unit, sample in new.samples.items())
    waits = new.blocked != tuple(past.blocked) and abs(now - past.at) >= MINUTE
    children = _children(new.zombies, past.zombies, old=old)
    return moved or waits or children or new.memory_kills != past.memory_kills


def _moved(before: ServiceSample | None, sample: ServiceSample, *, old: bool) -> bool:
    if before is None:
        return True
    counted = (before.restarts, before.invocation, before.bad) != (sample.restarts, sample.invocation, sample.bad)
    settled = before.starts > 1 and sample.starts == 0
    return counted or settled or (old and sample.bad > 0)


def _children(now: Mapping[str, int], before: Mapping[str, int], *, old: bool) -> bool:
    return now.keys() != before.keys() or (old and now != dict(before))


def judged(
    host: str,
    judgements: Sequence[ServiceJudgement],
    past: ServicePast,
    now: float,  # noqa: ARG001  both kinds of news are asked for alike
    *,
    unsure: Collection[str] = (),
) -> ServicesJudged | None:  # fmt: skip
    """Return the judgements that are others than the journal's newest of these services, and the services that are well again; else None.

    Words alone make no news. `unsure` (detect.unsure) are services of which this look cannot tell whether they are well.
    """
    new = tuple(one for one in judgements if one.unit not in past.judged or _said(past.judged[one.unit][1]) != _said(one))
    bad = {one.unit for one in judgements}
    well = tuple(unit for unit in sorted(past.judged) if unit not in bad and unit not in unsure)
    return ServicesJudged(host, new, well) if new or well else None


def _said(one: ServiceJudgement) -> tuple[object, ...]:
    if one.choice == "quarantine":
        return (one.choice,)
    return (one.finding, one.choice, one.rule, one.rung, one.cause, tuple(one.package or ()))
