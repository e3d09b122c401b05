"""Files and writers of this very machine as spans, for the scripts that are shipped to hosts."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from healer.model.files import Handle, Span

NEEDED = ("sh", "cat", "dd", "df", "find", "gzip", "head", "id", "ls", "mkdir", "mv", "readlink", "rm", "sed", "sha256sum", "sleep",
          "stat", "sync", "tail", "tee", "timeout", "wc", "fallocate")  # fmt: skip


def span_of(path: Path, start: int = 0, length: int | None = None, handle: Handle | None = None) -> Span:
    """Return the span of a file, all of it by default."""
    is_now = path.stat()
    return Span(str(path), is_now.st_dev, is_now.st_ino, start, is_now.st_size - start if length is None else length, handle)


def handle_of(pid: int, fd: int) -> Handle:
    """Return the handle of a process's descriptor."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return Handle(pid, int(ticks), fd)


@contextmanager
def held(path: Path, redirection: str = ">>") -> Iterator[Handle]:
    """Have a process hold the file open as its descriptor 1."""
    script = f'exec sleep 60 {redirection}"$0"'
    with subprocess.Popen(["sh", "-c", script, str(path)]) as process:
        try:
            while Path(f"/proc/{process.pid}/comm").read_text() != "sleep\n":
                pass
            yield handle_of(process.pid, 1)
        finally:
            process.kill()


def only(folder: Path, *more: str, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Return an environment in which only these programs are found, besides what every host has."""
    folder.mkdir()
    for name in (*NEEDED, *more):
        found = sys.executable if name == "python3" else shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if found and name not in without:
            (folder / name).symlink_to(os.path.realpath(found))
    return {"PATH": str(folder)}


def run(argv: tuple[str, ...], environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run what a host would run."""
    return subprocess.run(argv, capture_output=True, check=False, env=environment, timeout=60, stdin=subprocess.DEVNULL)
