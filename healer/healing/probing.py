"""What the probes of one entry say: how often in a row they were bad, and whether the service or the way to it is to blame. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from healer.healing.crashes import last_heal
from healer.healing.look import Look
from healer.healing.policy import ProbePolicy, ServicePolicy
from healer.model.facts import Verdict
from healer.model.services import ProbeReading, ServicePast, ServiceSample, ServiceState

FRESH = 600.0
"""Seconds for which the bad answers of an earlier look count."""
STANDING = 4000.0
"""Seconds for which they count where they had been bad often enough already: those are written down once an hour only."""
LEAST_GRACE = 60.0
WITNESSES = ("http", "command")
"""Probes that a service only answers well when it works. One of any other kind is a witness for its own kind alone."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The bad answers to one entry's probes. `tries` is how often in a row they were bad, `since` the first of these, epoch seconds."""

    bad: tuple[ProbeReading, ...] = ()
    tries: int = 0
    since: float = 0.0


def unasked(entry: ServicePolicy, answered: Iterable[ProbeReading]) -> bool:
    """Return whether a probe of the entry has no answer in this look, or one that is unknown."""
    known = {one.number for one in answered if one.unit == entry.unit and one.verdict is not Verdict.UNKNOWN}
    return any(number not in known for number in range(len(entry.probes)))


def answers(look: Look, state: ServiceState, entry: ServicePolicy) -> Answers:
    """Return what this look and the ones before it say of a service that runs. Answers that are not known change nothing."""
    mine = [one for one in look.answers if one.unit == entry.unit and one.number < len(entry.probes)]
    bad = tuple(one for one in mine if one.verdict is Verdict.BAD)
    before = _before(look, state, entry)
    if not bad:
        return Answers((), before.bad, before.since) if unasked(entry, mine) else Answers()
    tries = before.bad + max(max(1, one.tries) for one in bad)
    most = max(probe.failures for probe in entry.probes)
    return Answers(bad, min(tries, most), before.since if before.bad else look.now)


def _before(look: Look, state: ServiceState, entry: ServicePolicy) -> ServiceSample:
    sample = look.sample(state.name)
    if sample is None or sample.invocation != state.invocation or sample.bad <= 0:
        return ServiceSample()
    standing = sample.bad >= min((probe.failures for probe in entry.probes), default=1)
    return sample if look.now - look.past.at <= (STANDING if standing else FRESH) else ServiceSample()


def enough(entry: ServicePolicy, told: Answers) -> tuple[ProbeReading, ...]:
    """Return the bad answers of probes that were bad as often in a row as the policy says."""
    return tuple(one for one in told.bad if told.tries >= entry.probes[one.number].failures)


def past_grace(look: Look, state: ServiceState, entry: ServicePolicy) -> bool:
    """Return whether the service has had time enough since its start to answer. Where its start is not known, the last try counts."""
    known = look.age(state)
    healed = last_heal(look.past.heals, state.name)
    spans = [*([] if known is None else [known]), *([look.now - healed] if healed else [])]
    return min(spans, default=float("inf")) >= max(LEAST_GRACE, entry.grace, 3 * usual_start(look.past, state.name))


def usual_start(past: ServicePast, unit: str) -> float:
    """Return the seconds that bringing the unit back has usually taken (the median), 0 where that is not known."""
    took = sorted(one.took for one in past.heals if one.unit == unit and one.verdict is Verdict.GOOD and one.rung != "reboot")
    return took[len(took) // 2] if took else 0.0


def to_blame(entry: ServicePolicy, answered: Iterable[ProbeReading], bad: Sequence[ProbeReading]) -> Verdict:
    """Return GOOD when the service is well as seen from the host itself and bad from elsewhere: then it is the network.

    BAD: the service itself. UNKNOWN: nothing from the host itself says which of the two it is.
    """
    if any(one.origin == "host" for one in bad):
        return Verdict.BAD
    own = [one for one in answered if one.unit == entry.unit and one.origin == "host" and _witness(one, bad)]
    if any(one.verdict is Verdict.GOOD for one in own):
        return Verdict.GOOD
    return Verdict.UNKNOWN if any(_is_witness(probe, bad) for probe in entry.probes) else Verdict.BAD


def _witness(one: ProbeReading, bad: Iterable[ProbeReading]) -> bool:
    return one.kind in WITNESSES or one.kind in {other.kind for other in bad}


def _is_witness(probe: ProbePolicy, bad: Iterable[ProbeReading]) -> bool:
    return probe.origin == "host" and (probe.kind in WITNESSES or probe.kind in {other.kind for other in bad})
