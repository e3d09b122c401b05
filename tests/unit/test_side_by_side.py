"""Two processes run the suite: one count, one exit status, nothing left running."""

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
CONFTEST = """
import pytest
import side_by_side

def pytest_addoption(parser):
    side_by_side.add_options(parser)

def pytest_configure(config):
    config.addinivalue_line("markers", "system: on a lab")
    side_by_side.configure(config)
"""
TESTS = """
import os, time, pathlib, pytest

def test_here():
    pathlib.Path("here").write_text(str(os.getpid()))
    {here}

@pytest.mark.system
def test_there():
    pathlib.Path("there").write_text(str(os.getpid()))
    {there}
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Return a folder for a small suite of its own, apart from where its tests keep their files."""
    folder = tmp_path / "suite"
    (folder / "tests").mkdir(parents=True)
    (folder / "tests/conftest.py").write_text(CONFTEST)
    (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = {HERE}\ntestpaths = tests\n")
    return folder


def begin(suite: Path, here: str, there: str) -> "subprocess.Popen[str]":
    """Run the suite with these lines in its two tests."""
    (suite / "tests/test_both.py").write_text(TESTS.format(here=here, there=there))
    words = [sys.executable, "-m", "pytest", "-q", "--side-by-side", "-p", "no:cacheprovider", f"--basetemp={suite.parent}/temp"]
    return subprocess.Popen(
        words,
        cwd=suite,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no thread yet
    )


@pytest.mark.parametrize(
    ("here", "there", "code", "words"),
    [
        ("pass", "pass", 0, "2 passed"),
        ("pass", "assert False, 'the far one'", 1, "1 failed, 1 passed"),
        ("assert False", "pass", 1, "1 failed, 1 passed"),
        ("pass", "os._exit(9)", 1, "ended with status 9"),
    ],
)
def test_both_count_as_one_run(here: str, there: str, code: int, words: str, suite: Path) -> None:
    """Results of both processes are counted together, and a second one that dies fails the run."""
    running = begin(suite, here, there)
    said, _ = running.communicate(timeout=120)
    assert (code, True) == (running.returncode, words in said), said
    assert (suite / "here").read_text() != (suite / "there").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_who_is_interrupted_ends_the_other(number: signal.Signals, suite: Path) -> None:
    """Ctrl-C and the death of the first process end the second by way of its own cleaning up."""
    wait = "time.sleep(100)"
    cleans = f"try:\n        {wait}\n    finally:\n        pathlib.Path('cleaned').touch()"
    running = begin(suite, f"[time.sleep(0.1) for _ in iter(lambda: pathlib.Path('there').exists(), True)]; {wait}", cleans)
    while not (suite / "there").exists() or not (suite / "there").read_text():
        assert running.poll() is None
        time.sleep(0.05)
    second = int((suite / "there").read_text())
    running.send_signal(number)
    said, _ = running.communicate(timeout=60)
    ended(second)
    assert (suite / "cleaned").exists(), said


def ended(pid: int) -> None:
    """Wait until a process that is no child of ours has ended."""
    with suppress(ProcessLookupError):
        select.select([os.pidfd_open(pid)], [], [], 60)
