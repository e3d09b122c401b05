"""What is wrong with the services of one host, told from its facts, its policy and what the journal knows. Pure.

At most one finding for a service: the one that says most about what can be done. A reading that is not known never makes one.
"""

from collections.abc import Iterator

from healer.healing import crashes, probing
from healer.healing.look import Look, look_of
from healer.healing.named import looked_after
from healer.healing.policy import ServicePolicy, ServicesPolicy
from healer.healing.processes import process_findings
from healer.model.facts import Facts, Unknown, Verdict
from healer.model.services import Finding, FindingKind, ServicePast, ServiceState, ServiceStates

ORDER: tuple[FindingKind, ...] = ("absent", "failed", "crash_loop", "blocked", "network", "stuck", "memory", "zombies")
"""Of several findings for one service the first of these is told: a restart of a blocked one, say, would not help."""
CALM = 120.0
"""Seconds for which a service that was in trouble must be up until it counts as well again."""


def blind(facts: Facts) -> str:
    """Return why nothing can be told about services here, or an empty text when it can."""
    states = facts.read("services", ServiceStates)
    return states.reason if isinstance(states, Unknown) else ""


def findings(facts: Facts, policy: ServicesPolicy, past: ServicePast, now: float) -> tuple[Finding, ...]:
    """Return what is wrong, by unit; nothing where nothing is known. `now` is epoch seconds."""
    look = look_of(facts, policy, past, now)
    found: dict[str, Finding] = {}
    for one in (*_absent(look), *_down(look), *_probed(look), *process_findings(look)) if look else ():
        best = found.get(one.unit)
        if best is None or ORDER.index(one.kind) < ORDER.index(best.kind):
            found[one.unit] = one
    return tuple(found[unit] for unit in sorted(found))


def unsure(facts: Facts, policy: ServicesPolicy, past: ServicePast, now: float) -> tuple[str, ...]:
    """Return the services that were judged before and of which this look cannot tell that they are well.

    That is so where their state or an answer of their probes is not known, and shortly after a start: a loop has its good moments.
    """
    look = look_of(facts, policy, past, now)
    return tuple(unit for unit in sorted(past.judged) if look is None or _unsure(look, unit))


def _unsure(look: Look, unit: str) -> bool:
    state = look.states.states.get(unit)
    known = look.age(state) if state else None
    entry = look.entry(unit)
    return (known is not None and known < CALM) or (entry is not None and probing.unasked(entry, look.answers))


def proved(facts: Facts, policy: ServicesPolicy, past: ServicePast, now: float, unit: str) -> tuple[Verdict, str]:
    """Return whether a service that was just tried is well, and why not. Its start is behind it, and what was before says nothing now.

    Unknown where its state is not known, and where its probes have no good answer yet: within its grace that is no proof of failure.
    """
    look = look_of(facts, policy, past, now)
    state = look.states.states.get(unit) if look else None
    if look is None or state is None:
        return Verdict.UNKNOWN, blind(facts) or f"the host does not show {unit}"
    if state.active != "active":
        return Verdict.BAD, f"it is {state.active} ({state.sub}): {failure(state)}"
    entry = look.entry(unit)
    bad = [one for one in look.answers if entry and one.unit == entry.unit and one.verdict is Verdict.BAD]
    if bad:
        ready = entry is not None and probing.past_grace(look, state, entry)
        return (Verdict.BAD if ready else Verdict.UNKNOWN), f"it is up, and {bad[0].asks}: {bad[0].reason or 'no good answer'}"
    if entry and probing.unasked(entry, look.answers):
        return Verdict.UNKNOWN, "it is up, and not all of its probes could be asked"
    return Verdict.GOOD, ""


def _since(look: Look, state: ServiceState) -> float:
    began = look.now - max(0.0, look.states.uptime - state.changed) if state.changed > 0 else look.now
    judged = look.past.judged.get(state.name)
    return min(began, judged[0]) if judged else began


def _absent(look: Look) -> Iterator[Finding]:
    for entry in look.policy.services:
        units = [unit for unit in look.states.named.get(entry.unit, ("",)) if _exists(look, unit)]
        if not units:
            yield Finding(entry.unit, "absent", "the policy names it, and this host has no such service", look.now)
        for state in (look.states.states[unit] for unit in units if unit in look.states.states):
            if state.active == "inactive" and state.enabled.startswith("enabled") and state.type != "oneshot" and not state.triggered:
                yield Finding(state.name, "absent", "it is enabled, and it was stopped in an orderly way", _since(look, state))


def _exists(look: Look, unit: str) -> bool:
    return unit not in look.states.states or look.states.states[unit].load != "not-found"


def _down(look: Look) -> Iterator[Finding]:
    for state in look.states.states.values():
        if state.load in ("masked", "not-found") or not (look.entry(state.name) or looked_after(look.policy, state)):
            continue
        if state.active == "failed":
            killed = state.result == "oom-kill"
            detail = "the kernel killed it for memory, and it is down" if killed else f"it is down: {failure(state)}"
            yield Finding(state.name, "memory" if killed else "failed", detail, _since(look, state), dead=True)
        elif crashes.loops(look, state):
            began = min((*crashes.lately(look, state.name), _since(look, state)))
            detail = f"it ends and is started again and again: {failure(state)}"
            yield Finding(state.name, "crash_loop", detail, began, dead=state.active != "active")


def failure(state: ServiceState) -> str:
    """Return in words how the service ended last, as its manager tells it."""
    if state.result not in ("", "success", "exit-code"):
        return f"its manager says {state.result}"
    return f"its program ended with status {state.exit_status}" if state.exit_status else "its manager does not say why"


def _probed(look: Look) -> Iterator[Finding]:
    for entry, units in look.entries():
        running = (look.states.states[unit] for unit in units if unit in look.states.states)
        ready = (state for state in running if state.active == "active" and probing.past_grace(look, state, entry))
        for state in tuple(ready)[:1]:
            yield from _answered(look, state.name if len(units) == 1 else entry.unit, entry, probing.answers(look, state, entry))


def _answered(look: Look, unit: str, entry: ServicePolicy, told: probing.Answers) -> Iterator[Finding]:
    bad = probing.enough(entry, told)
    to_blame = probing.to_blame(entry, look.answers, bad) if bad else Verdict.UNKNOWN
    if to_blame is not Verdict.UNKNOWN:
        first = bad[0]
        origin = "" if first.origin == "host" else f" (asked from {first.origin})"
        signatures = tuple(dict.fromkeys(one.signature for one in bad if one.signature))
        kind: FindingKind = "stuck" if to_blame is Verdict.BAD else "network"
        yield Finding(unit, kind, f"{first.asks}{origin}: {first.reason or 'no good answer'}", told.since, signatures, tries=told.tries)
