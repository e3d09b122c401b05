"""One finding with everything that it is judged by, and the words of judgements. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from healer.healing.policy import ServicePolicy, ServicesPolicy
from healer.healing.survey import Survey
from healer.model.facts import Facts
from healer.model.services import Choice, Finding, FindingKind, Rung, ServiceJudgement, ServicePast, ServiceState

DOWN_FOR_ALL: tuple[FindingKind, ...] = ("failed", "crash_loop")
"""A start takes nothing away from anybody here."""


@dataclass(frozen=True, slots=True)
class Case:
    """One finding on one host. `entry` is the policy's, or the built-in one; `state` is None where the finding is of no single unit.

    `tried` are the rungs that this run has used already on the unit. `now` is epoch seconds.
    """

    host: str
    group: str
    finding: Finding
    state: ServiceState | None
    entry: ServicePolicy
    policy: ServicesPolicy
    facts: Facts
    past: ServicePast
    survey: Survey
    now: float
    tried: tuple[Rung, ...] = ()

    @property
    def down(self) -> bool:
        """Whether the service is of no use to anybody now, so that a start is all that it needs."""
        return self.finding.kind in DOWN_FOR_ALL or self.finding.dead

    @property
    def others(self) -> tuple[str, ...]:
        """The other hosts that were looked at, or should have been."""
        return tuple(host for host in self.survey.hosts if host != self.host)

    def judge(self, choice: Choice, rule: str, reason: str, *, cause: str = "") -> ServiceJudgement:
        """Return the judgement of this finding."""
        return ServiceJudgement(self.finding.unit, self.finding.kind, self.finding.detail, choice, rule, reason, cause=cause)

    def heal(self, rung: Rung, rule: str, reason: str) -> ServiceJudgement:
        """Return the judgement that this rung is tried now."""
        return replace(self.judge("heal", rule, reason), rung=rung)


Rule = Callable[[Case], ServiceJudgement | None]
"""Judges a case, or leaves it to the rules after it."""
