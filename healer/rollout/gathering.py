"""Reads evidence before the next act destroys it, over the login and not through the gate: nothing on the host is changed by it.

Evidence never stands in the way of the cure: whatever goes wrong with reading it is told, and is no failure of the act.
"""

from healer.model.action import Gather
from healer.model.command import Command, CommandResult
from healer.model.errors import HostError
from healer.model.facts import Unknown, Verdict
from healer.rollout.seen import Seen
from healer.rollout.session import Session


def gather(verb: Gather, session: Session, *, become: bool) -> Seen:
    """Return what the script has printed, as far as it came. Always good; the reason says what is missing."""
    argv = ("sh", "-c", verb.script, "healer", *verb.arguments)
    try:
        result = session.remote.run(Command(argv, timeout=verb.timeout, become=become, limit=verb.limit))
    except HostError as error:
        session.drop()
        return Seen(Verdict.GOOD, reason=f"no evidence: {error.message}")
    if isinstance(result.status, Unknown):
        session.drop()
    kept = result.stdout[: verb.limit]
    return Seen(Verdict.GOOD, reason=_told(result, len(kept)), output=kept.decode("utf-8", "backslashreplace"))


def _told(result: CommandResult, size: int) -> str:
    """Return how much was kept and, where it is not all, why."""
    if isinstance(result.status, Unknown):
        lack = f", cut off: {result.status.reason}"
    elif result.truncated:
        lack = ", the rest was too much"
    else:
        lack = f", the script ended with {result.status}" if result.status else ""
    return f"{size} bytes of evidence kept{lack}" if size else f"no evidence{lack}"
