"""command and shell: what is run, when, and what counts as a change."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from step_cases import acts, complaint

from healer.model.action import Run
from healer.steps._command import GUARDED, SKIPPED


def run(step: str, **arguments: object) -> Run:
    """Return the one run that is planned."""
    verb = acts(step, arguments).actions[0].verb
    assert isinstance(verb, Run)
    return verb


def test_a_line_is_split_into_words() -> None:
    """A command line is split at blanks outside of quotes, and nothing in it is code."""
    assert Run(("grep", "a b", "$HOME", ";", "x*")) == run("command", cmd="grep 'a b' $HOME ; x*")


def test_words_are_taken_as_they_are() -> None:
    """Words of argv are not split again."""
    assert run("command", argv=["printf", "a b;c"]).argv == ("printf", "a b;c")


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_any_text_stays_one_word(text: str) -> None:
    """Whatever a word holds, it arrives as one argument, also behind the guard."""
    assert text == run("command", argv=["printf", text], creates="/x").argv[-1]


def test_shell_text_goes_to_the_shell_whole() -> None:
    """The text of shell is one argument of the chosen shell."""
    assert run("shell", cmd="a | b", executable="/bin/bash").argv == ("/bin/bash", "-c", "a | b")


def test_every_argument_reaches_the_run() -> None:
    """Folder, input, environment, time and exit codes are those that were given."""
    expected = Run(("a",), "in", 5.0, (0, 3), (3,), mutating=True, environment={"A": "1"}, directory="/d")
    assert expected == run("command", cmd="a", stdin="in", timeout=5, rc=0, changes=3, environment={"A": "1"}, chdir="/d")


@pytest.mark.parametrize(
    ("arguments", "accepted", "changed"),
    [
        ({}, (0,), None),
        ({"changes": False}, (0,), ()),
        ({"changes": [2]}, (0, 2), (2,)),
        ({"mutating": False}, (0,), ()),
        ({"creates": "/x"}, (0, SKIPPED), (0,)),
        ({"creates": "/x", "changes": False}, (0, SKIPPED), ()),
        ({"rc": [0, 1], "removes": "/x"}, (0, 1, SKIPPED), (0, 1)),
    ],
)
def test_exit_codes(arguments: dict[str, object], accepted: tuple[int, ...], changed: tuple[int, ...] | None) -> None:
    """Good are rc and changes; leaving a command out is good and no change."""
    found = run("command", cmd="a", **arguments)
    assert (accepted, changed) == (found.accepted, found.changed_codes)


@pytest.mark.parametrize(
    ("arguments", "disruptive", "stale"),
    [({}, True, ("*",)), ({"disruptive": False}, False, ("*",)), ({"mutating": False}, False, ())],
)
def test_a_command_disrupts_unless_it_says_otherwise(arguments: dict[str, object], disruptive: bool, stale: tuple[str, ...]) -> None:
    """Nobody knows what a command does: it counts as disruptive and spoils all facts, unless it is said to be harmless or to only look."""
    found = acts("command", {"cmd": "a", **arguments}).actions[0]
    assert (disruptive, stale) == (found.disruptive, found.makes_stale)


@pytest.mark.parametrize(
    ("arguments", "summary"),
    [
        ({"argv": ["echo", "a b"]}, "Run echo 'a b'"),
        ({"cmd": "a", "creates": "/x"}, "Run a (unless /x exists)"),
        ({"cmd": "a", "removes": "/x"}, "Run a (unless /x is gone)"),
        ({"cmd": "a" * 200}, f"Run {'a' * 97}..."),
    ],
)
def test_the_summary_is_what_people_would_type(arguments: dict[str, object], summary: str) -> None:
    """The summary shows the command, shortened, and when it is left out."""
    assert summary == acts("command", arguments).actions[0].summary


WRONG = [
    ("command", {}, "give either cmd or argv"),
    ("command", {"cmd": "a", "argv": ["a"]}, "give either cmd or argv"),
    ("command", {"argv": [""]}, "the command is empty"),
    ("command", {"cmd": "a 'b"}, "the quotes of the command do not match"),
    ("command", {"argv": ["a\0"]}, "a NUL character cannot be part of a command"),
    ("command", {"cmd": "a", "chdir": "tmp"}, "write an absolute path"),
    ("command", {"cmd": "a", "creates": "/x", "removes": "/y"}, "creates and removes cannot both be given"),
    ("command", {"cmd": "a", "mutating": False, "disruptive": True}, "what only looks (mutating: false) cannot be disruptive"),
    ("command", {"cmd": "a", "environment": {"A B": "x"}}, "'A B' is no name of an environment variable"),
    ("command", {"cmd": "a", "rc": 256}, "Input should be less than or equal to 255"),
    ("shell", {"cmd": " "}, "the command is empty"),
]


@pytest.mark.parametrize(("step", "arguments", "words"), WRONG)
def test_what_cannot_be_run_is_refused(step: str, arguments: dict[str, object], words: str) -> None:
    """Arguments that contradict each other, or that no program can take, are refused."""
    assert words in complaint(step, arguments)


def guarded(word: str, path: Path, *command: str) -> int:
    """Run the guard on this machine and return its exit status."""
    return subprocess.run(["sh", "-c", GUARDED, "healer", word, str(path), *command], check=False).returncode


def test_the_guard_leaves_out_what_is_done(tmp_path: Path) -> None:
    """With creates, the command runs only when the path is not there; a dangling link is there."""
    (tmp_path / "link").symlink_to("nowhere")
    found = [guarded("creates", tmp_path / name, "sh", "-c", "exit 7") for name in ("none", "link", ".")]
    assert found == [7, SKIPPED, SKIPPED]


def test_the_guard_leaves_out_what_is_gone(tmp_path: Path) -> None:
    """With removes, the command runs only when the path is there."""
    assert [guarded("removes", tmp_path / name, "sh", "-c", "exit 7") for name in ("none", ".")] == [SKIPPED, 7]


def test_the_guard_s_own_code_is_never_the_command_s(tmp_path: Path) -> None:
    """A command that ends with the guard's own code is told as 254, never as left out."""
    assert guarded("creates", tmp_path / "none", "sh", "-c", f"exit {SKIPPED}") == 254


def test_the_guard_is_sound_shell() -> None:
    """The guard passes shellcheck."""
    done = subprocess.run(["shellcheck", "-s", "sh", "-"], input=GUARDED, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
