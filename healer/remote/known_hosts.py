"""The known_hosts files on disk: reading all of them, and adding one line without ever losing another's."""

import fcntl
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from healer.remote.host_keys import KnownHost, Standing, line_for, parse, verdict


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that the files say, and notes on lines and files that could not be read. `whole` is false when a file is among these."""

    entries: tuple[KnownHost, ...] = ()
    notes: tuple[str, ...] = ()
    whole: bool = True


def load(files: Iterable[str]) -> Known:
    """Read all files in order. A missing file is an empty one."""
    parts = [_read(file) for file in files]
    entries = tuple(entry for part in parts for entry in part.entries)
    return Known(entries, tuple(note for part in parts for note in part.notes), all(part.whole for part in parts))


def _read(file: str) -> Known:
    try:
        state = Path(file).stat()
        return _parsed(file, (state.st_ino, state.st_mtime_ns, state.st_size))
    except FileNotFoundError:
        return Known()
    except OSError as error:
        return Known(notes=(f"{file}: cannot be read ({error.strerror})",), whole=False)


@lru_cache(maxsize=32)
def _parsed(file: str, _state: tuple[int, int, int]) -> Known:
    """Read a file once per state that it is in: a fleet's file is long, and every host of the fleet asks for it."""
    return Known(*parse(Path(file).read_bytes().decode("utf-8", "replace"), file))


def record(file: str, host: str, port: int, blob: bytes) -> Standing:
    """Append the key, and return how it stood in the file when the lock was had: only an UNKNOWN one was added.

    Another process may have learned the host meanwhile; its word stands. The file is made with mode 0600. Raises OSError.
    """
    path = Path(file)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        before = handle.read()
        standing = verdict(parse(before.decode("utf-8", "replace"), file)[0], host, port, blob).standing
        if standing is Standing.UNKNOWN:
            start = b"" if not before or before.endswith(b"\n") else b"\n"
            handle.write(start + line_for(host, port, blob).encode() + b"\n")
            handle.flush()
            os.fsync(handle.fileno())
    return standing
