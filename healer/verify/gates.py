"""The default health gate: what must be as well after an act as it was before. Pure.

Three comparisons, which need no knowledge of what the host is for: no newly failed unit, the same listening ports, restart counters
flat. What was already broken before is nobody's fault now, and what could not be read makes the verdict unknown, never good.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from healer.model.facts import Facts, Identity, Unit, Units, Unknown, Verdict
from healer.verify.ports import missing, ports_of

GATE_FACTS: tuple[str, ...] = ("identity", "system_state", "units", "sockets")
"""The facts that `record`, `judge` and `healthy_at_start` read."""

NO_SYSTEMD = "none"
DOWN = frozenset({"maintenance", "stopping", "offline"})
ON_ITS_WAY = frozenset({"initializing", "starting"})
LOOPING = frozenset({"auto-restart", "auto-restart-queued"})
MOVING = frozenset({"activating", "deactivating"})

CRASH_LOOP = 3
"""Restarts that a fresh boot may add before they count: services restart while what they wait for comes up."""

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict and its reasons, one sentence each, the gravest first. A good one may carry notes."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence that speaks against good."""

    verdict: Verdict
    reason: str


def record(facts: Facts) -> Mapping[str, object]:
    """Return what a later `judge` compares with, made of JSON's types only. A part that is not known says `{"unknown": reason}`."""
    identity = facts.read("identity", Identity)
    units = _units(facts)
    return {
        "boot_id": _json(identity if isinstance(identity, Unknown) else identity.boot_id),
        "state": _json(facts.read("system_state", str)),
        "failed": _json(units if isinstance(units, Unknown) else sorted(units.failed)),
        "looping": _json(units if isinstance(units, Unknown) else sorted(_looping(units))),
        "restarts": _json(units if isinstance(units, Unknown) else _counters(units)),
        "ports": _json(ports_of(facts)),
    }


def _json(value: object) -> object:
    return {"unknown": value.reason} if isinstance(value, Unknown) else value


def _units(facts: Facts) -> Units | Unknown:
    """Return the units; none where something else than systemd runs the host, for then there is nothing to fail."""
    return Units({}, ()) if facts.get("system_state") == NO_SYSTEMD else facts.read("units", Units)


def _looping(units: Units) -> set[str]:
    return {name for name, unit in units.units.items() if unit.sub in LOOPING}


def _counters(units: Units) -> dict[str, list[object]]:
    """Return counter and invocation of the active services; an older systemd that does not count says -1."""
    return {name: [unit.restarts, unit.invocation] for name, unit in sorted(units.units.items()) if unit.active == "active"}


def judge(before: Mapping[str, object], facts: Facts) -> Judgement:
    """Compare a fresh look with what `record` kept. Bad beats unknown, unknown beats good."""
    return _conclude((*_same_system(before, facts), *_unit_findings(before, facts), *_port_findings(before, facts)))


def excused(before: Mapping[str, object], units: Iterable[str]) -> Mapping[str, object]:
    """Return what `record` kept with these units as ill as a unit can be: whoever tried to bring them back judges them himself.

    A first look may have met a service that crashes all the time in a good moment, and its crash is then no news.
    """
    names = sorted(set(units))
    ill = {part: sorted({*known, *names}) for part in ("failed", "looping") if not isinstance(known := _part(before, part, list), Unknown)}
    return {**before, **ill} if names else before


def _conclude(findings: Iterable[Finding]) -> Judgement:
    found = sorted(findings, key=lambda finding: finding.verdict is not Verdict.BAD)
    reasons = tuple(finding.reason for finding in found)
    return Judgement(found[0].verdict if found else Verdict.GOOD, reasons)


def _part(before: Mapping[str, object], key: str, kind: type[Kind]) -> Kind | Unknown:
    value = before.get(key)
    if isinstance(value, Mapping) and "unknown" in value:
        return Unknown(str(value["unknown"]))
    plain = dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value
    return plain if isinstance(plain, kind) else Unknown("it was not recorded")


def _unless_known(what: str, *readings: object) -> Iterator[Finding]:
    for reading in readings:
        if isinstance(reading, Unknown):
            yield Finding(Verdict.UNKNOWN, f"{what}: {reading.reason}")


def _same_system(before: Mapping[str, object], facts: Facts) -> Iterator[Finding]:
    """Yield what speaks against the system as a whole: on its way down, still on its way up, or not telling."""
    boot, identity = _part(before, "boot_id", str), facts.read("identity", Identity)
    yield from _unless_known("which boot this is cannot be told", boot, identity)
    yield from _state_findings(facts)


def _state_findings(facts: Facts) -> Iterator[Finding]:
    state = facts.read("system_state", str)
    yield from _unless_known("how the system is cannot be told", state)
    if state in DOWN:
        yield Finding(Verdict.BAD, f"the system is in the state {state}")
    if state in ON_ITS_WAY:
        yield Finding(Verdict.UNKNOWN, f"the system is still {state}")


