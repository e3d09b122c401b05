"""http and wait_for: what is waited for, and from where."""

import pytest
from step_cases import acts, complaint

from healer.model.action import Action, ProbeUntil


def test_http_asks_from_the_host_by_default() -> None:
    """A bare address means: from the host itself, status 200, for half a minute."""
    asked = {"url": "http://127.0.0.1/", "status": 200, "contains": "", "method": "GET", "headers": {}, "verify": True}
    expected = Action(
        "Wait until http://127.0.0.1/ answers well (at most 30 s)",
        ProbeUntil("http", asked, "host", 30.0, 1.0, 1),
        disruptive=False,
        makes_stale=(),
    )
    assert (expected,) == acts("http", {"url": "http://127.0.0.1/"}).actions


def test_http_asks_as_it_is_told() -> None:
    """Every argument reaches the probe."""
    arguments = {"url": "https://h/", "status": [200, 204], "contains": "ok", "method": "HEAD", "headers": {"A": "b"}, "verify": False}
    found = acts("http", {**arguments, "timeout": 5, "interval": 2, "consecutive": 3, "from": "lb1"}).actions[0].verb
    assert ProbeUntil("http", arguments, "lb1", 5.0, 2.0, 3) == found


@pytest.mark.parametrize(
    ("arguments", "verb"),
    [
        ({"port": 22}, ProbeUntil("tcp", {"host": "127.0.0.1", "port": 22}, "host", 300.0, 1.0)),
        (
            {"port": 22, "host": "h", "from": "control", "timeout": 5, "delay": 2, "state": "started"},
            ProbeUntil("tcp", {"host": "h", "port": 22}, "control", 5.0, 1.0, delay=2.0),
        ),
        ({"path": "/x"}, ProbeUntil("path", {"path": "/x", "state": "present"}, "host", 300.0, 1.0)),
        ({"path": "/x", "state": "absent"}, ProbeUntil("path", {"path": "/x", "state": "absent"}, "host", 300.0, 1.0)),
    ],
)
def test_wait_for_asks_about_a_port_or_a_path(arguments: dict[str, object], verb: ProbeUntil) -> None:
    """A port is waited for until it accepts connections, a path until it is there or gone; nothing is disturbed."""
    action = acts("wait_for", arguments).actions[0]
    assert (verb, False, ()) == (action.verb, action.disruptive, action.makes_stale)


WRONG = [
    ("http", {"url": "ftp://h/"}, "write a URL"),
    ("http", {"url": "/health"}, "write a URL"),
    ("http", {"url": "http://h/", "timeout": 0}, "greater than 0"),
    ("wait_for", {}, "give either port or path"),
    ("wait_for", {"port": 1, "path": "/x"}, "give either port or path"),
    ("wait_for", {"port": 1, "state": "absent"}, "a port is waited for until it is started"),
    ("wait_for", {"path": "/x", "state": "started"}, "a path is present or absent"),
    ("wait_for", {"path": "x"}, "write an absolute path"),
]


@pytest.mark.parametrize(("step", "arguments", "words"), WRONG)
def test_wrong_arguments_are_refused(step: str, arguments: dict[str, object], words: str) -> None:
    """What cannot be asked is refused."""
    assert words in complaint(step, arguments)
