"""Whether a service is started again and again, told from its restart counter over several looks. Pure.

The manager's counter starts anew at a boot, at a start by hand and when somebody clears it: one that went down is a new baseline, and
counts as one restart. A service that its manager never gives up is not shown as failed, however long it has been down.
"""

from collections.abc import Sequence

from healer.healing.look import Look
from healer.model.services import Heal, ServiceSample, ServiceState

WINDOW = 600.0
"""Seconds within which restarts belong together."""
RESTARTS = 3
"""So many within the window are a loop."""
YOUNG = 60.0
"""Seconds after its start in which a look finds a service freshly started."""
SETTLED = 200.0
"""Seconds after which a service that is up is no longer in a loop: three of such periods are as long as the window."""


def restarts_between(before: ServiceSample | None, state: ServiceState | ServiceSample, apart: float) -> int:
    """Return how many restarts within the window the counter tells of, for two looks of the same boot so many seconds apart.

    Growth over a longer time is spread evenly; any growth is at least one. At most RESTARTS, for more make no difference.
    """
    if before is None or before.restarts < 0 or state.restarts < 0 or state.restarts == before.restarts:
        return 0
    grown = state.restarts - before.restarts
    if grown < 0:
        return 1
    within = grown if apart <= WINDOW else int(grown * WINDOW / apart)
    return max(1, min(RESTARTS, within))


def fresh_starts(look: Look, state: ServiceState) -> int:
    """Return how many looks in a row have found the service freshly started, each time anew, with this one.

    They are counted from the last try to bring it back on: that start was ours, and none of the service's own.
    """
    known = look.age(state)
    if known is None or known >= YOUNG:
        return 0
    before = look.sample(state.name)
    if before is None or look.now - look.past.at > WINDOW or look.past.at <= last_heal(look.past.heals, state.name):
        return 1
    return before.starts + (before.invocation != state.invocation)


def loops(look: Look, state: ServiceState) -> bool:
    """Return whether the service is in a crash loop. What was before the last try to bring it back does not count."""
    if state.sub.startswith("auto-restart"):
        return True
    known = look.age(state)
    if state.active not in ("active", "activating", "deactivating") or (known is not None and known > SETTLED):
        return False
    healed = last_heal(look.past.heals, state.name)
    earlier = sum(1 for at in lately(look, state.name) if at > healed)
    if look.past.at <= healed:
        return earlier >= RESTARTS
    grown = earlier + restarts_between(look.sample(state.name), state, look.now - look.past.at)
    return grown >= RESTARTS or fresh_starts(look, state) >= RESTARTS


def lately(look: Look, unit: str) -> tuple[float, ...]:
    """Return the times within the window at which the unit was seen to have restarted."""
    return tuple(at for at in look.past.grown.get(unit, ()) if at > look.now - WINDOW)


def last_heal(heals: Sequence[Heal], unit: str) -> float:
    """Return when the newest try to bring the unit back began, epoch seconds; 0 when there was none."""
    return max((heal.at for heal in heals if heal.unit == unit), default=0.0)
