"""What all hosts of a run say together: who is cut off, who fell when, and where the same service or probe is bad. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from healer.healing import probing
from healer.healing.detect import findings
from healer.healing.look import probe_readings
from healer.healing.named import entry_of
from healer.healing.policy import ServicesPolicy
from healer.model.facts import Facts, Unknown, Verdict
from healer.model.services import Finding, FindingKind, PackageChange, ServicePast, ServiceState, ServiceStates

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
    units = _units(hosts, found)
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


def _units(hosts: Sequence[Seen], found: Mapping[str, tuple[Finding, ...]]) -> dict[str, dict[str, Verdict]]:
    units: dict[str, dict[str, Verdict]] = {}
    for one in hosts:
        states = one.facts.read("services", ServiceStates) if one.facts else Unknown(one.reason)
        if isinstance(states, Unknown) or one.facts is None:
            continue
        bad = {finding.unit for finding in found[one.host] if finding.kind in DOWN}
        for state in states.states.values():
            units.setdefault(state.name, {})[one.host] = _well(state, one.policy, one.facts, bad)
    for one in hosts:
        names = {entry.unit for entry in one.policy.services}
        for unit in {
            *(name for name in names if "*" not in name),
            *(unit for unit in units if any(fnmatchcase(unit, name) for name in names)),
        }:
            units.setdefault(unit, {}).setdefault(one.host, Verdict.UNKNOWN)
    return units


def _well(state: ServiceState, policy: ServicesPolicy, facts: Facts, bad: set[str]) -> Verdict:
    entry = entry_of(policy, state.name)
    if state.name in bad or (entry and entry.unit in bad) or state.active in ("failed", "inactive", "deactivating"):
        return Verdict.BAD
    if state.active not in ("active", "reloading"):
        return Verdict.UNKNOWN
    answered = [one for one in probe_readings(facts) if entry and one.unit == entry.unit]
    if any(one.verdict is Verdict.BAD for one in answered):
        return Verdict.BAD
    return Verdict.UNKNOWN if entry and probing.unasked(entry, answered) else Verdict.GOOD


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
