"""Processes that run replaced code: the patch is on the disk, the old library is still in the memory.

The kernel's " (deleted)" proves nothing by itself (a file may be named so, another mount namespace may show another file), so the
host compares the mapped inode with the one on disk; here the findings get their units.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from healer.model.facts import StaleProcess, StaleProcesses
from healer.observe.facts._managers import owners_function
from healer.observe.facts.contract import Fact
from healer.observe.reading import lines, script
from healer.platforms.processes import Process, belongs, read_process


@dataclass(slots=True)
class _Scan:
    init_cgroup: str = ""
    unreadable: int | None = None
    processes: dict[int, Process] = field(default_factory=dict)
    files: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    copies: list[tuple[int, str]] = field(default_factory=list)
    owners: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def take(self, line: str) -> None:
        """Add one line of the script's answer. Raises ValueError on a line of an unknown kind."""
        match line.split("\t"):
            case ["init", cgroup]:
                self.init_cgroup = cgroup
            case ["unreadable", count]:
                self.unreadable = int(count)
            case ["process", *fields]:
                process = read_process(fields)
                self.processes[process.pid] = process
            case ["file", pid, *path]:
                self.files[int(pid)].append("\t".join(path))
            case ["openssl", pid, _apart, *path]:
                self.copies.append((int(pid), "\t".join(path)))
            case ["owner", packages, *path]:
                self.owners["\t".join(path)] = tuple(packages.split())
            case ["source", package, source]:
                self.sources[package] = source
            case _:
                raise ValueError(f"not a line of the process scan: {line[:80]!r}")


def parse(text: str) -> StaleProcesses:
    """Return what the script found. Raises ValueError on nonsense, and when the count of unreadable processes is missing."""
    scan = _Scan()
    for line in lines(text):
        scan.take(line)
    if scan.unreadable is None:
        raise ValueError("the process scan was cut off")
    stale = tuple(_stale(scan, pid) for pid in sorted(scan.files))
    return StaleProcesses(stale, scan.unreadable, tuple(_private(scan)))


def _stale(scan: _Scan, pid: int) -> StaleProcess:
    process = _process(scan, pid)
    kind, unit = belongs(process, scan.init_cgroup)
    paths = tuple(sorted(set(scan.files[pid])))
    owners = {} if kind == "container" else scan.owners
    packages = {package for path in paths for package in owners.get(path, ())}
    sources = {scan.sources[package] for package in packages if package in scan.sources}
    return StaleProcess(pid, process.start_ticks, process.name, kind, unit, paths, tuple(sorted(packages)), tuple(sorted(sources)))


def _private(scan: _Scan) -> list[str]:
    """Name the copies of OpenSSL that the system's own upgrade does not reach, one line a path."""
    enclosed: dict[str, set[str]] = {}
    found = []
    for pid, path in scan.copies:
        process = _process(scan, pid)
        kind, _unit = belongs(process, scan.init_cgroup)
        if kind == "container":
            enclosed.setdefault(path, set()).add(process.name)
        elif path not in scan.owners:
            found.append(f"{process.name} (process {pid}) maps {path}, which no package owns: upgrading the system does not patch it")
    told = (
        f"{', '.join(sorted(names))} in containers: their own {path} is patched by a new image only" for path, names in enclosed.items()
    )
    return sorted([*found, *told])


def _process(scan: _Scan, pid: int) -> Process:
    if pid not in scan.processes:
        raise ValueError(f"a file of process {pid}, which was not told about")
    return scan.processes[pid]


PLUGIN = Fact(
    name="stale_processes",
    script="\n".join([script("processes.sh"), owners_function(), script("stale_processes.sh")]),
    parse=parse,
)
