"""How full the local file systems are, in blocks and in inodes. A mount that the login may not enter is left out."""

import re

from healer.model.facts import Disk
from healer.observe.facts.contract import Fact
from healer.observe.reading import lines, script


def parse(text: str) -> tuple[Disk, ...]:
    """Return one Disk a file system, in order of mount.

    A later mount hides an earlier one at the same place. Of several mounts of one device (bind mounts, subvolumes) the shortest path
    stands for all, as df(1) does it: they share the same space.
    """
    by_mount = {disk.mount: disk for disk in map(_disk, lines(text))}
    if not by_mount:
        raise ValueError("not one local file system, not even the root")
    by_space: dict[tuple[str, int], Disk] = {}
    for disk in sorted(by_mount.values(), key=lambda one: (len(one.mount), one.mount)):
        by_space.setdefault((disk.device, disk.size), disk)
    return tuple(sorted(by_space.values(), key=lambda one: one.mount))


def _disk(line: str) -> Disk:
    words = line.split(" ")
    if len(words) != 10:
        raise ValueError(f"not a mount with its numbers: {line[:80]!r}")
    device, mount, kind, options = (_plain(word) for word in words[:4])
    unit, blocks, free, available, inodes, inodes_free = (int(word) for word in words[4:])
    return Disk(
        mount=mount,
        device=device,
        kind=kind,
        size=blocks * unit,
        used=(blocks - free) * unit,
        available=available * unit,
        inodes=inodes,
        inodes_used=inodes - inodes_free,
        read_only="ro" in options.split(","),
    )


def _plain(word: str) -> str:
    """Return the word with the kernel's octal escapes of space, tab, line feed and backslash undone (proc_pid_mounts(5), fstab(5))."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), word)


PLUGIN = Fact(name="disks", script=script("disks.sh"), parse=parse, seconds=20)
