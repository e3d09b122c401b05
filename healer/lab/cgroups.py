"""One control group for each host: its systemd gets a tree of its own, and we can always name every process of the host.

Without one, all hosts that are started from the same shell share `/payload`, and one host's systemd would see (and wait
for) the processes of another. systemd tracks services in the `name=systemd` tree or in the unified one; both are used where
both are mounted (hybrid layout).
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from healer.lab.processes import namespace_pid, send, wait_until
from healer.model.errors import LabError

MOUNTS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/systemd"), Path("/sys/fs/cgroup/unified"))


def trees(group: str) -> list[Path]:
    """Return the folders of a group, one for each mounted tree in which it exists."""
    return [mount / group for mount in MOUNTS if (mount / group / "cgroup.procs").exists()]


def processes(group: str) -> set[int]:
    """Return the pids of all processes in a group and below, the supervising nspawn included."""
    return {pid for tree in trees(group) for folder in _folders(tree) for pid in _pids(folder)}


def init_of(group: str) -> int | None:
    """Return the pid (as seen from here) of the host's own pid 1, or None while the host is not running."""
    return next((pid for pid in processes(group) if namespace_pid(pid) == 1), None)


def inside(group: str) -> set[int]:
    """Return the processes of the host itself, without the nspawn that supervises it."""
    supervisors = {pid for tree in trees(group) for pid in _pids(tree / "supervisor") | _pids(tree)}
    return processes(group) - supervisors


def kill_all(group: str, *, patience: float = 15) -> None:
    """Kill until the group is empty. Raises LabError when something survives SIGKILL for `patience` seconds."""

    def empty() -> bool:
        left = processes(group)
        for pid in left:
            send(pid, signal.SIGKILL)
        return not left

    if not wait_until(empty, patience):
        raise LabError(f"Processes of {group} cannot be killed: {sorted(processes(group))}.", advice="See `ps -o stat,wchan`.")


def remove(group: str) -> None:
    """Remove an empty group from every tree, the deepest folders first."""
    for tree in trees(group):
        for folder in sorted(_folders(tree), reverse=True):
            with contextlib.suppress(OSError):
                folder.rmdir()


def _folders(tree: Path) -> Iterator[Path]:
    for folder, _children, _files in os.walk(tree):
        yield Path(folder)


def _pids(folder: Path) -> set[int]:
    try:
        return {int(line) for line in (folder / "cgroup.procs").read_text().split()}
    except OSError:
        return set()
