"""What all hosts of a run say together: who is cut off, who fell when, and where the same service or probe is bad. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from healer.healing import probing
from healer.healing.detect import blind, findings
from healer.healing.look import Look, look_of, probe_readings
from healer.healing.named import entry_of
from healer.healing.policy import ServicesPolicy
from healer.healing.written import is_pattern
from healer.model.facts import Facts, Unknown, Verdict
from healer.model.services import Finding, FindingKind, PackageChange, ServicePast, ServiceState

DOWN: tuple[FindingKind, ...] = ("failed", "crash_loop", "stuck", "blocked", "memory")
"""What makes a host one that has fallen."""
STORM = 600.0
"""Seconds within which hosts that fall belong together, and for which it must have been calm again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One host as it was looked at. `facts` is None for one that could not be reached, with the `reason`; `group` is its budget group."""

    host: str
    group: str
    policy: ServicesPolicy
    facts: Facts | None
    past: ServicePast
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of all hosts at one moment.

    `groups` are the hosts by budget group; `unreached` are those that could not be looked at, with the reason. `units` says by unit and
    host whether it is well there, `signatures` the same of each question that probes ask, with what bad answers `said`. `fell` are the
    times (epoch seconds) at which a service of a host went bad, by host. `changes` are the newest package changes by host.
    """

    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unreached: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, Verdict]] = field(default_factory=dict)
    signatures: Mapping[str, Mapping[str, Verdict]] = field(default_factory=dict)
    said: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fell: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    changes: Mapping[str, tuple[PackageChange, ...]] = field(default_factory=dict)

    @property
    def hosts(self) -> tuple[str, ...]:
        """All hosts, by group."""
        return tuple(host for group in self.groups.values() for host in group)

    def members(self, group: str, unit: str) -> Mapping[str, Verdict]:
        """Return how the unit is on each host of the group that has it, or should have."""
        return {host: self.units[unit][host] for host in self.groups.get(group, ()) if host in self.units.get(unit, {})}


def survey(hosts: Sequence[Seen], now: float) -> Survey:
    """Return what the hosts say together. `now` is epoch seconds. A host that was not reached is unknown, never good and never bad."""
    found = {one.host: findings(one.facts, one.policy, one.past, now) if one.facts else () for one in hosts}
    units = _units(hosts, found, now)
    signatures, said = _signatures(hosts)
    return Survey(
        groups={group: tuple(one.host for one in hosts if one.group == group) for group in dict.fromkeys(one.group for one in hosts)},
        unreached={one.host: one.reason or "it could not be reached" for one in hosts if one.facts is None},
        units=units,
        signatures=signatures,
        said=said,
        fell={one.host: _fell(found[one.host], one.past, now) for one in hosts},
        changes={one.host: package_changes(one.facts) for one in hosts if one.facts},
    )


def package_changes(facts: Facts) -> tuple[PackageChange, ...]:
    """Return the package changes of this look, none where they are not known."""
    changes = facts.read("package_changes", tuple)
    return () if isinstance(changes, Unknown) else tuple(one for one in changes if isinstance(one, PackageChange))


def _fell(found: Iterable[Finding], past: ServicePast, now: float) -> tuple[float, ...]:
    times = [one.since for one in found if one.kind in DOWN] + [heal.at for heal in past.heals]
    return tuple(sorted(at for at in times if now - 2 * STORM <= at <= now))


def _units(hosts: Sequence[Seen], found: Mapping[str, tuple[Finding, ...]], now: float) -> dict[str, dict[str, Verdict]]:
    units: dict[str, dict[str, Verdict]] = {}
    for one in hosts:
        look = look_of(one.facts, one.policy, one.past, now) if one.facts else None
        bad = {finding.unit for finding in found[one.host] if finding.kind in DOWN}
        if look:
            for state in look.states.states.values():
                units.setdefault(state.name, {})[one.host] = _well(look, state, bad)
    for one in hosts:
        for unit in _expected(one, units):
            units.setdefault(unit, {})[one.host] = Verdict.UNKNOWN
    return units


def _expected(one: Seen, known: Iterable[str]) -> set[str]:
    """Return the units that a host should have, by its policy, where it could not be asked."""
    if one.facts is not None and not blind(one.facts):
        return set()
    names = [entry.unit for entry in one.policy.services]
    return {*(name for name in names if not is_pattern(name)), *(unit for unit in known if entry_of(one.policy, unit))}


def _well(look: Look, state: ServiceState, bad: set[str]) -> Verdict:
    entry = look.entry(state.name)
    if state.name in bad or (entry and entry.unit in bad) or state.active in ("failed", "inactive", "deactivating"):
        return Verdict.BAD
    if state.active not in ("active", "reloading"):
        return Verdict.UNKNOWN
    if entry and any(one.verdict is Verdict.BAD for one in look.answers if one.unit == entry.unit):
        return Verdict.BAD
    return Verdict.UNKNOWN if entry and probing.unasked(entry, look.answers) else Verdict.GOOD


def _signatures(hosts: Sequence[Seen]) -> tuple[dict[str, dict[str, Verdict]], dict[str, tuple[str, ...]]]:
    verdicts: dict[str, dict[str, Verdict]] = {}
    said: dict[str, list[str]] = {}
    for one in hosts:
        for reading in probe_readings(one.facts) if one.facts else ():
            if reading.signature:
                answers = verdicts.setdefault(reading.signature, {})
                before = answers.get(one.host)
                answers[one.host] = before if before is Verdict.BAD else reading.verdict
                if reading.verdict is Verdict.BAD:
                    said.setdefault(reading.signature, []).append(reading.reason)
    return verdicts, {signature: tuple(dict.fromkeys(words)) for signature, words in said.items()}
