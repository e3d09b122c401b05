"""What the processes of a service show and its state does not: waiting in the kernel, dead children, kills for memory. Pure."""

from collections.abc import Iterator, Mapping

from healer.healing.look import Look
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
        yield from _blocked(look, look.troubles, before)
        yield from _zombies(look, look.troubles, before)
        yield from _killed(look, look.troubles, before)


def named_blocked(look: Look, troubles: ProcessTroubles) -> Iterator[tuple[tuple[int, int], BlockedProcess]]:
    """Return the processes of services that the policy names, each with what tells it from a later one of its number."""
    return (((one.pid, one.start_ticks), one) for one in troubles.blocked if look.entry(one.unit))


def _blocked(look: Look, troubles: ProcessTroubles, before: ServicePast) -> Iterator[Finding]:
    for which, one in named_blocked(look, troubles):
        since = before.blocked_since.get(which, look.now)
        if look.now - since >= BLOCKED:
            where = f" in {one.waits_in}" if one.waits_in else ""
            detail = f"its process {one.name} (pid {one.pid}) waits in the kernel{where}, where no signal reaches it"
            yield Finding(one.unit, "blocked", detail, since)


def _zombies(look: Look, troubles: ProcessTroubles, before: ServicePast) -> Iterator[Finding]:
    for unit, count in troubles.zombies.items():
        earlier = before.zombies.get(unit)
        if look.entry(unit) and count > ZOMBIES and earlier is not None and count > earlier:
            yield Finding(unit, "zombies", f"it leaves more than {ZOMBIES} dead children behind, and they become more", look.now)


def _killed(look: Look, troubles: ProcessTroubles, before: ServicePast) -> Iterator[Finding]:
    more = bool(before.boot_id) and troubles.memory_kills > before.memory_kills
    for unit in troubles.killed_units:
        told = _told(before, unit, look.now)
        if look.entry(unit) and (more or told):
            yield Finding(unit, "memory", "the kernel killed a process of it for memory; it is up", told or look.now)


def _told(before: ServicePast, unit: str, now: float) -> float:
    judged: Mapping[str, float] = {name: at for name, (at, one) in before.judged.items() if one.finding == "memory"}
    at = judged.get(unit, 0.0)
    return at if now - at <= REMEMBERED else 0.0
