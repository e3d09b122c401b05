"""What the processes of a service show and its state does not: waiting in the kernel, dead children, kills for memory. Pure."""

from collections.abc import Iterator, Mapping

from healer.healing.look import Look
from healer.healing.named import entry_of
from healer.healing.policy import ServicesPolicy
from healer.model.services import BlockedProcess, Finding, ProcessTroubles, ServicePast

BLOCKED = 120.0
"""Seconds between two looks after which a process that is in the D state in both counts as blocked: when the kernel itself says so."""
ZOMBIES = 100
"""So many dead children are told of when they become more."""
REMEMBERED = 3600.0
"""Seconds for which a kill for memory is told of after it was seen."""


def process_findings(look: Look) -> Iterator[Finding]:
    """Return what is wrong with services that the policy names; earlier looks count when they are of the same boot."""
    if look.troubles is not None:
        before = look.past if look.same_boot else ServicePast(judged=look.past.judged)
        yield from _blocked(look.troubles, look.policy, before, look.now)
        yield from _zombies(look.troubles, look.policy, before, look.now)
        yield from _killed(look.troubles, look.policy, before, look.now)


def named_blocked(troubles: ProcessTroubles, policy: ServicesPolicy) -> Iterator[tuple[tuple[int, int], BlockedProcess]]:
    """Return the processes of services that the policy names, each with what tells it from a later one of its number."""
    return (((one.pid, one.start_ticks), one) for one in troubles.blocked if entry_of(policy, one.unit))


def _blocked(troubles: ProcessTroubles, policy: ServicesPolicy, before: ServicePast, now: float) -> Iterator[Finding]:
    for which, one in named_blocked(troubles, policy):
        since = before.blocked_since.get(which, now)
        if now - since >= BLOCKED:
            where = f" in {one.waits_in}" if one.waits_in else ""
            detail = f"its process {one.name} (pid {one.pid}) waits in the kernel{where}, where no signal reaches it"
            yield Finding(one.unit, "blocked", detail, since)


def _zombies(troubles: ProcessTroubles, policy: ServicesPolicy, before: ServicePast, now: float) -> Iterator[Finding]:
    for unit, count in troubles.zombies.items():
        earlier = before.zombies.get(unit)
        if entry_of(policy, unit) and count > ZOMBIES and earlier is not None and count > earlier:
            yield Finding(unit, "zombies", f"it leaves more than {ZOMBIES} dead children behind, and they become more", now)


def _killed(troubles: ProcessTroubles, policy: ServicesPolicy, before: ServicePast, now: float) -> Iterator[Finding]:
    more = bool(before.boot_id) and troubles.memory_kills > before.memory_kills
    for unit in troubles.killed_units:
        told = _told(before, unit, now)
        if entry_of(policy, unit) and (more or told):
            yield Finding(unit, "memory", "the kernel killed a process of it for memory; it is up", told or now)


def _told(before: ServicePast, unit: str, now: float) -> float:
    judged: Mapping[str, float] = {name: at for name, (at, one) in before.judged.items() if one.finding == "memory"}
    at = judged.get(unit, 0.0)
    return at if now - at <= REMEMBERED else 0.0
