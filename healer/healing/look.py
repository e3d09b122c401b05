"""One look at one host's services, with what was known before: what the rules of detection read. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from healer.healing.named import entry_of
from healer.healing.policy import ServicePolicy, ServicesPolicy
from healer.model.facts import Facts, Unknown
from healer.model.services import ProbeReading, ProcessTroubles, ServicePast, ServiceSample, ServiceState, ServiceStates


@dataclass(frozen=True, slots=True)
class Look:
    """`answers` are those of all probes; `troubles` None where they are not known. `now` is epoch seconds."""

    states: ServiceStates
    answers: tuple[ProbeReading, ...]
    troubles: ProcessTroubles | None
    policy: ServicesPolicy
    past: ServicePast
    now: float

    @property
    def same_boot(self) -> bool:
        """Whether the journal's newest look is of this boot, so that counters can be compared."""
        return self.past.boot_id == self.states.boot_id

    def sample(self, unit: str) -> ServiceSample | None:
        """Return the unit's earlier sample when it is of this boot."""
        return self.past.samples.get(unit) if self.same_boot else None

    def entry(self, unit: str) -> ServicePolicy | None:
        """Return the entry of the policy that holds for the unit here, None when there is none."""
        return entry_of(self.policy, unit, self.states.named)

    def entries(self) -> Iterator[tuple[ServicePolicy, tuple[str, ...]]]:
        """Return each entry with the units of this host that it holds for, in the policy's order; none when the host has none."""
        for entry in self.policy.services:
            stands_for = self.states.named.get(entry.unit, ())
            yield entry, tuple(unit for unit in stands_for if self.entry(unit) == entry)

    def age(self, state: ServiceState) -> float | None:
        """Return the seconds since the service was started; None when that is not known."""
        return max(0.0, self.states.uptime - state.started) if state.started > 0 else None


def look_of(facts: Facts, policy: ServicesPolicy, past: ServicePast, now: float) -> Look | None:
    """Return the look, None where the services themselves are not known. Other facts that are not known are left out."""
    states = facts.read("services", ServiceStates)
    if isinstance(states, Unknown):
        return None
    troubles = facts.read("process_troubles", ProcessTroubles)
    return Look(states, probe_readings(facts), None if isinstance(troubles, Unknown) else troubles, policy, past, now)


def probe_readings(facts: Facts) -> tuple[ProbeReading, ...]:
    """Return all answers of this look. A fact that is not known has none."""
    each = (facts.read(name, tuple) for name in ("service_checks", "service_probes"))
    return tuple(one for found in each if not isinstance(found, Unknown) for one in found if isinstance(one, ProbeReading))
