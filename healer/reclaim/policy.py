"""What may be done about full disks, as data: thresholds, allowed and forbidden folders, retention, archive."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

NEVER_WITHIN = ("/proc", "/sys", "/dev", "/run", "/boot", "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64")
"""Folders in which nothing is a log that may be reclaimed, whatever a policy says."""
UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
AGES = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def percent(value: Any) -> Any:
    """Return 75 for `75%`, `75` or 75. Raises ValueError for anything that is no share."""
    text = str(value).strip().removesuffix("%")
    if not re.fullmatch(r"\d{1,3}", text) or not 1 <= int(text) <= 100:
        raise ValueError(f"{value!r} is no percentage from 1% to 100%")
    return int(text)


def size(value: Any) -> Any:
    """Return bytes for `64M`, `1.5G`, 4096. Raises ValueError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", str(value).strip().lower())
    if not found:
        raise ValueError(f"{value!r} is no size such as 64M or 2G")
    return int(float(found[1]) * UNITS[found[2]])


def age(value: Any) -> Any:
    """Return seconds for `30d`, `12h`, 600. Raises ValueError."""
    found = re.fullmatch(r"(\d+)\s*([smhdw]?)", str(value).strip().lower())
    if not found:
        raise ValueError(f"{value!r} is no age such as 30d or 12h")
    return int(found[1]) * AGES[found[2] or "s"]


def folder(value: str) -> str:
    """Return an absolute folder without `..`. Raises ValueError."""
    path = PurePosixPath(value)
    if not path.is_absolute() or ".." in path.parts or "\n" in value or "\0" in value:
        raise ValueError(f"{value!r} is no absolute path of a folder")
    return str(path)


def allowed(value: str) -> str:
    """Return a folder in which logs may be reclaimed. Raises ValueError for the root and for folders of the system."""
    path = folder(value)
    if path == "/" or any(path == one or path.startswith(f"{one}/") for one in NEVER_WITHIN):
        raise ValueError(f"{value!r} is never a folder of logs: healer reclaims nothing there")
    return path


Percent = Annotated[int, BeforeValidator(percent)]
Size = Annotated[int, BeforeValidator(size)]
Age = Annotated[int, BeforeValidator(age)]
Folder = Annotated[str, AfterValidator(folder)]
Allowed = Annotated[str, AfterValidator(allowed)]


class LogsPolicy(BaseModel):
    """Above `over` percent of blocks or inodes a disk is relieved until it is at `target`; one that will be full within `horizon`, too.

    `paths` are the folders in which logs may be reclaimed, `forbidden` ones within them are not. Open logs smaller than `min_size` are
    left. `keep`: rotated logs younger than this stay; without it any rotated log may go to the archive. `archive` false discards, and
    says so. `archive_folders` are folders on the host that may take archives, where they lie on another disk with room. `sources`
    lists what is done only where it is listed: cores, kernels, docker_logs. `lossy` allows copy-and-truncate where nothing else
    works. `most_bytes` and `most_files` bound one pass; a file that was reclaimed `runaway` times within the hour is only reported.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    over: Percent = 85
    target: Percent = 75
    horizon: Age = 24 * 3600
    paths: tuple[Allowed, ...] = ("/var/log",)
    forbidden: tuple[Folder, ...] = ()
    min_size: Size = 64 * 1024**2
    keep: Age | None = None
    archive: bool = True
    archive_folders: tuple[Folder, ...] = ()
    sources: tuple[str, ...] = ()
    lossy: bool = False
    most_bytes: Size = 200 * 1024**3
    most_files: int = Field(default=200, ge=1)
    runaway: int = Field(default=3, ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> "LogsPolicy":
        if self.target >= self.over:
            raise ValueError(f"the target of {self.target}% is not below the trigger of {self.over}%: nothing would ever be enough")
        return self
