"""Puts the files of a schedule where cron and systemd look, and takes them away. What healer did not write is never touched unasked."""

import os
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from healer.model.errors import HealerError, UsageError
from healer.watch.schedule import Schedule, Text, is_ours

State = Literal["same", "missing", "older", "foreign"]
"""How the place of a file is: as wanted, empty, written by healer for something else, or written by somebody else."""


def state_of(file: Text, root: Path) -> State:
    """Return how the file's place below `root` is. Raises HealerError where that cannot be read."""
    found = _read(_place(file.path, root))
    if found is None:
        return "missing"
    return "same" if found == file.text else "older" if is_ours(found) else "foreign"


def install(schedule: Schedule, root: Path, *, force: bool = False, tell: bool = True) -> tuple[str, ...]:
    """Write what is not there yet as wanted, and let systemd start it with `tell`; return the paths that were written.

    Raises UsageError for a file that somebody else has written (unless `force`), before anything is written; HealerError where it fails.
    """
    states = {file.path: state_of(file, root) for file in schedule.files}
    foreign = [path for path, state in states.items() if state == "foreign"]
    if foreign and not force:
        advice = "Look at it; `--force` overwrites it, or take it away yourself."
        raise UsageError(f"{foreign[0]} is there, and healer did not write it", advice=advice)
    changed = [file for file in schedule.files if states[file.path] != "same"]
    for file in changed:
        _write(_place(file.path, root), file.text)
    if schedule.units and tell:
        _systemctl("daemon-reload") if changed else None
        _systemctl("enable", "--now", *schedule.units)
        if any(state in ("older", "foreign") for state in states.values()):
            _systemctl("restart", *schedule.units)
    return tuple(file.path for file in changed)


def remove(paths: Iterable[str], root: Path, *, tell: bool = True) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take away the files that healer wrote; return them, and those that are somebody else's and stay. Raises HealerError."""
    texts = {path: _read(_place(path, root)) for path in paths}
    ours = tuple(path for path, text in texts.items() if text is not None and is_ours(text))
    units = [Path(path).name for path in ours if path.endswith((".service", ".timer"))]
    if units and tell:
        _systemctl("disable", "--now", *sorted(units, reverse=True))
    for path in ours:
        try:
            _place(path, root).unlink()
        except OSError as error:
            raise _failed(path, "taken away", error) from error
    if units and tell:
        _systemctl("daemon-reload")
    return ours, tuple(path for path, text in texts.items() if text is not None and path not in ours)


def _place(path: str, root: Path) -> Path:
    return root / path.lstrip("/")


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _failed(str(path), "read", error) from error


def _write(path: Path, text: str) -> None:
    """Write it whole or not at all, readable by all and writable by its owner: cron passes over any other file."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("w", encoding="utf-8", errors="surrogateescape") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise _failed(str(path), "written", error) from error


def _failed(path: str, what: str, error: OSError) -> HealerError:
    return HealerError(f"{path} cannot be {what}: {error.strerror}.", advice="Run it as root, e.g. with sudo.")


def _systemctl(*words: str) -> None:
    """Let systemd do it. Raises HealerError with what it said."""
    try:
        ended = subprocess.run(["systemctl", *words], capture_output=True, text=True, timeout=90, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HealerError(f"systemctl {' '.join(words)} could not be run: {error}.", advice="Is this node run by systemd?") from error
    if ended.returncode:
        raise HealerError(f"systemctl {' '.join(words)} ended with {ended.returncode}: {_last(ended.stderr.splitlines())}.")


def _last(lines: Sequence[str]) -> str:
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
