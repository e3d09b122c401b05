"""Which entry of the policy holds for a unit, and which units are looked after without one. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from healer.healing.policy import Maintenance, ServicePolicy, ServicesPolicy
from healer.model.services import ServiceState, ServiceStates


def entry_of(policy: ServicesPolicy, unit: str) -> ServicePolicy | None:
    """Return the entry that names the unit: the one of its own name, else the first whose pattern it fits; None when there is none.

    A unit of the never-in-place list has only an entry that says exactly its name, or exactly the pattern that stands on that list: a
    pattern that is wider than that was not written with it in mind.
    """
    own = next((entry for entry in policy.services if entry.unit == unit), None)
    fits = (entry for entry in policy.services if fnmatchcase(unit, entry.unit))
    if unlisted(policy, unit):
        return own or next(fits, None)
    return own or next((entry for entry in fits if entry.unit in policy.never), None)


def unlisted(policy: ServicesPolicy, unit: str) -> bool:
    """Return whether the unit is none of those that are never healed in place."""
    return not any(fnmatchcase(unit, pattern) for pattern in policy.never)


def looked_after(policy: ServicesPolicy, state: ServiceState) -> bool:
    """Return whether a unit that no entry names is healed when it has failed: enabled, not oneshot, started by nothing else."""
    wanted = policy.defaults and state.enabled.startswith("enabled") and not state.triggered
    return wanted and state.type != "oneshot" and unlisted(policy, state.name)


def named_units(policy: ServicesPolicy, states: ServiceStates) -> Iterator[tuple[ServicePolicy, tuple[str, ...]]]:
    """Return each entry with the units of this host that it holds for, in the policy's order; none when the host has none."""
    for entry in policy.services:
        stands_for = states.named.get(entry.unit, ())
        yield entry, tuple(unit for unit in stands_for if entry_of(policy, unit) == entry)


def paused(policy: ServicesPolicy, entry: ServicePolicy | None, now: float) -> Maintenance | None:
    """Return the maintenance that is on at `now`, the host's before the service's; None when there is none."""
    each = (policy.maintenance, entry.maintenance if entry else None)
    moment = datetime.fromtimestamp(now, UTC)
    return next((one for one in each if one and one.until > moment), None)
