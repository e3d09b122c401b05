"""Where a process belongs: from the line of its cgroup to the unit that a restart would have to name.

Lives beside the platforms because both the observation and the package plug-ins speak about running processes.
"""

import re
from dataclasses import dataclass

_CONTAINER = re.compile(r"docker[-/]|libpod-|cri-containerd-|crio-|kubepods|lxc\.payload|/lxc/|/machine\.slice/|/payload/|\.scope/payload")
_USER_UNIT = re.compile(r"/user@(\d+)\.service/")
_SSH_UNITS = ("ssh.service", "sshd.service")
_SSH_CONNECTION = re.compile(r"^sshd?@.*\.service$")


@dataclass(frozen=True, slots=True)
class Process:
    """One process as the scan saw it. `own`: an ancestor of the observing shell. `apart`: in another pid namespace."""

    pid: int
    start_ticks: int
    parent: int
    own: bool
    apart: bool
    cgroup: str
    name: str


def read_process(fields: list[str]) -> Process:
    """Return the process of a `process` line's fields after its tag. Raises ValueError on nonsense."""
    pid, start, parent, own, apart, cgroup, name = fields
    return Process(int(pid), int(start), int(parent), own == "1", apart == "1", cgroup, name)


def belongs(process: Process, init_cgroup: str = "") -> tuple[str, str]:
    """Return (kind, unit) with the kinds of StaleProcess.

    `init_cgroup` is the path of process 1; what is above it (a container that healer's host itself is) does not count.
    """
    if process.pid == 1:
        return "manager", ""
    path = _below(process.cgroup, init_cgroup)
    if process.apart or _CONTAINER.search(path):
        return "container", ""
    kind, unit = unit_of(path)
    if process.own and not (kind == "service" and process.parent == 1):
        return "own-session", ""
    if kind == "service" and _ssh_session(unit, process):
        return "session", ""
    return kind, unit


def unit_of(path: str) -> tuple[str, str]:
    """Return (kind, unit) of a cgroup path: the last `*.service` in it, so that delegated sub-groups still name their unit."""
    if path == "/init.scope":
        return "manager", ""
    parts = path.split("/")
    services = [part for part in parts if part.endswith(".service")]
    user = _USER_UNIT.search(path + "/")
    if user:
        own = f"user@{user[1]}.service"
        return "user-service", services[-1] if services else own
    if any(part.startswith("session-") and part.endswith(".scope") for part in parts):
        return "session", ""
    return ("service", services[-1]) if services else ("process", "")


def _below(path: str, init_cgroup: str) -> str:
    prefix = init_cgroup.removesuffix("/init.scope").rstrip("/")
    if prefix and (path == prefix or path.startswith(prefix + "/")):
        return path[len(prefix) :] or "/"
    return path


def _ssh_session(unit: str, process: Process) -> bool:
    """Without logind a login's processes stay in the unit of sshd; only the listener, a child of process 1, is the service."""
    if _SSH_CONNECTION.match(unit):
        return True
    return unit in _SSH_UNITS and not (process.parent == 1 and process.name == "sshd")
