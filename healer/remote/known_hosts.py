"""The known_hosts files on disk: reading all of them, and adding one line without ever losing another's."""

import fcntl
import hmac
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from healer.remote.host_keys import KnownHost, Standing, hash_parts, line_for, lookup_name, parse, verdict


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that the files say, and notes on lines and files that could not be read. `whole` is false when a file is among these."""

    entries: tuple[KnownHost, ...] = ()
    notes: tuple[str, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _File:
    """One file, with its lines found by name: `plain` by names spelled out, `hashed` by salt and digest; `others` hold patterns.

    A fleet's file has a line a host, and every host asks: reading all lines for each would take the square of their number. Hashed ones
    have to be tried one by one all the same, but are taken apart once.
    """

    known: Known = Known()
    plain: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    hashed: tuple[tuple[int, bytes, bytes], ...] = ()
    others: tuple[int, ...] = ()

    def about(self, name: str) -> tuple[KnownHost, ...]:
        """Return the lines that may speak of a name, in order."""
        encoded = name.encode()
        matching = (number for number, salt, digest in self.hashed if hmac.digest(salt, encoded, "sha1") == digest)
        return tuple(self.known.entries[number] for number in sorted((*self.plain.get(name, ()), *matching, *self.others)))


def load(files: Iterable[str]) -> Known:
    """Read all files in order. A missing file is an empty one."""
    parts = [_read(file).known for file in files]
    return _joined(parts, (part.entries for part in parts))


def load_about(files: Iterable[str], host: str, port: int) -> Known:
    """Read all files in order, but keep only the lines that may speak of this host: enough to judge it, and quick in a long file."""
    parts, name = [_read(file) for file in files], lookup_name(host, port)
    return _joined([part.known for part in parts], (part.about(name) for part in parts))


def _joined(parts: Sequence[Known], entries: Iterable[tuple[KnownHost, ...]]) -> Known:
    notes = tuple(note for part in parts for note in part.notes)
    return Known(tuple(entry for some in entries for entry in some), notes, all(part.whole for part in parts))


def _read(file: str) -> _File:
    try:
        state = Path(file).stat()
        return _parsed(file, (state.st_ino, state.st_mtime_ns, state.st_size))
    except FileNotFoundError:
        return _File()
    except OSError as error:
        return _File(Known(notes=(f"{file}: cannot be read ({error.strerror})",), whole=False))


@lru_cache(maxsize=32)
def _parsed(file: str, _state: tuple[int, int, int]) -> _File:
    """Read a file once per state that it is in."""
    known = Known(*parse(Path(file).read_bytes().decode("utf-8", "replace"), file))
    plain, hashed, others = defaultdict[str, list[int]](list), list[tuple[int, bytes, bytes]](), list[int]()
    for number, entry in enumerate(known.entries):
        if parts := hash_parts(entry.patterns):
            hashed.append((number, *parts))
        elif set(entry.patterns) & set("|*?!"):
            others.append(number)
        else:
            for name in set(entry.patterns.lower().split(",")):
                plain[name].append(number)
    return _File(known, {name: tuple(numbers) for name, numbers in plain.items()}, tuple(hashed), tuple(others))


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
