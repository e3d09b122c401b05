"""What the search for logs printed, line by line, and on which disk a file lies: the pieces of the fact `log_files`."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from healer.platforms.processes import Process

Identity = tuple[int, int]
"""st_dev and inode."""

NOT_ITS_OWN = ("/run/host/", "/proc/", "/sys/", "/dev/")
"""Below these a container is shown disks of the machine around it; as the fact `disks` leaves them out."""


@dataclass(slots=True)
class Scan:
    """The rows by their kind, as log_files.sh and openers.sh explain them."""

    machine: str = ""
    mounts: dict[str, str] = field(default_factory=dict)
    units: dict[str, tuple[int, int]] = field(default_factory=dict)
    devices: dict[str, int] = field(default_factory=dict)
    roots: list[str] = field(default_factory=list)
    found: list[tuple[str, str]] = field(default_factory=list)
    big: list[str] = field(default_factory=list)
    odd: int = 0
    open: dict[Identity, list[list[str]]] = field(default_factory=lambda: defaultdict(list))
    processes: dict[int, Process] = field(default_factory=dict)
    maps: set[tuple[str, int]] = field(default_factory=set)
    blind: str = ""
    unmapped: str = ""
    unclear: set[int] = field(default_factory=set)
    names: set[tuple[int, int, str]] = field(default_factory=set)
    data: dict[Identity, int] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    whole: bool = False

    def take(self, line: str) -> None:
        """Add one line of the script's answer. Raises ValueError on a line of an unknown kind."""
        tag, _, rest = line.partition("\t")
        match tag:
            case "file" | "link":
                self.found.append((tag, rest))
            case "big":
                self.big.append(rest)
            case "open" | "process" | "map" | "blind" | "unmapped" | "unclear" | "done":
                self._take_use(tag, rest)
            case "mount" | "fs" | "device" | "root":
                self._take_place(tag, rest)
            case "machine" | "odd" | "name" | "data" | "end":
                self._take_other(tag, rest)
            case _:
                raise ValueError(f"not a line of the search for logs: {line[:80]!r}")

    def _take_use(self, tag: str, rest: str) -> None:
        match tag:
            case "open":
                device, inode, *words = rest.split("\t")
                self.open[int(device), int(inode)].append(words)
            case "process":
                pid, started, parent, apart, cgroup, name = rest.split("\t")
                self.processes[int(pid)] = Process(int(pid), int(started), int(parent), False, apart == "1", cgroup, name)
            case "map":
                device, inode = rest.split("\t")
                self.maps.add((device, int(inode)))
            case "blind":
                self.blind = rest
            case "unmapped":
                self.unmapped = rest
            case "done":
                self.done.add(rest)
            case _:
                self.unclear.add(int(rest))

    def _take_place(self, tag: str, rest: str) -> None:
        match tag:
            case "mount":
                _number, _class, source, point = rest.split("\t", 3)
                self.mounts[point] = source
            case "fs":
                unit, blocks, point = rest.split("\t", 2)
                self.units[point] = int(unit), int(unit) * int(blocks)
            case "device":
                device, point = rest.split("\t", 1)
                self.devices[point] = int(device)
            case _:
                self.roots.append(rest)

    def _take_other(self, tag: str, rest: str) -> None:
        match tag:
            case "machine":
                self.machine = rest
            case "odd":
                self.odd += int(rest)
            case "name":
                device, inode, path = rest.split("\t", 2)
                self.names.add((int(device), int(inode), path))
            case "data":
                device, inode, offset = rest.split("\t")
                self.data[int(device), int(inode)] = int(offset)
            case _:
                self.whole = True


class Places:
    """Which mount, of those that the fact `disks` knows, a file is on."""

    def __init__(self, scan: Scan) -> None:
        """Let the shortest path stand for all mounts of one space, as `disks` does."""
        self._units = scan.units
        by_space: dict[tuple[str, int], str] = {}
        spaces = {point: (source, scan.units[point][1]) for point, source in scan.mounts.items() if point in scan.units}
        own = [point for point in spaces if not point.startswith(NOT_ITS_OWN)]
        for point in sorted(own, key=lambda one: (len(one), one)):
            by_space.setdefault(spaces[point], point)
        self._stands_for = {point: by_space.get(space, "") for point, space in spaces.items()}
        self._by_device = {device: self._stands_for[point] for point, device in scan.devices.items() if point in spaces}

    def of(self, device: int, path: str, roots: Iterable[str] = ()) -> str:
        """Return the mount, empty where it is no local disk.

        Subvolumes of btrfs that are not mounted themselves have device numbers that no mount has; the path tells for those below roots.
        """
        if device in self._by_device or not any(_within(path, root) for root in roots):
            return self._by_device.get(device, "")
        above = [point for point in self._stands_for if _within(path, point)]
        return self._stands_for[max(above, key=len)] if above else ""

    def block(self, mount: str) -> int:
        """Return the size of its blocks in bytes."""
        return self._units[mount][0] if mount in self._units else 4096


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
