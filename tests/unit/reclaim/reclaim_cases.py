"""A host with one full disk and logs on it, as values."""

from dataclasses import replace
from typing import Any

from healer.model.action import Archive, Free
from healer.model.facts import Disk, Facts, Identity
from healer.model.files import Span
from healer.model.logs import DiskPast, LogFile, LogFiles, Opener, Toolbox
from healer.reclaim.policy import LogsPolicy
from healer.reclaim.sources.contract import Candidate, Situation

MB = 1000**2
GB = 1000**3
NOW = 1_800_000_000.0
BLOCK = 4096
ALL = Toolbox("perl", ("ext4", "xfs"), ("ext4", "xfs", "btrfs", "tmpfs"))
ROOT = Identity("m" * 32, "b", 100.0, "", "web1", is_root=True)


def disk(mount: str = "/var/log", percent: int = 95, **changes: Any) -> Disk:
    """Return an ext4 disk of 100 GB that is so full."""
    values: dict[str, Any] = {"device": f"/dev/{mount}", "kind": "ext4", "size": 100 * GB, "inodes": 1000, "inodes_used": 10}
    values |= {"used": percent * GB, "available": (100 - percent) * GB, "read_only": False}
    return Disk(mount, **{**values, **changes})


def opener(**changes: Any) -> Opener:
    """Return app, which appends, but for the changes."""
    return replace(Opener(7, 700, 3, "app", "app.service", "write", append=True, position=0), **changes)


def log(path: str = "/var/log/app.log", size: int = 20 * GB, **changes: Any) -> LogFile:
    """Return a log of that size which app appends to, but for the changes."""
    values: dict[str, Any] = {"mount": "/var/log", "device": 2049, "inode": 12, "links": 1, "allocated": size, "block": BLOCK}
    values |= {"mode": "640", "uid": 0, "gid": 4, "modified": NOW - 86400.0, "openers": (opener(),)}
    return LogFile(path=path, size=size, **{**values, **changes})


def facts(*files: LogFile, disks: tuple[Disk, ...] = (disk(),), toolbox: Toolbox = ALL, **readings: object) -> Facts:
    """Return what was seen of the host."""
    return Facts({"disks": disks, "log_files": LogFiles(files), "toolbox": toolbox, "identity": ROOT, **readings})


def policy(**changes: object) -> LogsPolicy:
    """Return the policy that is built in, but for the changes."""
    return LogsPolicy.model_validate(changes)


def situation(*files: LogFile, past: DiskPast | None = None, rules: LogsPolicy | None = None, **seen: Any) -> Situation:
    """Return what a source judges by."""
    return Situation(facts(*files, **seen), rules or policy(), past or DiskPast(), NOW)


def spans(candidate: Candidate, verb: type[Archive] | type[Free]) -> list[Span]:
    """Return the spans that the candidate archives, or frees."""
    return [action.verb.span for action in candidate.actions if isinstance(action.verb, verb)]


def method(candidate: Candidate) -> str:
    """Return how the candidate frees, or an empty text."""
    return next((action.verb.method for action in candidate.actions if isinstance(action.verb, Free)), "")
