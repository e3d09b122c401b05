"""More disks for a host that runs: of another kind than that of /var/log, larger, or in the place of a folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from console import sh

from healer.lab.machine import LabHost
from healer.lab.shell import run

NODE = "/dev/healer-lab-disk"


@contextmanager
def disk(host: LabHost, folder: str, megabytes: int, kind: str = "ext4") -> Iterator[None]:
    """Mount an empty disk at `folder`; what the folder held is hidden meanwhile. Whoever still uses the disk at the end keeps it alive.

    Its file is sparse. The loop device goes with the mount, so that nothing stays behind when a test is killed.
    """
    image = host.folder / f"{host.name}{folder.replace('/', '-')}.img"
    with image.open("wb") as file:
        file.truncate(megabytes * 2**20)
    run(["mkfs.ext4", "-q", "-F", "-m", "0", "-t", kind, str(image)])
    loop = run(["losetup", "--find", "--show", str(image)]).decode().strip()
    number = Path(loop).stat().st_rdev
    node = f"mknod {NODE} b {os.major(number)} {os.minor(number)}"
    try:
        assert folder in sh(host, f"mkdir -p {folder} && {node} && mount -t {kind} {NODE} {folder}; rm -f {NODE}; cat /proc/self/mounts")
    finally:
        run(["losetup", "--detach", loop])
    try:
        yield
    finally:
        sh(host, f"umount {folder} || umount --lazy {folder}")
        image.unlink()
