"""Rules that hold healing back, whatever is wrong with the service: pauses, our own blindness, storms, and tries without end. Pure."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC

from healer.healing.case import Case
from healer.healing.named import paused
from healer.healing.survey import STORM, Survey
from healer.model.services import Heal, ServiceJudgement

FIRST_WAIT = 30.0
LONGEST_WAIT = 900.0
GOOD_FOR = 600.0
"""Seconds without trouble after which the waits between heals begin at the shortest again."""
THIS_RUN = 1800.0
"""Seconds within which a heal of the journal may be one that this very run tells of as tried."""


def maintenance(case: Case) -> ServiceJudgement | None:
    """Heal nothing while the policy pauses it."""
    pause = paused(case.policy, case.entry, case.now)
    if pause is None:
        return None
    until = pause.until.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return case.judge("withhold", "maintenance", f"maintenance until {until}" + (f": {pause.why}" if pause.why else ""))


def us(case: Case) -> ServiceJudgement | None:
    """Where no other host can be reached the fault is most likely on the control node's side."""
    if not case.others or any(host not in case.survey.unreached for host in case.others):
        return None
    cause = "no other host can be reached from here: that is most likely this control node's own fault, and nothing is healed"
    return case.judge("withhold", "us", f"{cause}; look at this machine's network first", cause=cause)


def cut_off(case: Case) -> ServiceJudgement | None:
    """Where half of the hosts or more cannot be reached, something bigger is wrong than a service."""
    hosts, away = len(case.survey.hosts), len(case.survey.unreached)
    if hosts < 2 or 2 * away < hosts:
        return None
    cause = "half or more of the hosts cannot be reached: nothing is healed until they can"
    return case.judge("withhold", "cut-off", f"{cause} ({away} of {hosts} now)", cause=cause)


def meltdown(case: Case) -> ServiceJudgement | None:
    """Where many hosts of a group fall together, a heal on each of them makes it worse."""
    members = case.survey.groups.get(case.group, ())
    limit = max(1.0, len(members) * case.policy.meltdown / 100)
    if worst(case.survey, members, case.now) <= limit:
        return None
    where = case.group or "the fleet"
    cause = f"more than {int(limit)} of the {len(members)} hosts of {where} went bad within ten minutes: nothing is healed there"
    return case.judge("withhold", "meltdown", f"{cause} until it has been calm for ten minutes", cause=cause)


def worst(survey: Survey, members: Iterable[str], now: float) -> int:
    """Return how many of the members at most fell within ten minutes of each other, as seen at any moment of the last ten minutes."""
    falls = [(at, host) for host in members for at in survey.fell.get(host, ())]
    moments = [now - STORM, *(at for at, _ in falls if at >= now - STORM)]
    return max(len({host for at, host in falls if moment - STORM <= at <= moment}) for moment in moments)


def quarantined(case: Case) -> ServiceJudgement | None:
    """Leave a service alone that was given up, until somebody has looked."""
    reason = case.past.quarantined.get(case.finding.unit)
    return case.judge("quarantine", "quarantined", reason) if reason is not None else None


def too_often(case: Case) -> ServiceJudgement | None:
    """After so many tries within the policy's time a person is needed."""
    tries = len(recent(case)) + sum(untold(case).values())
    if tries < case.entry.heals:
        return None
    within = "an hour" if case.entry.within == 3600 else f"{case.entry.within / 60:g} min"
    return given_up(case, "heals-an-hour", f"{tries} tries within {within} did not bring it back for good")


def given_up(case: Case, rule: str, why: str) -> ServiceJudgement:
    """Return the quarantine, with what somebody should do now."""
    unit = case.finding.unit
    ask = f"see healer why {case.host} {unit}, mend it, then healer ack {case.host} {unit}"
    return case.judge("quarantine", rule, f"{why} ({case.finding.detail}): it is left alone until somebody has looked; {ask}")


def recent(case: Case) -> tuple[Heal, ...]:
    """Return the tries of the journal that count for this service: on this host, within the policy's time."""
    return tuple(heal for heal in case.past.heals if heal.unit == case.finding.unit and case.now - heal.at < case.entry.within)


def untold(case: Case) -> Counter[str]:
    """Return the rungs that this run has used and that the journal, as it was read, does not show yet."""
    shown = Counter(str(heal.rung) for heal in recent(case) if case.now - heal.at <= THIS_RUN)
    return Counter(map(str, case.tried)) - shown


def back_off(case: Case) -> ServiceJudgement | None:
    """Between two tries the wait doubles, until the service has been good for ten minutes. The ladder of one run goes on without a wait."""
    mine = [heal for heal in case.past.heals if heal.unit == case.finding.unit]
    if case.tried or not mine:
        return None
    left = mine[-1].at + wait_after(mine, case.finding.since) - case.now
    if left <= 0:
        return None
    return case.judge("wait", "back-off", f"it was tried {case.now - mine[-1].at:.0f} s ago; the next try is due in {left:.0f} s")


def wait_after(heals: Iterable[Heal], since: float) -> float:
    """Return the seconds that must lie between the last of these heals and the next; `since` is when the trouble of now began."""
    row, last = 0, 0.0
    for heal in heals:
        calm = row and heal.at - last >= GOOD_FOR + _wait(row)
        row, last = (1 if calm else row + 1), heal.at
    return 0.0 if row and since - last >= GOOD_FOR else _wait(row)


def _wait(row: int) -> float:
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(row - 1, 20)) if row else 0.0


def busy(case: Case) -> ServiceJudgement | None:
    """Leave to others what they are working on."""
    if case.state is None or not case.state.busy:
        return None
    return case.judge("wait", "busy", "its manager is at work on it: somebody else has asked for something just now")
