"""Which entry of the policy holds for a unit, and which units are looked after without one. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from healer.healing.policy import Maintenance, ServicePolicy, ServicesPolicy
from healer.healing.written import is_pattern
from healer.model.services import ServiceState


def entry_of(policy: ServicesPolicy, unit: str, named: Mapping[str, tuple[str, ...]] | None = None) -> ServicePolicy | None:
    """Return the entry that names the unit: the one of its own name or alias, else the first whose pattern it fits; None without one.

    `named` are the units that each name stands for on the host (ServiceStates.named). A unit of the never-in-place list has only an entry
    that says exactly its name, or exactly the pattern that stands on that list: a wider one was not written with it in mind.
    """
    stands_for = named or {}
    own = next((entry for entry in policy.services if entry.unit == unit), None)
    alias = (entry for entry in policy.services if not is_pattern(entry.unit) and unit in stands_for.get(entry.unit, ()))
    fits = (entry for entry in policy.services if fnmatchcase(unit, entry.unit))
    wide = fits if unlisted(policy, unit) else (entry for entry in fits if entry.unit in policy.never)
    return own or next(alias, None) or next(wide, None)


def unlisted(policy: ServicesPolicy, unit: str) -> bool:
    """Return whether the unit is none of those that are never healed in place."""
    return not any(fnmatchcase(unit, pattern) for pattern in policy.never)


def looked_after(policy: ServicesPolicy, state: ServiceState) -> bool:
    """Return whether a unit that no entry names is healed when it has failed: enabled, not oneshot, started by nothing else."""
    wanted = policy.defaults and state.enabled.startswith("enabled") and not state.triggered
    return wanted and state.type != "oneshot" and unlisted(policy, state.name)


def paused(policy: ServicesPolicy, entry: ServicePolicy | None, now: float) -> Maintenance | None:
    """Return the maintenance that is on at `now`, the host's before the service's; None when there is none."""
    each = (policy.maintenance, entry.maintenance if entry else None)
    moment = datetime.fromtimestamp(now, UTC)
    return next((one for one in each if one and one.until > moment), None)
