"""What a machine must have for the lab, and what to install when it has not.

`python -m healer.lab.requirements` prints what is missing and exits 1, or prints one line and exits 0.
"""

import os
import platform
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from healer.lab.sources import Archive, read_archive
from healer.model.errors import LabError

PROGRAMS: Mapping[str, str] = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "mkfs.btrfs": "btrfs-progs",
    "mkfs.ext4": "e2fsprogs",
    "ip": "iproute2",
    "mount": "mount",
    "losetup": "mount",
    "nsenter": "util-linux",
    "setsid": "util-linux",
    "ssh-keygen": "openssh-client",
    "dpkg-deb": "dpkg",
    "gpg": "gpg",
    "gpgconf": "gpgconf",
    "tar": "tar",
    "/usr/lib/apt/apt-helper": "apt",
}
"""Program -> the Debian or Ubuntu package that brings it."""

CAPABILITIES: Mapping[int, str] = {12: "CAP_NET_ADMIN", 19: "CAP_SYS_PTRACE", 21: "CAP_SYS_ADMIN"}
"""Bits of CapEff in proc(5): root inside a plain container is root without these."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What was seen of this machine. `filesystems` are those that the kernel knows or has a module for."""

    system: str
    root: bool
    capabilities: int
    programs: frozenset[str]
    filesystems: frozenset[str]
    loop_devices: bool
    archive: Archive | None


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that stands in the way. `package` is what to apt-get install; empty where installing does not help."""

    reason: str
    package: str = ""


def missing(machine: Machine) -> tuple[Missing, ...]:
    """Return everything that stands in the way of a lab, the hopeless first; nothing when a lab can be built."""
    if machine.system != "Linux":
        return (Missing(f"the lab needs Linux; this is {machine.system}"),)
    return (*_rights(machine), *_kernel(machine), *_programs(machine), *_archive(machine))


def explain(problems: Iterable[Missing]) -> str:
    """Return the problems as lines for people, with the one command that installs what can be installed."""
    problems = tuple(problems)
    lines = [f"  - {problem.reason}" for problem in problems]
    packages = sorted({problem.package for problem in problems if problem.package})
    if packages:
        lines.append(f"Install with: apt-get install {' '.join(packages)}")
    return "\n".join(["The lab cannot run on this machine:", *lines])


def look() -> Machine:
    """Look at this machine. Reads files only."""
    return Machine(
        system=platform.system(),
        root=os.geteuid() == 0,
        capabilities=_effective_capabilities(),
        programs=frozenset(program for program in PROGRAMS if shutil.which(program)),
        filesystems=_filesystems(),
        loop_devices=Path("/dev/loop-control").exists(),
        archive=read_archive(),
    )


def require() -> Archive:
    """Return the archive that hosts are built from; raise LabError that lists what is missing."""
    machine = look()
    problems = missing(machine)
    if problems or machine.archive is None:
        raise LabError(explain(problems))
    return machine.archive


def _rights(machine: Machine) -> list[Missing]:
    if not machine.root:
        return [Missing("only root may build a lab: run it with sudo")]
    absent = [name for bit, name in CAPABILITIES.items() if not machine.capabilities >> bit & 1]
    return [Missing(f"root has no {', '.join(absent)} here: this looks like an unprivileged container")] if absent else []


def _kernel(machine: Machine) -> list[Missing]:
    problems = [Missing(f"the kernel has no {name}") for name in ("btrfs", "ext4") if name not in machine.filesystems]
    if not machine.loop_devices:
        problems.append(Missing("there is no /dev/loop-control: loop devices are not available"))
    return problems


def _programs(machine: Machine) -> list[Missing]:
    absent = (program for program in PROGRAMS if program not in machine.programs)
    return [Missing(f"{Path(program).name} is not installed", PROGRAMS[program]) for program in absent]


def _archive(machine: Machine) -> list[Missing]:
    if machine.archive is not None:
        return []
    return [Missing("the apt sources of this machine name no Debian or Ubuntu archive for its own release")]


def _effective_capabilities() -> int:
    path = Path("/proc/self/status")
    lines = path.read_text().splitlines() if path.exists() else []
    return next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), 0)


def _filesystems() -> frozenset[str]:
    listed = Path("/proc/filesystems")
    known = {line.split()[-1] for line in listed.read_text().splitlines()} if listed.exists() else set()
    modules = Path("/lib/modules", platform.release(), "kernel/fs")
    return frozenset(known | {name for name in ("btrfs", "ext4") if (modules / name).is_dir()})


def main() -> int:
    """Print whether this machine can run a lab; return the exit code."""
    problems = missing(look())
    print(explain(problems) if problems else "This machine can run the lab.")  # noqa: T201 - this is the program's output
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
