"""How a task's raw arguments become its step's model at run time."""

import pytest
from playbook_cases import STEPS, task

from healer.model.errors import PlaybookError
from healer.playbook.render import Renderer
from healer.playbook.schema import arguments_of
from healer.playbook.scope import Scope


def arguments(text: str, **variables: object) -> dict[str, object]:
    """Return the arguments that were given, validated, of a task with these lines."""
    found = task(text)
    return arguments_of(found, STEPS[found.step], Renderer(), Scope(variables)).model_dump(exclude_unset=True)


def test_arguments_are_rendered_and_validated() -> None:
    """Templates are rendered first; the model then reads their values."""
    assert arguments("wait_for: {port: '{{ p }}', delay: '{{ d }}'}", p=80, d="2") == {"port": 80, "delay": 2.0}


def test_omit_leaves_an_argument_out() -> None:
    """An argument that is `omit` counts as not given."""
    assert arguments("wait_for: {port: 80, host: '{{ h | default(omit) }}'}") == {"port": 80}


def test_conditions_are_judged() -> None:
    """The conditions of an assert come with whether they hold."""
    assert arguments("assert: {that: ['n == 1', n > 1]}", n=1) == {
        "that": ({"expression": "n == 1", "holds": True}, {"expression": "n > 1", "holds": False})
    }


def test_expressions_are_evaluated() -> None:
    """The variable that debug shows comes with its value."""
    assert arguments("debug: {var: n + 1}", n=1) == {"shown": ({"expression": "n + 1", "value": 2},)}


def test_a_rendered_value_that_does_not_fit_is_told_at_the_task() -> None:
    """What only shows after rendering is told with the place of the task."""
    with pytest.raises(PlaybookError) as caught:
        arguments("wait_for: {port: '{{ p }}'}", p=99999)
    assert (caught.value.line, caught.value.message) == (3, "wait_for: port is 99999: it should be less than or equal to 65535.")


def test_a_hidden_value_is_not_told() -> None:
    """The value of a task with no_log does not show up in the error about it."""
    with pytest.raises(PlaybookError) as caught:
        arguments("wait_for: {port: '{{ p }}'}\nno_log: true", p="hunter2")
    assert "hunter2" not in repr(caught.value) + str(caught.value)


def test_a_value_of_no_fitting_type_is_told_once() -> None:
    """A value that fits none of the types that an argument can have is one mistake, not one for each type."""
    with pytest.raises(PlaybookError) as caught:
        task("http: {url: 'http://h/', status: fine}")
    assert len(str(caught.value).splitlines()) == 1
