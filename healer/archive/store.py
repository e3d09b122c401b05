"""Archives on the control node: private files in one folder, within a cap, however many threads and processes write at once.

Room is reserved before the first byte: an unfinished part is a sparse file as long as what it may need, locked by its writer. One that
nobody has locked was left by a process that died, and is thrown away.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from healer.model.errors import ArchiveError

CAP = 20 * 1024**3
"""Bytes that all archives together may take."""
SHARE = 0.9
"""How full the disk may become."""
STEP = 64 * 1024**2
"""Bytes by which a reservation that proves too small is widened."""
UNFINISHED = ".part"


@dataclass(frozen=True, slots=True)
class _Use:
    """Bytes that are kept, that unfinished parts have reserved, and how many of these are not written yet."""

    kept: int
    reserved: int
    unwritten: int


class ArchiveStore:
    """The archives below `root` (ports.Archives), in a folder for each host."""

    def __init__(self, root: Path, *, cap: int = CAP, share: float = SHARE) -> None:
        """Touch nothing yet."""
        self._root, self._cap, self._share = root, cap, share

    def begin(self, host: str, name: str, most: int) -> "StoredPart | None":
        """Reserve room and return the part; None while others hold it. Raises ArchiveError when it cannot be had."""
        with _faults(self._root):
            folder = self._root / _as_name(host)
            self._root.parent.mkdir(parents=True, exist_ok=True)
            self._root.mkdir(mode=0o700, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            with self._locked():
                if not self._fits(most):
                    return None
                return StoredPart(self, folder / name, _created(folder / f".{name}{UNFINISHED}", most), most)

    def widen(self, part: int, size: int) -> None:
        """Reserve `size` bytes in all for a part. Raises ArchiveError."""
        with self._locked():
            if not self._fits(size - os.fstat(part).st_size):
                raise ArchiveError(f"others hold the room for {size} bytes in {self._root}.")
            os.ftruncate(part, size)

    def _fits(self, more: int) -> bool:
        """Whether so many bytes can be reserved now. Raises ArchiveError when they could not if nobody else had reserved any."""
        use, disk = self._use(), os.statvfs(self._root)
        whole = (disk.f_blocks - disk.f_bfree + disk.f_bavail) * disk.f_frsize
        taken, limit = (disk.f_blocks - disk.f_bfree) * disk.f_frsize, int(whole * self._share)
        if use.kept + more > self._cap:
            raise ArchiveError(
                f"{self._root} holds {use.kept} bytes of archives; {more} more would be over the cap of {self._cap}.",
                advice="Move archives that are not needed there any more to another place, or name another folder.",
            )
        if taken + more > limit:
            raise ArchiveError(
                f"the disk of {self._root} holds {taken} bytes; {more} more would be over {self._share:.0%} of it, {limit}.",
                advice="Make room there, or name a folder on another disk.",
            )
        return use.kept + use.reserved + more <= self._cap and taken + use.unwritten + more <= limit

    def _use(self) -> _Use:
        kept = reserved = unwritten = 0
        for entry in _files(self._root):
            status = entry.stat(follow_symlinks=False)
            if not entry.name.endswith(UNFINISHED):
                kept += status.st_size
            elif not _abandoned(Path(entry.path)):
                reserved += status.st_size
                unwritten += max(0, status.st_size - status.st_blocks * 512)
        return _Use(kept, reserved, unwritten)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Be the only one to count and to reserve. It is held for the time of a look at the folder."""
        lock = os.open(self._root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


class StoredPart:
    """An unfinished archive (ports.Part): `file` is its descriptor, open and locked, with room for `most` bytes."""

    def __init__(self, store: ArchiveStore, path: Path, file: int, most: int) -> None:
        """Take the file that was created."""
        self._store, self._path, self._file, self._most = store, path, file, most
        self._written = 0

    def write(self, data: bytes) -> None:
        """Take the next bytes. Raises ArchiveError."""
        with _faults(self._path):
            if self._written + len(data) > self._most:
                wanted = self._written + len(data) + STEP
                self._store.widen(self._file, wanted)
                self._most = wanted
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            self._written += len(data)

    def keep(self, ending: str) -> str:
        """Put it on stable storage under its own name. Raises ArchiveError."""
        kept = self._path.with_name(self._path.name + ending)
        with _faults(self._path):
            os.ftruncate(self._file, self._written)
            os.fsync(self._file)
            self._unfinished.rename(kept)
            _sync_folder(kept.parent)
            self._close()
        return str(kept)

    def drop(self) -> None:
        """Throw it away; without effect after `keep`."""
        if self._file >= 0:
            with suppress(OSError):
                self._unfinished.unlink()
            self._close()

    @property
    def _unfinished(self) -> Path:
        return self._path.with_name(f".{self._path.name}{UNFINISHED}")

    def _close(self) -> None:
        file, self._file = self._file, -1
        os.close(file)


def _created(path: Path, size: int) -> int:
    """Return a new, locked file of that size without blocks. What an earlier process has left of it is thrown away."""
    with suppress(FileNotFoundError):
        path.unlink()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)
    os.ftruncate(file, size)
    return file


def _abandoned(path: Path) -> bool:
    """Whether nobody writes this part any more; it is thrown away then."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        path.unlink()
        return True
    finally:
        os.close(file)


def _files(root: Path) -> Iterator[os.DirEntry[str]]:
    """Yield the files of all hosts."""
    with os.scandir(root) as hosts:
        for host in hosts:
            if host.is_dir(follow_symlinks=False):
                with os.scandir(host.path) as files:
                    yield from (entry for entry in files if entry.is_file(follow_symlinks=False))


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _as_name(host: str) -> str:
    """Return the host's name as a folder's. Inventory names are plain; whatever else comes cannot lead elsewhere."""
    return host.replace("/", "_").replace("\0", "_").lstrip(".") or "_"


@contextmanager
def _faults(place: Path) -> Iterator[None]:
    """Raise ArchiveError for what the disk refuses."""
    try:
        yield
    except OSError as error:
        raise ArchiveError(f"{error.filename or place} cannot be written: {error.strerror}.", advice="See to that disk.") from error
