"""What every step plug-in keeps, whatever it does."""

import re

import pytest

from healer.discovery import plugins
from healer.steps.contract import Arguments, Step

STEPS = plugins("healer.steps", Step)
EACH = pytest.mark.parametrize("step", STEPS.values(), ids=list(STEPS))


def written_names(step: Step) -> set[str]:
    """Return the arguments as they are written in a playbook."""
    return {field.alias or name for name, field in step.arguments.model_fields.items()}


@EACH
def test_names_are_words(step: Step) -> None:
    """A step's name is one lower-case word that is no keyword of a task."""
    assert re.fullmatch(r"[a-z][a-z_]*", step.name)


@EACH
def test_arguments_refuse_unknown_words(step: Step) -> None:
    """A misspelt argument never passes in silence, and arguments do not change after they were read."""
    expected = ("forbid", True, True)
    config = step.arguments.model_config
    assert expected == (config.get("extra"), config.get("frozen"), issubclass(step.arguments, Arguments))


@EACH
def test_special_arguments_exist(step: Step) -> None:
    """What a step names as free form, condition or expression is one of its arguments."""
    named = {*step.conditions, *step.expressions, *([step.free_form] if step.free_form else [])}
    assert named <= written_names(step)


@EACH
def test_needed_facts_exist(step: Step) -> None:
    """A step asks only for facts that somebody can read."""
    from healer.observe.facts.contract import Fact

    assert set(step.needs) <= set(plugins("healer.observe.facts", Fact))


@EACH
def test_plug_ins_explain_themselves(step: Step) -> None:
    """Arguments have a docstring: it is what people are shown."""
    assert (step.arguments.__doc__ or "").strip()
