"""What a lab host itself says really happened: read past healer and past SSH, from its own files, also when it is dead.

Everything that outlives a boot is read from the disk, so a host whose plug was pulled can still be asked. What lives in /run (foreground
acts, the invocations of units) is there only while the host runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from healer.lab import cgroups
from healer.lab.machine import LabHost

CHANGES = frozenset({"install", "upgrade", "remove", "purge"})
"""The verbs of dpkg.log that change which version is installed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of dpkg.log: `upgrade PACKAGE OLD NEW`, `configure PACKAGE NEW <none>`, `status half-configured PACKAGE NEW` and so on.

    `package` is without its architecture. The words after the verb are in `words` as they stand.
    """

    time: str
    verb: str
    words: tuple[str, ...]

    @property
    def package(self) -> str:
        """Return the package that the line tells of, or nothing for `startup`."""
        place = 1 if self.verb == "status" else 0
        return "" if self.verb == "startup" else self.words[place].partition(":")[0]


@dataclass(frozen=True, slots=True)
class Begun:
    """Who let an act begin: written once by the host itself, under its lock, in the moment before the command runs."""

    boot_id: str
    pid: int
    ticks: int
    holder: str


@dataclass(frozen=True, slots=True)
class Act:
    """One folder of the gate. `began` and `ended` are times of modification, by the one clock that all lab hosts share.

    `status` is None where no result was left: it runs still, or it was killed, or power was lost.
    """

    id: str
    detached: bool
    begun: Begun | None
    began: float | None
    status: int | None
    word: str
    ended: float | None
    output: str


@dataclass(frozen=True, slots=True)
class HostRecord:
    """All of it. `boots` are the ids of every boot since the lab came up, oldest first; `invocations` are unit -> id, active ones only."""

    host: str
    running: bool
    boots: tuple[str, ...]
    dpkg: tuple[Entry, ...]
    acts: tuple[Act, ...]
    invocations: dict[str, str]
    epoch: int

    def changes(self, package: str = "") -> list[str]:
        """Return what dpkg installed, upgraded or removed, in order, as `upgrade PACKAGE OLD NEW`; all packages, or the one."""
        rows = [entry for entry in self.dpkg if entry.verb in CHANGES and package in {"", entry.package}]
        return [" ".join((entry.verb, entry.package, *entry.words[1:3])) for entry in rows]

    def upgrades(self, package: str) -> list[str]:
        """Return each upgrade of the package that dpkg has ever done here, as `OLD NEW`."""
        return [row.partition(f" {package} ")[2] for row in self.changes(package) if row.startswith("upgrade ")]

    def act(self, act: str) -> Act | None:
        """Return the act of that id, or None when the host never heard of it."""
        return next((each for each in self.acts if each.id == act), None)


def host_record(host: LabHost) -> HostRecord:
    """Read the whole record of one host, dead or alive. A frozen host can be read too."""
    init = cgroups.init_of(host.group)
    root = Path(f"/proc/{init}/root") if init is not None else host.root
    logs = root / "var/log" if init is not None or not host.log_disk else host.folder / "logs" / host.name
    epoch = _text(root / "var/lib/healer/epoch")
    return HostRecord(
        host=host.name,
        running=init is not None,
        boots=tuple(_text(logs / "lab-boots").split()),
        dpkg=tuple(_entries(_text(logs / "dpkg.log"))),
        acts=tuple(_acts(root, running=init is not None)),
        invocations={} if init is None else _invocations(root),
        epoch=int(epoch) if epoch else 0,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _entries(log: str) -> Iterator[Entry]:
    for line in log.splitlines():
        day, clock, verb, *words = line.split()
        yield Entry(f"{day} {clock}", verb, tuple(words))


def _acts(root: Path, *, running: bool) -> Iterator[Act]:
    bases = {root / "var/lib/healer/jobs": True} | ({root / "run/healer/jobs": False} if running else {})
    for base, detached in bases.items():
        for folder in sorted(base.glob("[!.]*")):
            yield _act(folder, detached=detached)


def _act(folder: Path, *, detached: bool) -> Act:
    words, result = _text(folder / "begun").split(), _text(folder / "rc").partition("\n")[0].split(maxsplit=1)
    return Act(
        id=folder.name,
        detached=detached,
        begun=Begun(words[0], int(words[1]), int(words[2]), words[3]) if words else None,
        began=_modified(folder / "begun"),
        status=int(result[0]) if result else None,
        word=result[1] if len(result) > 1 else "",
        ended=_modified(folder / "rc"),
        output=_text(folder / "out"),
    )


def _modified(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _invocations(root: Path) -> dict[str, str]:
    """Return what systemd leaves in /run for every unit that runs: a link from the unit's name to its invocation id."""
    links = (root / "run/systemd/units").glob("invocation:*")
    return {link.name.removeprefix("invocation:"): link.readlink().name for link in links if link.is_symlink()}
