"""copy and template: what is put where."""

import base64

import pytest
from step_cases import STEPS, acts, complaint, planned

from healer.model.action import Action, PutFile, Refuse


def put(step: str, files: dict[str, bytes] | None = None, **arguments: object) -> PutFile:
    """Return the file that is placed."""
    verb = acts(step, arguments, files=files).actions[0].verb
    assert isinstance(verb, PutFile)
    return verb


def test_content_is_placed_as_it_is() -> None:
    """Text from the playbook becomes the file, root's and readable by all unless said otherwise."""
    assert PutFile("/etc/x", "ä\n", "root", "root", "0644") == put("copy", dest="/etc/x", content="ä\n")


def test_every_argument_reaches_the_file() -> None:
    """Owner, group, mode, backup and check are those that were given; three digits of mode are four."""
    expected = PutFile("/etc/x", "", "a", "b", "0600", backup=True, validate=("visudo", "-cf", "%s"))
    assert expected == put("copy", dest="/etc/x", content="", owner="a", group="b", mode="600", backup=True, validate="visudo -cf %s")


@pytest.mark.parametrize(("step", "hook"), [("copy", "files"), ("template", "templates")])
def test_a_file_of_the_control_node_is_named_and_placed(step: str, hook: str) -> None:
    """The step names the file that it wants, and places what it was given under that name."""
    plugin = STEPS[step]
    wanted = getattr(plugin, hook)(plugin.arguments.model_validate({"src": "a.conf", "dest": "/x"}))
    assert (wanted, put(step, {"a.conf": b"text"}, src="a.conf", dest="/x").content) == (("a.conf",), "text")


@pytest.mark.parametrize("content", [b"\xff\x00", b"a\0b"])
def test_binary_content_travels_as_base64(content: bytes) -> None:
    """Bytes that are no text are carried as base64 and arrive unchanged."""
    found = put("copy", {"a": content}, src="a", dest="/x")
    assert ("base64", content) == (found.encoding, base64.b64decode(found.content))


def test_a_file_that_was_not_read_is_not_guessed() -> None:
    """Without the file's content the host is refused."""
    assert [Refuse("a was not read on the control node")] * 2 == [
        planned(step, {"src": "a", "dest": "/x"}) for step in ("copy", "template")
    ]


def test_placing_a_file_disturbs_nobody() -> None:
    """A file by itself is not disruptive, unless it is said to be."""
    found = [acts("copy", {"dest": "/x", "content": "", **more}).actions[0] for more in ({}, {"disruptive": True})]
    assert [action.disruptive for action in found if isinstance(action, Action)] == [False, True]


WRONG = [
    ("copy", {"dest": "/x"}, "give either src or content"),
    ("copy", {"dest": "/x", "src": "a", "content": "b"}, "give either src or content"),
    ("copy", {"dest": "x", "content": ""}, "write the absolute path"),
    ("copy", {"dest": "/x/", "content": ""}, "write the absolute path"),
    ("copy", {"dest": "/x", "content": "", "mode": 420}, "write the mode as octal in quotes"),
    ("copy", {"dest": "/x", "content": "", "mode": "u=rw"}, "write the mode as octal in quotes"),
    ("copy", {"dest": "/x", "content": "", "validate": "nginx -t"}, "validate needs %s"),
    ("template", {"dest": "/x"}, "Field required"),
]


@pytest.mark.parametrize(("step", "arguments", "words"), WRONG)
def test_wrong_arguments_are_refused(step: str, arguments: dict[str, object], words: str) -> None:
    """A place that is no place, a mode that YAML may have misread, or two sources are refused."""
    assert words in complaint(step, arguments)
