"""How many logins this process may hold at once: each needs a few file descriptors and a thread, and some systems give few."""

import resource

from healer.model.errors import UsageError

KEPT_BACK = 64
"""Descriptors for the journal, locks, modules that are loaded late, and whatever the caller had open."""
EACH = 4
"""Descriptors of a login at its worst: a connection, an agent's, and two of a file that is being sent."""
MOST = 200
"""More logins than this are not held open, whatever the system allows: each has a thread of its own."""


def room_for_logins() -> int:
    """Return how many, having asked the system for all the descriptors that it allows. Raises UsageError for fewer than one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = KEPT_BACK + EACH * MOST
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    room = MOST if soft == resource.RLIM_INFINITY else min(MOST, (soft - KEPT_BACK) // EACH)
    if room < 1:
        raise UsageError(f"only {soft} files may be open at once, too few for one login.", advice="Allow more: `ulimit -n 1024`.")
    return room
