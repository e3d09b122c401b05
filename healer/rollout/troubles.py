"""From an error to how the host ends because of it. Pure."""

import traceback

from healer.model.errors import BusyError, HostError, InputError, OutcomeUnknown, RefusedError, UnreachableError
from healer.model.events import Terminal
from healer.model.facts import Verdict
from healer.rollout.machine import HostState
from healer.rollout.work import Trouble

LOST: frozenset[Terminal] = frozenset({"unknown", "unreachable", "busy", "refused"})
"""Troubles after which nothing more is tried on the host, handlers included."""
PREPARED = {"ok": Verdict.GOOD, "failed": Verdict.BAD, "unknown": Verdict.UNKNOWN}
"""What the end of `prepare` says of the preparation. Other ends (busy, refused, skipped, unreachable) say nothing of it."""


def trouble_of(error: HostError | InputError, state: HostState) -> Trouble:
    """Return how the host ends. Before its first disruptive act nothing was disturbed; after it nobody knows how a lost host is.

    An error about another host (a load balancer that is delegated to) never says that this one is lost.
    """
    elsewhere = isinstance(error, HostError) and error.host != state.host
    reason = str(error) if elsewhere or isinstance(error, InputError) else error.message
    if isinstance(error, (UnreachableError, OutcomeUnknown)) and not elsewhere:
        return Trouble("unknown" if state.acted and state.disrupted else "unreachable", reason)
    if isinstance(error, RefusedError):
        return Trouble("refused" if state.acted else "busy", reason)
    return Trouble("busy" if isinstance(error, BusyError) else "failed", reason)


def joined(first: Trouble | None, then: Trouble | None) -> Trouble | None:
    """Return the trouble of a section and of the handlers after it as one; a host that was lost in the handlers is lost."""
    if first is None or then is None:
        return first or then
    return Trouble(then.terminal if then.terminal in LOST else first.terminal, f"{first.reason}; then a handler: {then.reason}")


def unexpected(error: Exception) -> str:
    """Return the reason for an exception that nobody foresaw, with its place for the report of the defect."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"unexpected {type(error).__name__}: {error} ({where.filename}:{where.lineno}); a defect of healer, please report it"
