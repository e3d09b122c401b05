"""One run at a time in a budget group, on one control node. The kernel holds the locks, so a killed run leaves none behind."""

import fcntl
import getpass
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from healer.journal.filesystems import ELSEWHERE, make_private, require_local
from healer.model.errors import JournalError, LockedError
from healer.model.words import first_few
from healer.ports import Clock

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TAKING = "taking"
ADVICE = "Wait for it, or look with `healer history`."
Record = Mapping[str, Any]


Members = Mapping[str, Collection[str]]
"""The hosts of each budget group."""

HASTE = 4.0
"""Seconds for which somebody else may be in the middle of taking locks, which takes milliseconds unless he was stopped there."""
ATTEMPTS = 80


class GroupLocks:
    """The locks of one state folder. The files are never removed: a removed file could be locked by two.

    Two groups with different names may share hosts (`hosts: web` and `hosts: all`), and then neither could keep its budget: so a lock
    file also lists the hosts, and a group with a host in it that somebody else holds is taken too. Locks are taken one run at a time.
    """

    def __init__(self, state_dir: Path, *, clock: Clock) -> None:
        self._folder = state_dir / "locks"
        self._clock = clock

    @contextmanager
    def take(self, groups: Members | Iterable[str], run: str) -> Iterator[Mapping[str, str]]:
        """Hold the locks of those groups that are free, without waiting for a run; give the others with who holds them.

        Raises LockedError naming group and holder when none is free, JournalError when the folder cannot be used.
        """
        members: Members = groups if isinstance(groups, Mapping) else dict.fromkeys(groups, ())
        self._prepare()
        with ExitStack() as held:
            with self._alone():
                taken = self._take_all(held, members, run)
            yield taken

    def _take_all(self, held: ExitStack, members: Members, run: str) -> Mapping[str, str]:
        elsewhere = self._held_by_others()
        taken = dict[str, LockedError]()
        for group in sorted(members):
            try:
                self._refuse_shared(group, members[group], elsewhere)
                self._take_one(held, group, members[group], run)
            except LockedError as error:
                taken[group] = error
        if members and len(taken) == len(members):
            raise taken[min(taken)]
        return {group: error.message for group, error in taken.items()}

    def _prepare(self) -> None:
        try:
            make_private(self._folder)
        except OSError as error:
            raise JournalError(f"the folder of locks {self._folder} cannot be made: {error.strerror}.", advice=ELSEWHERE) from error
        require_local(self._folder)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only one who takes locks."""
        with self._opened(self._folder / TAKING) as file:
            for _attempt in range(ATTEMPTS):
                if _locked(file):
                    break
                self._clock.sleep(HASTE / ATTEMPTS)
            else:
                raise LockedError("another healer is in the middle of taking locks.", advice="Is one stopped? Look with `ps`.")
            yield

    def _held_by_others(self) -> Sequence[Record]:
        """Return who holds what now. A file that can be locked is held by nobody, whatever is written in it."""
        found = []
        for path in sorted(self._folder.glob("*.lock")):
            with self._opened(path) as file:
                if not _locked(file):
                    found.append(_record(file))
        return found

    @staticmethod
    def _refuse_shared(group: str, hosts: Collection[str], others: Iterable[Record]) -> None:
        for record in others:
            if record.get("group") == group:
                continue
            if "hosts" not in record:
                raise LockedError(f"a budget group is held by {_holder(record)}, which does not say of which hosts.", advice=ADVICE)
            shared = sorted(set(hosts) & set(record["hosts"]))
            if shared:
                raise LockedError(
                    f"budget group {group} shares {first_few(shared)} with {record['group']}, which is held by {_holder(record)}.",
                    advice=ADVICE,
                )

    def _take_one(self, held: ExitStack, group: str, hosts: Collection[str], run: str) -> None:
        file = held.enter_context(self._opened(self._path(group)))
        if not _locked(file):
            raise LockedError(f"budget group {group} is held by {_holder(_record(file))}.", advice=ADVICE)
        record = {"group": group, "run": run, "pid": os.getpid(), "boot": _boot(), "user": _user(), "since": self._clock.now().isoformat()}
        try:
            _write(file, {**record, "hosts": sorted(hosts)})
        except OSError as error:
            raise JournalError(f"the lock {file.name} cannot be written: {error.strerror}.", advice=f"Make room. {ELSEWHERE}") from error

    def _opened(self, path: Path) -> IO[str]:
        try:
            return open(path, "r+", encoding="utf-8", opener=_made)
        except OSError as error:
            raise JournalError(f"the lock {path} cannot be made: {error.strerror}.", advice=ELSEWHERE) from error

    def _path(self, group: str) -> Path:
        """Return a readable name, made unique and harmless by a digest."""
        digest = hashlib.sha256(group.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return self._folder / f"{re.sub('[^A-Za-z0-9_-]', '_', group)[:40]}-{digest}.lock"


def _locked(file: IO[str]) -> bool:
    """Lock the file unless somebody else has; return whether it is ours now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _made(path: str, flags: int) -> int:
    """Open the file, and make it for its owner only where it is not there."""
    return os.open(path, flags | os.O_CREAT, 0o600)


def _write(file: IO[str], record: Record) -> None:
    """Write the record whole, past the file's buffer: what cannot be written must not be tried again when the file is closed."""
    left = json.dumps(record).encode()
    os.ftruncate(file.fileno(), 0)
    while left:
        left = left[os.write(file.fileno(), left) :]


def _record(file: IO[str]) -> Record:
    """Return what the holder has written; the lock itself is the truth, this is for messages and for the hosts that he works on."""
    try:
        record = json.loads(file.read())
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _holder(record: Record) -> str:
    try:
        return f"run {record['run']} of {record['user']} (process {record['pid']}) since {record['since']}"
    except KeyError:
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
