"""The disk of a lab: one sparse file with btrfs on a loop device, in which a host is a snapshot and costs a second at most."""

import shutil
from pathlib import Path

from healer.lab.shell import run, succeeds
from healer.model.errors import LabError


def create(image: Path, mount_point: Path, size_gb: int) -> None:
    """Make and mount the file. It grows as hosts write; `size_gb` is where it ends."""
    mount_point.mkdir(parents=True)
    with image.open("wb") as file:
        file.truncate(size_gb * 2**30)
    run(["mkfs.btrfs", "-q", str(image)])
    run(["mount", "-o", "loop,noatime", str(image), str(mount_point)])


def unpack(base: Path, target: Path) -> None:
    """Make a subvolume from a base image."""
    run(["btrfs", "subvolume", "create", str(target)])
    run(["tar", "-xf", str(base), "-C", str(target), "--numeric-owner", "--xattrs", "--xattrs-include=*"])


def snapshot(source: Path, target: Path) -> None:
    """Make a writable copy of a subvolume, in no time and no space."""
    run(["btrfs", "subvolume", "snapshot", str(source), str(target)])


def small_disk(content: Path, image: Path, mount_point: Path, size_mb: int, inodes: int | None = None) -> None:
    """Make and mount an ext4 file that starts with `content`. ext4 for its collapse-range, small so that it can be filled."""
    mount_point.mkdir(parents=True)
    few = ["-N", str(inodes)] if inodes else []
    run(["mkfs.ext4", "-q", "-F", "-m", "0", *few, "-d", str(content), str(image), f"{size_mb}M"])
    run(["mount", "-o", "loop", str(image), str(mount_point)])


def mounts_below(folder: Path) -> list[Path]:
    """Return the mount points at and below a folder, the deepest first."""
    fields = (line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines())
    points = {Path(words[4].encode().decode("unicode_escape")) for words in fields}
    return sorted((point for point in points if point.is_relative_to(folder)), reverse=True)


def unmount_below(folder: Path) -> None:
    """Unmount everything at and below a folder; the loop devices go with the mounts (autoclear)."""
    for point in mounts_below(folder):
        if not succeeds(["umount", str(point)]):
            # A mount namespace that is just ending still holds it for a moment.
            run(["umount", "--lazy", str(point)])


def remove(folder: Path) -> None:
    """Remove a lab's folder, which must hold no mount any more."""
    left = mounts_below(folder)
    if left:
        raise LabError(f"{left[0]} cannot be unmounted.", advice="See who uses it with `fuser -vm`, then run down again.")
    shutil.rmtree(folder, ignore_errors=True)
