"""A control node that is told to stop: Ctrl-C once and twice, SIGTERM, a terminal that is closed; and what was changed before the resume."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cheap_plays import CASES, Driven, memory_folder, undisturbed
from console import ROOT, hear_signals, wait_for

EVERYTHING = CASES[0]


@dataclass(frozen=True)
class Whole:
    """A folder, and what the case comes to undisturbed."""

    folder: Path
    outcome: dict[str, Any]
    requests: int

    def struck(self, name: str, part: int, signals: tuple[int, ...]) -> Driven:
        """Return the case about to be struck by signals, after so many quarters of what its hosts are asked."""
        return Driven(EVERYTHING, self.folder / name, iter([{"kills_at": self.requests * part // 4, "signals": signals}]))


@pytest.fixture(scope="module")
def whole() -> Iterator[Whole]:
    """Drive the case to its end once."""
    with memory_folder() as folder:
        outcome, _, requests = undisturbed(EVERYTHING, Path(folder) / "undisturbed")
        yield Whole(Path(folder), outcome, requests)


@pytest.mark.fault("C2")
@pytest.mark.parametrize(("number", "part"), [(signal.SIGINT, 1), (signal.SIGTERM, 2), (signal.SIGHUP, 3)])
def test_a_signal_stops_in_good_order(number: int, part: int, whole: Whole) -> None:
    """SIGTERM, Ctrl-C and SIGHUP: at most the act at hand is finished, nothing new is begun, and the resumed run comes to the same end."""
    driven = whole.struck(f"{number} {part}", part, (number,))
    session = driven.node.run(EVERYTHING.playbook, **next(driven.deaths))
    assert (0, None) == (session.died, session.report and session.report.exit_code)
    assert len(driven.node.world.log) - driven.node.hosts.struck_after <= 1
    driven.node.check()
    assert whole.outcome == driven.resumed_to_the_end()


@pytest.mark.fault("C2")
@pytest.mark.parametrize("part", [1, 3])
def test_a_second_ctrl_c_leaves_at_once(part: int, whole: Whole) -> None:
    """Ctrl-C twice kills healer where it stands; whatever was done has its intent in the journal, and the resumed run comes to the same end."""
    driven = whole.struck(f"twice {part}", part, (signal.SIGINT, signal.SIGINT))
    session = driven.node.run(EVERYTHING.playbook, **next(driven.deaths))
    assert signal.SIGINT == session.died
    driven.node.check()
    assert whole.outcome == driven.resumed_to_the_end()


WAITS = """
- hosts: all
  gather_facts: false
  rolling: {soak: 0}
  tasks:
    - name: wait for somebody
      command: {cmd: "sh -c 'touch begun; test -e go'", mutating: false, chdir: %s}
      register: seen
      until: seen.rc == 0
      retries: 5000
      delay: 0.1
