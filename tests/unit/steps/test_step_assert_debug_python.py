"""assert, debug and python."""

import hashlib

import pytest
from step_cases import STEPS, acts, complaint, planned

from healer.model.action import Act, Action, CallPython, Refuse

HOLDS = {"expression": "a", "holds": True}
BROKEN = {"expression": "b == 1", "holds": False}


def test_an_assertion_that_holds_does_nothing() -> None:
    """When everything holds there is nothing to do, and the result says so."""
    assert Act((), results={"msg": "all 1 conditions hold"}) == planned("assert", {"that": [HOLDS]})


def test_an_assertion_tells_its_own_words() -> None:
    """The author's words stand in the place of healer's."""
    found = [planned("assert", {"that": [each], "fail_msg": "no", "success_msg": "yes"}) for each in (HOLDS, BROKEN)]
    assert [Act((), results={"msg": "yes"}), Refuse("no")] == found


def test_a_broken_assertion_refuses_the_host() -> None:
    """The host is refused with every condition that does not hold."""
    assert Refuse("does not hold: b == 1; b == 1") == planned("assert", {"that": [BROKEN, HOLDS, BROKEN]})


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ({"msg": "hello"}, ("hello",)),
        ({"msg": {"a": [1]}}, ('{"a": [1]}',)),
        ({"var": [{"expression": "x.y", "value": [1]}]}, ("x.y = [1]",)),
    ],
)
def test_debug_shows(arguments: dict[str, object], lines: tuple[str, ...]) -> None:
    """A message or a value is shown and nothing is done."""
    assert Act((), results={"msg": lines[0]}, forecast=lines) == planned("debug", arguments)


def test_what_only_talks_takes_no_slot() -> None:
    """Assert and debug never act on a host, so they are no reason to take it out of service."""
    assert [STEPS[name].rolls for name in ("assert", "debug")] == [False, False]


def test_python_is_pinned_to_the_file() -> None:
    """The call carries the digest of the file that was read, so that nothing else can be called."""
    verb = CallPython("x.py", "go", {"a": 1}, hashlib.sha256(b"code").hexdigest())
    expected = Action("Call go of x.py", verb, disruptive=True)
    assert (expected,) == acts("python", {"file": "x.py", "function": "go", "args": {"a": 1}}, files={"x.py": b"code"}).actions


def test_python_names_its_file() -> None:
    """The file is asked for, and a host is refused when it was not read."""
    plugin = STEPS["python"]
    named = plugin.files(plugin.arguments.model_validate({"file": "x.py"}))
    assert (("x.py",), Refuse("x.py was not read on the control node")) == (named, planned("python", {"file": "x.py"}))


WRONG = [
    ("assert", {"that": []}, "at least 1 item"),
    ("debug", {}, "give either msg or var"),
    ("python", {"file": "x.sh"}, "should match pattern"),
    ("python", {"file": "x.py", "function": "a.b"}, "should match pattern"),
]


@pytest.mark.parametrize(("step", "arguments", "words"), WRONG)
def test_wrong_arguments_are_refused(step: str, arguments: dict[str, object], words: str) -> None:
    """What says nothing, or names no function, is refused."""
    assert words in complaint(step, arguments)
