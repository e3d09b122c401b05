"""Which lease a run that is over has left on a host: its link was dead at the end, so that it could not give the lease back. Pure.

The next run of the same control node need not wait until it runs out. It must be sure for that: the journal of this node says that the run
has ended, on this node, with no act on the host open, and which lease it had there. Whoever is not sure waits, as for everybody else.
"""

import re
from collections.abc import Iterable, Sequence

from healer.model.events import ActIntended, LeaseTaken, Stamped
from healer.model.job import Lease
from healer.rollout.fold import fold
from healer.rollout.machine import HostState

ACTOR = re.compile(r".*@([^@ ]+) pid [0-9]+")
"""Who runs it, as the pipeline writes it: user, node, process."""


def left_behind(history: Sequence[Stamped], host: str, node: str) -> Lease | None:
    """Return the last lease of the run on the host, None where it is not certain that nothing is done under it any more.

    `history` are the run's events, `node` is this control node's name. Raises IllegalMove for a history that contradicts itself.
    """
    state = fold(history)
    if state.exit_code is None or not node or node != node_of(state.actor):
        return None
    hosts = [one for play in state.plays.values() for one in play.hosts.values()]
    taken = _last_lease(hosts, host)
    if taken is None or any(host in _places(one.open) for one in hosts if one.open is not None):
        return None
    return Lease(state.run, taken.boot_id, taken.epoch, 0.0)


def node_of(actor: str) -> str:
    """Return the control node's name in an event's actor, empty where there is none."""
    found = ACTOR.fullmatch(actor)
    return found[1] if found else ""


def _last_lease(hosts: Iterable[HostState], host: str) -> LeaseTaken | None:
    """Return the newest: epochs only grow."""
    leases = [one.lease for one in hosts if one.host == host and one.lease is not None]
    return max(leases, key=lambda lease: lease.epoch, default=None)


def _places(act: ActIntended) -> tuple[str, str]:
    """Return the hosts that the act may still go on upon."""
    return act.host, act.on