def _unit_findings(before: Mapping[str, object], facts: Facts) -> Iterator[Finding]:
    units = _units(facts)
    failed, looping = _part(before, "failed", list), _part(before, "looping", list)
    restarts = _part(before, "restarts", dict)
    yield from _unless_known("units before", failed)
    yield from _unless_known("units now", units)
    if isinstance(units, Unknown) or isinstance(failed, Unknown) or isinstance(looping, Unknown) or isinstance(restarts, Unknown):
        return
    for name in sorted(set(units.failed) - set(failed)):
        yield Finding(Verdict.BAD, f"{name} failed and had not failed before")
    for name in sorted(_looping(units) - set(looping) - set(failed)):
        yield Finding(Verdict.BAD, f"{name} crashes and is started again and again")
    rebooted = _rebooted(before, facts)
    for name in sorted(set(restarts) & set(units.units) - set(looping) - set(units.failed) - _looping(units)):
        yield from _unit_finding(units.units[name], restarts[name], rebooted=rebooted)


def _rebooted(before: Mapping[str, object], facts: Facts) -> bool:
    identity = facts.read("identity", Identity)
    return not isinstance(identity, Unknown) and before.get("boot_id") != identity.boot_id


def _unit_finding(unit: Unit, counted: object, *, rebooted: bool) -> Iterator[Finding]:
    """Yield what speaks against a service that was active when it was recorded."""
    if unit.active in MOVING:
        yield Finding(Verdict.UNKNOWN, f"{unit.name} is still {unit.active}")
    if _ended(unit, counted):
        yield Finding(Verdict.BAD, f"{unit.name} was started anew and ended by itself")
    match counted:
        case [int(earlier), str(invocation)] if earlier >= 0 and unit.restarts >= 0:
            if times := restarted_by_itself(earlier, invocation, unit, rebooted=rebooted):
                yield Finding(Verdict.BAD, f"{unit.name} was restarted by systemd {times} times")
        case [int(), str()]:
            return
        case _:
            yield Finding(Verdict.UNKNOWN, f"{unit.name}: its restart counter was not recorded")


def _ended(unit: Unit, counted: object) -> bool:
    """Whether a service that is meant to last was started since it was recorded, and runs no more. Who ends well has not failed.

    One that was only stopped shows the invocation that was recorded: that may be what the play is for. What the bus starts may end when
    nobody needs it.
    """
    earlier = counted[1] if isinstance(counted, (list, tuple)) and len(counted) == 2 else None
    lasts = unit.enabled == "enabled" and unit.type not in ("oneshot", "dbus")
    return unit.active == "inactive" and lasts and earlier is not None and unit.invocation not in ("", earlier)


def restarted_by_itself(earlier: int, invocation: str, unit: Unit, *, rebooted: bool) -> int:
    """Return how often systemd had to restart the service since it was recorded, 0 for a flat counter.

    systemd sets NRestarts to 0 when a service is started by hand, healer's restarts included, and at a boot. So within a boot: a higher
    counter rose by the difference; an equal one of the same invocation is flat; in any other case it began anew, and all that it shows
    is new. After a boot the services' usual stumbles while starting are allowed for.
    """
    if rebooted:
        rise = unit.restarts - earlier
        return rise if rise >= CRASH_LOOP else 0
    if unit.restarts > earlier:
        return unit.restarts - earlier
    return 0 if unit.restarts == earlier and unit.invocation == invocation else unit.restarts


def _port_findings(before: Mapping[str, object], facts: Facts) -> Iterator[Finding]:
    recorded, now = _part(before, "ports", dict), ports_of(facts)
    yield from _unless_known("listening ports before", recorded)
    yield from _unless_known("listening ports now", now)
    if not isinstance(recorded, Unknown) and not isinstance(now, Unknown):
        for what in missing(recorded, now):
            yield Finding(Verdict.BAD, f"nothing listens on {what} any more")


def healthy_at_start(facts: Facts) -> Judgement:
    """Judge a host before anything was done to it.

    Units that failed already are notes, not a verdict: else a host with one forgotten failed unit could never be patched, and its update
    may be the very cure. Unhealthy is a system that is in a rescue shell or on its way down; unknown is one that still boots or cannot
    be read.
    """
    units, sockets = _units(facts), ports_of(facts)
    findings = [
        *_unless_known("which boot this is cannot be told", facts.read("identity", Identity)),
        *_state_findings(facts),
        *_unless_known("units", units),
        *_unless_known("listening ports", sockets),
    ]
    judgement = _conclude(findings)
    return Judgement(judgement.verdict, (*judgement.reasons, *_notes(units)))


def _notes(units: Units | Unknown) -> Iterator[str]:
    if not isinstance(units, Unknown):
        yield from (f"{name} failed already before the run" for name in sorted(units.failed))
        yield from (f"{name} crashes again and again already before the run" for name in sorted(_looping(units) - set(units.failed)))
