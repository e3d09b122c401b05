"""What a lab shall be: checked before anything is built, and written down so that another process can load the lab."""

from dataclasses import dataclass
from typing import TypedDict

from healer.model.errors import LabError

INSTALLED = ("healer-demo-lib=1.0", "healer-demo-daemon=1.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a lab shall be. `archive` is `updates` (the archive's real updates are pending) or `none` (only our repository).

    `behind_jump` is how many of the hosts, the last ones, are reached through h1 only. `var_log_mb` puts /var/log of every
    host on an ext4 disk of that size, with `var_log_inodes` inodes or as many as mkfs gives. `size_gb` bounds the disk that
    all hosts share.
    """

    hosts: int = 4
    archive: str = "updates"
    extra_packages: tuple[str, ...] = ()
    installed: tuple[str, ...] = INSTALLED
    var_log_mb: int | None = None
    var_log_inodes: int | None = None
    behind_jump: int = 0
    size_gb: int = 24

    def __post_init__(self) -> None:
        """Refuse what cannot be built before anything is."""
        if not 1 <= self.hosts <= 99:
            raise LabError("A lab has 1 to 99 hosts.")
        if not 0 <= self.behind_jump < self.hosts:
            raise LabError("h1 is the jump host, so fewer hosts than there are can be behind it.")
        if self.archive not in {"updates", "none"}:
            raise LabError(f"archive is `updates` or `none`, not {self.archive!r}.")


class Options(TypedDict, total=False):
    """The same as keyword arguments, all of them optional; for what each means see Wanted."""

    archive: str
    extra_packages: tuple[str, ...]
    installed: tuple[str, ...]
    var_log_mb: int | None
    var_log_inodes: int | None
    behind_jump: int
    size_gb: int
