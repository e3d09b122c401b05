"""What a machine looks like from outside, so that "nothing is left" can be told from before and after."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from healer.lab.register import entries


@dataclass(frozen=True)
class Witness:
    """Everything that a lab could leave behind, as `kind: text` lines, and the marks of the labs that were up then."""

    lines: frozenset[str]
    labs: frozenset[str]

    def left_since(self, before: "Witness") -> set[str]:
        """Return what is new and belongs to no lab that somebody else runs meanwhile."""
        others = self.labs | before.labs | labs()
        return {line for line in self.lines - before.lines if not any(other in line for other in others)}


def labs() -> frozenset[str]:
    """Return what names the labs of this machine in links, groups, paths and (as a metric) routes."""
    return frozenset(part for entry in entries() for part in (entry.lab, entry.folder, f"metric {int(entry.lab, 16) + 1}"))


def look() -> Witness:
    """Take down links, routes, mounts, loop devices, firewall rules, forwarding, groups, folders and the lab's processes."""
    known = labs()
    kinds: dict[str, Iterable[str]] = {
        "link": (path.name for path in Path("/sys/class/net").iterdir()),
        "route": _output("ip", "-4", "route", "show", "table", "all"),
        "mount": (" ".join(line.split()[3:5]) for line in Path("/proc/self/mountinfo").read_text().splitlines()),
        "loop": _output("losetup", "--noheadings", "--output", "BACK-FILE", "--all"),
        "nft": _output("nft", "list", "ruleset"),
        "iptables": (line for line in _output("iptables-legacy-save") if line.startswith("-")),
        "forward": [Path("/proc/sys/net/ipv4/ip_forward").read_text()],
        "group": (str(path) for path in Path("/sys/fs/cgroup").glob("*/*") if path.is_dir()),
        "group2": (str(path) for path in Path("/sys/fs/cgroup").glob("*healer*")),
        "folder": (str(path) for path in (*Path("/tmp").glob("hl*"), *Path("/run/systemd/nspawn/propagate").glob("*"))),
        "process": _processes(),
    }
    lines = frozenset(f"{kind}: {line.strip()}" for kind, found in kinds.items() for line in found)
    return Witness(lines, known | labs())


def _output(*argv: str) -> list[str]:
    """Return a tool's lines; none when the tool is not installed, for then there is nothing of its kind either."""
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.splitlines()
    except FileNotFoundError:
        return []


def _processes() -> Iterable[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if any(mark in words for mark in ("systemd-nspawn", "keep_running.sh", "healer.lab.server", "gpg-agent")):
            yield f"{path.parent.name} {words}"
