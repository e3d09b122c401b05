"""One run at a time in a budget group, on one control node. The kernel holds the locks, so a killed run leaves none behind."""

import fcntl
import getpass
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from healer.journal.filesystems import require_local
from healer.model.errors import JournalError, LockedError
from healer.ports import Clock

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class GroupLocks:
    """The locks of one state folder. The files are never removed: a removed file could be locked by two."""

    def __init__(self, state_dir: Path, *, clock: Clock) -> None:
        self._folder = state_dir / "locks"
        self._clock = clock

    @contextmanager
    def take(self, groups: Iterable[str], run: str) -> Iterator[Mapping[str, str]]:
        """Hold the locks of those groups that are free, in sorted order, without waiting; give the others with who holds them.

        Raises LockedError naming group and holder when none is free, JournalError when the folder cannot be used.
        """
        self._prepare()
        wanted, taken = sorted(set(groups)), dict[str, LockedError]()
        with ExitStack() as held:
            for group in wanted:
                try:
                    self._take_one(held, group, run)
                except LockedError as error:
                    taken[group] = error
            if wanted and len(taken) == len(wanted):
                raise taken[wanted[0]]
            yield {group: error.message for group, error in taken.items()}

    def _prepare(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise JournalError(f"{self._folder}: {error.strerror}.", advice="Check state_dir.") from error
        require_local(self._folder)

    def _take_one(self, held: ExitStack, group: str, run: str) -> None:
        try:
            file = held.enter_context(os.fdopen(os.open(self._path(group), os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8"))
        except OSError as error:
            raise JournalError(f"{self._path(group)}: {error.strerror}.", advice="Check state_dir.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError(
                f"budget group {group} is held by {_holder(file)}.", advice="Wait for it, or look with `healer history`."
            ) from error
        record = {"group": group, "run": run, "pid": os.getpid(), "boot": _boot(), "user": _user(), "since": self._clock.now().isoformat()}
        file.truncate()
        file.write(json.dumps(record))
        file.flush()

    def _path(self, group: str) -> Path:
        """Return a readable name, made unique and harmless by a digest."""
        digest = hashlib.sha256(group.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return self._folder / f"{re.sub('[^A-Za-z0-9_-]', '_', group)[:40]}-{digest}.lock"


def _holder(file: IO[str]) -> str:
    """Tell who wrote the file; the lock itself is the truth, this is for the message only."""
    try:
        record = json.loads(file.read())
        return f"run {record['run']} of {record['user']} (process {record['pid']}) since {record['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"


def _boot() -> str:
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
