"""Go on only when conditions hold: the place for what a playbook takes for granted."""

from typing import Annotated

from pydantic import Field

from healer.model.action import Act, Decision, Refuse
from healer.steps.contract import Arguments, Step, StepContext


class Condition(Arguments):
    """A bare expression and whether it holds on this host."""

    expression: str
    holds: bool


class Assert(Arguments):
    """`that` are the conditions. `fail_msg` and `success_msg` are told in the place of the expressions."""

    that: Annotated[tuple[Condition, ...], Field(min_length=1)]
    fail_msg: str = ""
    success_msg: str = ""


def plan(arguments: Assert, _context: StepContext) -> Decision:
    """Refuse the host with everything that does not hold; else there is nothing to do."""
    broken = [condition.expression for condition in arguments.that if not condition.holds]
    if broken:
        return Refuse(arguments.fail_msg or f"does not hold: {'; '.join(broken)}")
    return Act((), results={"msg": arguments.success_msg or f"all {len(arguments.that)} conditions hold"})


PLUGIN = Step(name="assert", arguments=Assert, plan=plan, conditions=("that",), rolls=False)
