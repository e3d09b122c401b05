"""Processes that outlive the command that started them, told apart from strangers by pid and start time.

A pid alone is reused; a pid with the start time of proc(5) field 22 names one process until the next boot. Each long-lived
process of a lab writes that pair itself, as its first act, so there is no moment in which it runs unrecorded.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from healer.model.errors import LabError


def start_time(pid: int) -> int | None:
    """Return field 22 of /proc/PID/stat in clock ticks, or None when there is no such process (a zombie is none)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat[stat.rindex(b")") + 2 :].split()
    return None if fields[0] in b"ZX" else int(fields[19])


def write_record(path: Path, pid: int | None = None) -> None:
    """Write `pid start-time` of a process, by default this one; in one step, since others wait for the file to appear."""
    pid = os.getpid() if pid is None else pid
    draft = path.with_suffix(".part")
    draft.write_text(f"{pid} {start_time(pid)}\n")
    draft.rename(path)


def recorded(path: Path) -> int | None:
    """Return the pid of a record while exactly that process lives; else None."""
    try:
        pid, began = path.read_text().split()
    except (FileNotFoundError, ValueError):
        return None
    return int(pid) if str(start_time(int(pid))) == began else None


def detach(argv: Sequence[str], record: Path, log: Path, environment: Mapping[str, str] | None = None) -> None:
    """Start a program that outlives us, in a session of its own, and wait until it has written its record.

    Raises LabError with the end of its log when it does not within 10 s.
    """
    record.unlink(missing_ok=True)
    with log.open("ab") as output:
        command = ["setsid", "--fork", *argv]
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", env=environment, check=False)
    if not wait_until(record.exists, 10, every=0.01):
        raise LabError(f"{argv[0]} did not start: {log.read_text(errors='replace')[-600:]}")


def send(pid: int, number: signal.Signals) -> None:
    """Signal a process that may have ended by now."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def end(path: Path, *, patience: float = 5) -> None:
    """End the process of a record: SIGTERM, after `patience` seconds SIGKILL. Then remove the record."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        pid = recorded(path)
        if pid is not None:
            send(pid, number)
            wait_until(lambda: recorded(path) is None, patience)
    path.unlink(missing_ok=True)


def namespace_pid(pid: int) -> int | None:
    """Return a process' pid in its innermost pid namespace (NSpid of proc(5)): 1 is a host's init."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    numbers = [line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")]
    return int(numbers[0][-1]) if numbers else None


def wait_until(condition: Callable[[], bool], seconds: float, *, every: float = 0.05) -> bool:
    """Ask until the answer is yes or the time is up; return the last answer."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
