"""Taking a lab away, whatever state it is in. Every step looks for what is there instead of trusting what was written."""

import shutil
from pathlib import Path

from healer.lab import cgroups, network, pool, register
from healer.lab.processes import end
from healer.lab.register import lab_id
from healer.model.errors import LabError

MARK = ".healer-lab"
PROPAGATE = Path("/run/systemd/nspawn/propagate")
"""Where systemd-nspawn keeps a folder for each machine, and leaves it when the machine is killed."""


def mark(folder: Path) -> None:
    """Make a lab's folder, for root's eyes only like every folder on the way that is missing, and mark it as ours to remove."""
    for missing in reversed([parent for parent in folder.parents if not parent.exists()]):
        missing.mkdir(mode=0o700)
    folder.mkdir(mode=0o700)
    (folder / MARK).touch()


def take_down(folder: Path) -> None:
    """Remove a lab: first what restarts hosts, then the hosts, the server, links, mounts, files and the register's entry.

    May be repeated; raises LabError when a process or a mount will not go, and then leaves the entry for the next try, and
    when the folder holds something else than a lab, which is then left alone.
    """
    if folder.exists() and not (folder / MARK).exists() and any(folder.iterdir()):
        raise LabError(f"{folder} is not a lab's folder, so nothing in it is touched.", advice="Choose another --name or --directory.")
    lab = lab_id(folder)
    _end_processes(folder, lab)
    network.take_down(lab)
    for left in PROPAGATE.glob(f"{lab}-*"):
        shutil.rmtree(left, ignore_errors=True)
    pool.unmount_below(folder.resolve())
    pool.remove(folder.resolve())
    register.strike(lab)


def _end_processes(folder: Path, lab: str) -> None:
    """End hosts, keepers and server. A second look catches what was just being started when the first one came by."""
    for _look in range(2):
        for group in groups(lab):
            cgroups.kill_all(group)
        for record in sorted(folder.glob("*.pid")):
            end(record)
    for group in groups(lab):
        cgroups.kill_all(group)
        cgroups.remove(group)


def groups(lab: str) -> list[str]:
    """Return the control groups of a lab's hosts that are still there."""
    prefix = f"healer-lab-{lab}-"
    found = (path.name for mount in cgroups.MOUNTS if mount.is_dir() for path in mount.glob(f"{prefix}*"))
    return sorted(set(found))


def sweep() -> list[str]:
    """Remove every lab of this machine that nobody will come back for; return their folders."""
    folders = [entry.folder for entry in register.leftovers()]
    for folder in folders:
        take_down(Path(folder))
    return folders
