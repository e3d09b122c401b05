"""What is done about each finding, by which rule, and why: the first rule that has something to say decides. Pure.

The order is that of doubt: whether anything may be done at all, whether we see rightly, whether it was tried too often, who else is to
blame, and only then which rung of the ladder is next.
"""

from collections.abc import Sequence

from healer.healing import brakes, causes
from healer.healing.case import Case, Rule
from healer.healing.detect import findings
from healer.healing.named import entry_of
from healer.healing.policy import ServicePolicy, ServicesPolicy
from healer.healing.survey import Survey
from healer.model.facts import Facts, Unknown, Verdict
from healer.model.services import Finding, Rung, ServiceJudgement, ServicePast, ServiceStates

DISRUPTIVE: tuple[Rung, ...] = ("restart", "kill", "reboot")
"""Rungs that take a service that may still serve somebody away for a while."""
TOLD = {
    "network": "it is well as seen from its own host: look at the network, the firewall and the load balancer in between",
    "blocked": "a restart would only put a second one beside it: look at the disk or network file system that it waits for, or boot",
}


def judge(  # noqa: PLR0917  each is another kind of knowledge
    host: str,
    group: str,
    facts: Facts,
    policy: ServicesPolicy,
    past: ServicePast,
    survey: Survey,
    now: float,
    tried: Sequence[tuple[str, Rung]] = (),
) -> tuple[ServiceJudgement, ...]:  # fmt: skip
    """Return one judgement for each finding, by unit; none where nothing is known (detect.blind says why).

    `tried` are the rungs that this very run has used already and that did not help, by unit, whether or not the journal shows them yet.
    `now` is epoch seconds.
    """
    states = facts.read("services", ServiceStates)
    by_name, named = ({}, {}) if isinstance(states, Unknown) else (states.states, states.named)

    def case(finding: Finding) -> Case:
        entry = entry_of(policy, finding.unit, named)
        used = tuple(rung for unit, rung in tried if unit == finding.unit)
        built_in = ServicePolicy(unit=finding.unit)
        return Case(host, group, finding, by_name.get(finding.unit), entry or built_in, policy, facts, past, survey, now, used)

    return tuple(_first(case(finding)) for finding in findings(facts, policy, past, now))


def _first(case: Case) -> ServiceJudgement:
    return next((found for rule in RULES if (found := rule(case)) is not None), None) or ladder(case)


def back_off(case: Case) -> ServiceJudgement | None:
    """Let it wait between two tries, but not where no other try would come: what a package change is blamed for is told at once."""
    blamed = causes.package(case)
    return None if blamed is not None and blamed.choice == "tell" else brakes.back_off(case)


def told(case: Case) -> ServiceJudgement | None:
    """Tell people of trouble that no act on the service would end."""
    kind, detail = case.finding.kind, case.finding.detail
    if kind == "absent":
        what = "start it, or take it out of the policy" if case.state else "correct the name, or take it out of the policy of this host"
        return case.judge("tell", "absent", f"{detail}: {what}")
    if kind in TOLD:
        return case.judge("tell", kind, f"{detail}; {TOLD[kind]}")
    if case.state is None and kind == "stuck":
        return case.judge(
            "tell", "several", f"{detail}; the policy's pattern stands for several services here, and which of them it is cannot be told"
        )
    return None


def ladder(case: Case) -> ServiceJudgement:
    """Return the next rung. One that is down is started once in a run; else the first rung of the policy that this run has not used."""
    if case.down:
        if "start" in case.tried:
            return case.judge("wait", "started", f"this run has started it, and it did not stay up ({case.finding.detail})")
        return case.heal("start", "down", f"{case.finding.detail}: a start takes nothing away from anybody")
    allowed = [rung for rung in case.entry.ladder if rung != "start" and _possible(case, rung)]
    rung = next((rung for rung in allowed if rung not in case.tried), None)
    if rung is None:
        return _nothing_left(case)
    if rung in DISRUPTIVE and not _can_be_spared(case):
        where = case.group or "the fleet"
        return case.judge(
            "withhold",
            "last-healthy",
            f"{case.finding.detail}; no other host of {where} is known to be well, so that a {rung} waits for a person",
        )
    return case.heal(rung, case.finding.kind, f"{case.finding.detail}: {rung} is the next rung")


def _possible(case: Case, rung: Rung) -> bool:
    state = case.state
    if state is None or (case.finding.kind == "zombies" and rung != "restart"):
        return False
    if rung == "reload":
        return state.reloads
    if rung == "reboot":
        return Verdict.GOOD in _others(case)
    return not state.refuse_manual_stop


def _others(case: Case) -> tuple[Verdict, ...]:
    members = case.survey.members(case.group, case.finding.unit)
    return tuple(verdict for host, verdict in members.items() if host != case.host)


def _can_be_spared(case: Case) -> bool:
    others = _others(case)
    return not others or Verdict.GOOD in others


def _nothing_left(case: Case) -> ServiceJudgement:
    if case.tried:
        return brakes.given_up(case, "nothing-left", f"no rung of its ladder is left after {' and '.join(case.tried)}")
    return case.judge("tell", "no-rung", f"{case.finding.detail}; its ladder has no rung that may be used here")


RULES: tuple[Rule, ...] = (
    brakes.maintenance, brakes.us, brakes.cut_off, causes.dependency, brakes.meltdown, told, brakes.quarantined, brakes.too_often,
    back_off, brakes.busy, causes.starved, causes.configuration, causes.memory, causes.shared, causes.package,
)  # fmt: skip
"""In this order. A dependency that is known to be down says more than that many have fallen together."""
