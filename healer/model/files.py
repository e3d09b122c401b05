"""A run of bytes of one file on a host, named so that nobody can put another file in its place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Handle:
    """A descriptor of a running process, through which its file is reached without a path.

    `started` is the process's start in clock ticks after boot, field 22 of proc_pid_stat(5): it tells it from a later one of the same pid.
    """

    pid: int
    started: int
    fd: int


@dataclass(frozen=True, slots=True)
class Span:
    """`length` bytes from `start` on, of the file with this device (decimal st_dev) and inode. A `length` of -1 is all to the end.

    `path` is where the file was seen; the identity decides, not the path. With a `handle` the file is reached through it.
    """

    path: str
    device: int
    inode: int
    start: int
    length: int
    handle: Handle | None = None
