"""What fills a host's disks, as one look shows it: log files with who has them open, and what else may be given back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from healer.model.facts import Unknown

Access = Literal["read", "write", "both"]


@dataclass(frozen=True, slots=True)
class Opener:
    """A process that has the file open. `started` as in Handle; `command` is its short name; `unit` its systemd unit, or empty.

    `append` is O_APPEND of the descriptor, `position` its offset in bytes.
    """

    pid: int
    started: int
    fd: int
    command: str
    unit: str
    access: Access
    append: bool
    position: int


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file that may be a log. `allocated` bytes are what it takes from the disk; `size` is what it seems to hold (sparse files!).

    `mount` is the mount point of the file system that it lies on, empty when that is not a local disk. `modified` is epoch seconds.
    `link` is the target when the name is a symbolic link; nothing else of the link is known then. `deleted` files have no name any more:
    `path` is the one that they had. `mapped` ones are mapped into some process's memory. `openers` is Unknown when not every
    process could be looked into. `data` are seen to be filled from this offset on: what lies before it is a hole.
    """

    path: str
    mount: str
    device: int
    inode: int
    links: int
    size: int
    allocated: int
    block: int
    mode: str
    uid: int
    gid: int
    modified: float
    openers: tuple[Opener, ...] | Unknown = ()
    mapped: bool | Unknown = False
    deleted: bool = False
    link: str = ""
    data: int = 0

    @property
    def writers(self) -> tuple[Opener, ...]:
        """Who can write to it; nobody when that is not known."""
        return () if isinstance(self.openers, Unknown) else tuple(one for one in self.openers if one.access != "read")

    @property
    def readers(self) -> tuple[Opener, ...]:
        """Who follows it without writing."""
        return () if isinstance(self.openers, Unknown) else tuple(one for one in self.openers if one.access == "read")


@dataclass(frozen=True, slots=True)
class LogFiles:
    """The largest files by `allocated`, largest first. `more` counts those that were left out; `roots` are the searched folders."""

    files: tuple[LogFile, ...]
    roots: tuple[str, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Toolbox:
    """What the host can do for reclaiming. `opener` is `perl` or `python3`, whichever can open a file without following links, or empty.

    `collapse` and `punch` are the file system kinds on which util-linux' fallocate can do it; empty without that program.
    `freeze` says whether a unit can be frozen (systemd >= 246 on cgroup v2).
    """

    opener: str
    collapse: tuple[str, ...]
    punch: tuple[str, ...]
    freeze: bool = False


@dataclass(frozen=True, slots=True)
class JournalFile:
    """One file of systemd's journal. `head` is when it begins, epoch seconds: its first entry, or an older time that the file shows.

    `archived` ones are written no more; `modified` is when they last were. `head` is 0 where it could not be told.
    """

    path: str
    device: int
    inode: int
    size: int
    allocated: int
    head: float
    archived: bool
    modified: float = 0.0


@dataclass(frozen=True, slots=True)
class JournalUse:
    """What systemd's journal takes on `mount`. `cap` is its configured upper bound in bytes, 0 when it is the built-in one."""

    mount: str
    files: tuple[JournalFile, ...]
    cap: int = 0


@dataclass(frozen=True, slots=True)
class PackageCache:
    """Downloaded packages that can be downloaded again."""

    manager: str
    mount: str
    path: str
    allocated: int
    files: int


@dataclass(frozen=True, slots=True)
class DockerConfig:
    """How docker's daemon is told what it does: whether one `runs`, whether the usual file is `present`, whether the daemon `checks` files.

    `flags` are names of its arguments that name another file or say how it logs: what stands in both places keeps it from starting.
    """

    runs: bool
    present: bool
    checks: bool
    flags: tuple[str, ...] = ()


LeftoverKind = Literal["core", "crash", "kernel", "docker_log", "inodes"]


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something else that takes room. `kernel`: `path` is the package, `kept` says why it must stay. `inodes`: a folder with `files` many
    entries; nothing is done to it, it is only named."""

    kind: LeftoverKind
    path: str
    mount: str
    allocated: int
    modified: float
    device: int = 0
    inode: int = 0
    size: int = 0
    files: int = 1
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Stanza:
    """One stanza of logrotate's configuration, as written. `options` by word: the rest of its line, empty for a bare word."""

    file: str
    patterns: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    postrotate: str = ""


@dataclass(frozen=True, slots=True)
class Logrotate:
    """`faults` are what logrotate itself complains about or passes over in silence, one sentence each. `last` is when it last ran
    through, epoch seconds, 0 when that is not known; `scheduled` whether a timer or cron job runs it. `texts` are its files as written,
    by path."""

    installed: bool
    scheduled: bool
    last: float
    stanzas: tuple[Stanza, ...] = ()
    faults: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DiskSample:
    """How full one file system was at a moment (epoch seconds, the control node's clock)."""

    at: float
    mount: str
    used: int
    available: int
    inodes_used: int = 0


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """That room was made in a file before, in this run or an earlier one: `at` is epoch seconds of the control node's clock.

    `run` tells the pieces of one pass from those of another: a long log is given back in several.
    """

    at: float
    path: str
    device: int
    inode: int
    length: int
    run: str = ""


@dataclass(frozen=True, slots=True)
class DiskPast:
    """What earlier passes have left in the journal about one host, in order of time."""

    samples: tuple[DiskSample, ...] = ()
    reclaimed: tuple[Reclaimed, ...] = ()
