"""Steps planned from raw arguments and values, as the engine would."""

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from healer.discovery import plugins
from healer.model.action import Act, Decision
from healer.model.facts import Facts, Unit, Units, Verdict
from healer.model.host import Host
from healer.steps.contract import Step, StepContext

STEPS = plugins("healer.steps", Step)


def unit(name: str, **changes: object) -> Unit:
    """Return a running, enabled service, but for the changes."""
    values: dict[str, Any] = {
        "load": "loaded", "active": "active", "sub": "running", "type": "simple", "restarts": 0, "invocation": "one", "main_pid": 9,
        "refuse_manual_stop": False, "enabled": "enabled",
    }  # fmt: skip
    return Unit(name=name, **{**values, **changes})


def services(*units: Unit) -> Facts:
    """Return facts with these services."""
    return Facts({"units": Units({each.name: each for each in units}, ())})


def context(facts: Facts | None = None, files: Mapping[str, bytes] | None = None) -> StepContext:
    """Return what a plan may know."""
    return StepContext(Host("web1"), facts or Facts(), files=files or {})


def planned(step: str, arguments: Mapping[str, object], facts: Facts | None = None, files: Mapping[str, bytes] | None = None) -> Decision:
    """Return the step's decision."""
    plugin = STEPS[step]
    return plugin.plan(plugin.arguments.model_validate(arguments), context(facts, files))


def acts(step: str, arguments: Mapping[str, object], facts: Facts | None = None, files: Mapping[str, bytes] | None = None) -> Act:
    """Return the step's decision, which must be to act."""
    decision = planned(step, arguments, facts, files)
    assert isinstance(decision, Act)
    return decision


def judged(step: str, arguments: Mapping[str, object], before: Facts, after: Facts) -> tuple[Verdict, str]:
    """Return what the step's verify says."""
    plugin = STEPS[step]
    assert plugin.verify is not None
    proof = plugin.verify(plugin.arguments.model_validate(arguments), context(before), after)
    return proof.verdict, proof.reason


def complaint(step: str, arguments: Mapping[str, object]) -> str:
    """Return what the step's model says against the arguments."""
    with pytest.raises(ValidationError) as caught:
        STEPS[step].arguments.model_validate(arguments)
    return str(caught.value.errors()[0]["msg"])