"""


@dataclass(frozen=True)
class Desk:
    """A user's folder with a playbook that only looks, at this very machine, and waits until a file is there."""

    folder: Path

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "healer", *words]

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HEALER_")}
        return {**kept, "HEALER_STATE_DIR": str(self.folder / "state"), "PYTHONPATH": str(ROOT), "COLUMNS": "300"}

    def begin(self, **options: Any) -> "subprocess.Popen[str]":
        """Start the run and return when its task is at work."""
        hears = {"preexec_fn": hear_signals, "stdin": subprocess.DEVNULL} | options
        piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | hears
        argv = self.argv("run", str(self.folder / "play.yml"), "-i", str(self.folder / "hosts.ini"), "--yes")
        process = subprocess.Popen(argv, env=self.environment, cwd=self.folder, **piped)
        wait_for((self.folder / "begun").exists)
        return process

    def resume(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Let the task find what it waits for, and go on."""
        (self.folder / "go").touch()
        return subprocess.run(
            self.argv("resume", *words),
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a desk."""
    tmp_path.chmod(0o700)
    for name, text in (("play.yml", WAITS % tmp_path), ("hosts.ini", "here ansible_connection=local\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return Desk(tmp_path)


@pytest.mark.fault("C2")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_the_exit_code_tells_who_stopped_it(number: int, code: int, desk: Desk) -> None:
    """Ctrl-C exits with 130, SIGTERM and SIGHUP with 143; the command that goes on is named, and it ends the run."""
    process = desk.begin()
    process.send_signal(number)
    out, err = process.communicate(timeout=240)
    assert (code, True) == (process.returncode, "healer resume " in out + err), out + err
    done = desk.resume()
    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.fault("C2")
def test_a_terminal_that_is_closed(desk: Desk) -> None:
    """The terminal is closed under a run: it stops in good order with 143, says nothing to nobody, and can be resumed."""
    ours, theirs = pty.openpty()

    def control() -> None:
        hear_signals()
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    process = desk.begin(stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=control)
    os.close(theirs)
    os.close(ours)
    assert 143 == process.wait(timeout=240)
    done = desk.resume()
    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.fault("C2")
@pytest.mark.parametrize("numbers", [(signal.SIGTERM, signal.SIGHUP), (signal.SIGHUP, signal.SIGTERM)])
def test_a_hangup_is_no_impatience(numbers: tuple[int, ...], desk: Desk) -> None:
    """SIGTERM and SIGHUP together, as when a login session is ended, stop in good order: only a second Ctrl-C or SIGTERM leaves at once."""
    process = desk.begin()
    for number in numbers:
        process.send_signal(number)
    out, err = process.communicate(timeout=240)
    assert (143, 1) == (process.returncode, err.count("stopping: ")), out + err
    done = desk.resume()
    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.fault("C2")
def test_who_is_told_to_ignore_a_signal_ignores_it(desk: Desk) -> None:
    """Under nohup, which ignores SIGHUP, a run goes on when the terminal is closed."""
    process = desk.begin(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    process.send_signal(signal.SIGHUP)
    (desk.folder / "go").touch()
    out, err = process.communicate(timeout=240)
    assert 0 == process.returncode, out + err


EDITS: dict[str, Callable[[Path], object]] = {
    "the playbook": lambda folder: (folder / "play.yml").write_text("- hosts: all\n  tasks: [{command: touch never}]\n"),
    "the inventory": lambda folder: (folder / "hosts.ini").write_text("here ansible_connection=local color=red\n"),
}


@pytest.mark.fault("C13")
@pytest.mark.parametrize("what", EDITS)
def test_what_was_edited_before_the_resume_is_told(what: str, desk: Desk) -> None:
    """Playbook or inventory edited before the resume: it is told which, and the run goes on with what it froze at its start."""
    process = desk.begin()
    process.kill()
    process.communicate()
    EDITS[what](desk.folder)
    done = desk.resume()
    assert (0, False) == (done.returncode, (desk.folder / "never").exists()), done.stdout + done.stderr
    assert (1, True) == ((done.stdout + done.stderr).count("was changed after"), f"{what} {desk.folder}" in done.stderr), done.stderr


@pytest.mark.fault("C13")
def test_what_was_not_edited_is_not_spoken_of(desk: Desk) -> None:
    """Nothing was edited: the resume says nothing of changes."""
    process = desk.begin()
    process.kill()
    process.communicate()
    done = desk.resume()
    said = done.stdout + done.stderr
    assert (0, 0) == (done.returncode, said.count("after the run had begun")), said


@pytest.mark.fault("C13")
def test_a_person_is_asked_about_what_was_edited(desk: Desk) -> None:
    """At a terminal the resume asks before it goes on with what was frozen; `n` leaves everything as it is, with 130."""
    process = desk.begin()
    process.kill()
    process.communicate()
    EDITS["the playbook"](desk.folder)
    ours, theirs = pty.openpty()
    asked = subprocess.Popen(desk.argv("resume"), env=desk.environment, cwd=desk.folder, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, b"n\n")
    assert 130 == asked.wait(timeout=240)
    os.close(ours)
    done = desk.resume()
    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.fault("C3")
def test_after_a_reboot_of_the_control_node(desk: Desk) -> None:
    """A lock file of another boot with the process id of somebody who lives is no lock: the kernel holds locks, so a resume just goes on."""
    process = desk.begin()
    process.kill()
    process.communicate()
    for file in (desk.folder / "state" / "locks").iterdir():
        text = file.read_text().replace(str(process.pid), "1")
        file.write_text(text.replace('"boot": "', '"boot": "0'))
    done = desk.resume()
    assert 0 == done.returncode, done.stdout + done.stderr
