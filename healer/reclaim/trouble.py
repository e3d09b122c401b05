"""Which disks are in trouble, and how much must come free on each of them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from healer.model.facts import Disk
from healer.model.logs import DiskPast
from healer.reclaim.growth import DAY, Growth, growth, seconds_to_full
from healer.reclaim.policy import LogsPolicy
from healer.reclaim.words import age_words

NOTHING: Mapping[str, int] = MappingProxyType({})
EXT_RESERVE = 20
"""ext2, ext3 and ext4 keep one twentieth of their blocks for root unless they were made otherwise (mke2fs(8), -m)."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One disk that must be relieved, and why. `need` bytes and `need_inodes` must come free; `over` says that it is above the trigger
    now, not only soon."""

    disk: Disk
    why: str
    need: int
    need_inodes: int
    over: bool

    @property
    def mount(self) -> str:
        """Return where the disk is mounted."""
        return self.disk.mount


def troubles(
    disks: Iterable[Disk], policy: LogsPolicy, past: DiskPast, aside: Mapping[str, int] = NOTHING
) -> tuple[Trouble, ...]:  # fmt: skip
    """Return the disks that are above the trigger, or will be full within the horizon; those that can be written to.

    `aside` are the bytes, by mount, of logs that were put away for a relief which is to be ended: below the trigger too, until the target.
    """
    found = (_trouble(disk, policy, past) or _unfinished(disk, policy, aside.get(disk.mount, 0)) for disk in disks if not disk.read_only)
    return tuple(one for one in found if one is not None)


def _unfinished(disk: Disk, policy: LogsPolicy, aside: int) -> Trouble | None:
    """Return what is left of a relief that has brought the disk below the trigger, but not to the target."""
    need = min(aside, disk.used - share(usable(disk), policy.target))
    if need <= 0:
        return None
    why = f"{disk.used_percent}% of its room is used, more than the target of {policy.target}%, and logs that were put away are still there"
    return Trouble(disk, why, need, 0, over=False)


def _trouble(disk: Disk, policy: LogsPolicy, past: DiskPast) -> Trouble | None:
    over = is_over(disk, policy.over)
    pace = growth(past.samples, disk.mount)
    left = seconds_to_full(disk, pace)
    soon = left is not None and left < policy.horizon
    if not over and not soon:
        return None
    bytes_coming, files_coming = _coming(pace, policy.horizon) if soon else (0, 0)
    need = max(0, disk.used - share(usable(disk), policy.target), bytes_coming - disk.available)
    files = max(0, disk.inodes_used - share(disk.inodes, policy.target), files_coming - (disk.inodes - disk.inodes_used))
    return Trouble(disk, _why(disk, policy, left if soon else None), need, files if disk.inodes else 0, over)


def _coming(pace: Growth | None, horizon: int) -> tuple[int, int]:
    """Return the bytes and the inodes that will be written within so many seconds."""
    return (int(pace.bytes * horizon / DAY), int(pace.inodes * horizon / DAY)) if pace else (0, 0)


def is_over(disk: Disk, percent: int) -> bool:
    """Return whether more than that share of blocks or of inodes is used."""
    return disk.used_percent > percent or disk.inodes_percent > percent


def _why(disk: Disk, policy: LogsPolicy, left: float | None) -> str:
    reasons = [f"{disk.used_percent}% of its room is used, more than {policy.over}%"] if disk.used_percent > policy.over else []
    if disk.inodes_percent > policy.over:
        reasons.append(f"{disk.inodes_percent}% of its inodes are used, more than {policy.over}%")
    if left is not None:
        reasons.append(f"at the pace of the last passes it is full in {age_words(left)}")
    return "; ".join(reasons)


def share(total: int, percent: int) -> int:
    """Return that percentage of a number, rounded down."""
    return total * percent // 100


def usable(disk: Disk) -> int:
    """Return what can be used before an ordinary user finds the disk full.

    While something is available, df's own sum tells. Where root has filled the reserve too, nothing is available and its size cannot be
    seen: then the file systems that have one by default are taken to have the default one, or what is freed would fall short.
    """
    if disk.available > 0:
        return disk.used + disk.available
    reserve = disk.size // EXT_RESERVE if disk.kind.startswith("ext") else 0
    return disk.size - max(disk.size - disk.used, reserve)


def percent_after(disk: Disk, gain: int) -> int:
    """Return the share of blocks in use when so many bytes have come free, rounded up as df does it."""
    used = max(0, disk.used - gain)
    total = usable(disk)
    return min(100, -(-100 * used // total)) if total > 0 else 0


def inodes_after(disk: Disk, gone: int) -> int:
    """Return the share of inodes in use when so many files have gone; 0 where there is no fixed number."""
    return -(-100 * max(0, disk.inodes_used - gone) // disk.inodes) if disk.inodes else 0
