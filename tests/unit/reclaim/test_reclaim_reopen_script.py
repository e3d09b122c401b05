"""The script that puts a log away, with a real writer that opens its log anew on a signal."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import pytest

SCRIPT = files("healer.reclaim").joinpath("scripts", "reopen.sh").read_text(encoding="utf-8")
WRITER = """
import os, signal, sys, time
def reopen(*_):
    global log
    log.close()
    log = open(sys.argv[1], "a")
log = open(sys.argv[1], "a")
signal.signal(signal.SIGUSR1, reopen if sys.argv[2] == "obeys" else signal.SIG_IGN)
print("ready", flush=True)
number = 0
while True:
    number += 1
    print(number, file=log, flush=True)
    time.sleep(0.001)
"""
SILENT = "import signal, sys\nlog = open(sys.argv[1], 'a')\nsignal.signal(signal.SIGUSR1, signal.SIG_IGN)\nprint('ready', flush=True)\nsignal.pause()"


@contextmanager
def writing(log: Path, *, obeys: bool = True, program: str = WRITER) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that writes numbered lines, and end it."""
    words = [sys.executable, "-c", program, str(log), "obeys" if obeys else "ignores"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        try:
            yield writer
        finally:
            writer.send_signal(signal.SIGKILL)


def started(pid: int) -> str:
    """Return field 22 of proc_pid_stat(5)."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]


def reopen(log: Path, pid: int, *, seen: os.stat_result | None = None, ticks: str = "", seconds: int = 20) -> int:
    """Run the script as the plan would, and return its exit code."""
    found = seen or log.lstat()
    words = [str(log), str(found.st_dev), str(found.st_ino), "USR1", str(pid), ticks or started(pid), str(seconds)]
    return subprocess.run(["sh", "-c", SCRIPT, "reopen", *words], check=False, timeout=60).returncode


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return the path of a log in a folder that only its owner can write to."""
    folder = tmp_path / "log"
    folder.mkdir(mode=0o755)
    return folder / "app log.log"


def aside(log: Path) -> list[Path]:
    """Return the files that were put away."""
    return sorted(log.parent.glob(f"{log.name}.healer-*"))


def test_a_log_is_put_away_with_no_line_lost(log: Path) -> None:
    """The old file and the new one hold every line once, in order; the new one has the rights of the old one."""
    log.touch()
    log.chmod(0o640)
    with writing(log) as writer:
        assert 0 == reopen(log, writer.pid)
    (old,) = aside(log)
    lines = (old.read_text(encoding="utf-8") + log.read_text(encoding="utf-8")).split()
    assert [str(number) for number in range(1, len(lines) + 1)] == lines
    assert (0o640, 0o640) == (log.stat().st_mode & 0o777, old.stat().st_mode & 0o777)


def test_a_writer_that_does_not_let_go_has_its_log_back(log: Path) -> None:
    """When the time is over the file has its old name, and nothing else is left."""
    with writing(log, obeys=False) as writer:
        before = log.stat().st_ino
        assert (7, before, []) == (reopen(log, writer.pid, seconds=1), log.stat().st_ino, aside(log))


def test_a_new_log_in_use_is_not_taken_away(log: Path) -> None:
    """When one of two writers has opened the new file and the other holds on, both files stay, and every line is in one of them."""
    with writing(log, program=SILENT) as holder, writing(log) as writer:
        assert 8 == reopen(log, writer.pid, seconds=1)
        assert holder.poll() is None
    (old,) = aside(log)
    lines = (old.read_text(encoding="utf-8") + log.read_text(encoding="utf-8")).split()
    assert [str(number) for number in range(1, len(lines) + 1)] == lines


def test_another_file_under_the_name_is_left(log: Path) -> None:
    """A log that was replaced, is a link now, or has another name, is not the one that was seen: nothing is done."""
    with writing(log) as writer:
        seen = log.lstat()
        os.link(log, log.with_name("second"))
        assert 3 == reopen(log, writer.pid)
        log.unlink()
        log.symlink_to("second")
        assert 3 == reopen(log, writer.pid, seen=seen)
        log.unlink()
        log.write_text("other", encoding="utf-8")
        assert 3 == reopen(log, writer.pid, seen=seen)
    assert ("other", []) == (log.read_text(encoding="utf-8"), aside(log))


def test_another_process_under_the_number_gets_no_signal(log: Path) -> None:
    """A pid that was given to another process is told by its start: nothing is done."""
    with writing(log) as writer:
        assert (4, []) == (reopen(log, writer.pid, ticks="1"), aside(log))


def test_a_folder_that_others_write_to_is_not_safe(log: Path) -> None:
    """Where anybody could put a link in place of the file nothing is renamed."""
    log.parent.chmod(0o777)
    with writing(log) as writer:
        assert (5, []) == (reopen(log, writer.pid), aside(log))
