"""What is there: readings of one host at one moment. A reading is a value or Unknown; "none" and "not known" never meet."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import TypeVar

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A reading that was not had, and why. Never good, never bad, never a reason to repeat an act."""

    reason: str


class Verdict(StrEnum):
    """The three answers to "did it work?"."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


def plain(value: object) -> object:
    """Return a reading as JSON-shaped data: dataclasses and mappings as dicts, sequences as lists, Unknown as its reason."""
    if isinstance(value, Unknown):
        return {"unknown": value.reason}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(part) for part in value]
    return value


@dataclass(frozen=True, slots=True)
class Facts:
    """All readings of one look, by fact name. A fact that was not asked for is Unknown too."""

    readings: Mapping[str, object] = field(default_factory=dict)

    def get(self, name: str) -> object:
        """Return the reading, or Unknown when this look did not ask for it."""
        return self.readings.get(name, Unknown(f"{name} was not looked at"))

    def read(self, name: str, kind: type[Kind]) -> Kind | Unknown:
        """Return the reading when it is of that kind, else Unknown."""
        value = self.get(name)
        if isinstance(value, (kind, Unknown)):
            return value
        return Unknown(f"{name} has an unexpected shape: {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class OsRelease:
    """From /etc/os-release. `like` are the ids of ID_LIKE."""

    id: str
    version: str
    codename: str
    like: tuple[str, ...]
    pretty: str
    architecture: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells this host and this boot apart. `container` is systemd-detect-virt's word, or empty on a real machine."""

    machine_id: str
    boot_id: str
    uptime: float
    container: str
    hostname: str
    is_root: bool


@dataclass(frozen=True, slots=True)
class Kernel:
    """`running` and `running_build` are uname -r and -v; `expected` is what would boot next, empty when not applicable."""

    running: str
    running_build: str
    expected: str
    applicable: bool
    stale: bool


@dataclass(frozen=True, slots=True)
class Update:
    """One package that can be upgraded. `security` is true when any version newer than the installed one, up to the candidate, is
    offered by a security pocket. `origins` are `Label:Version/Suite`. `new` packages (pulled in) have an empty `installed`.

    `offered` are all versions newer than the installed one that can be had, newest first. `kept_back` updates cannot be installed
    without removing another package; `held` ones are pinned by the operator; `phased` ones are not yet this host's turn."""

    package: str
    architecture: str
    installed: str
    candidate: str
    origins: tuple[str, ...]
    security: bool
    source: str = ""
    held: bool = False
    phased: bool = False
    offered: tuple[str, ...] = ()
    kept_back: bool = False


@dataclass(frozen=True, slots=True)
class Updates:
    """The package manager's own simulation. `list_age` is the age in seconds of the package lists, or Unknown. `fingerprint` changes with
    everything that the simulation is made of, empty where that is not known.
    """

    pending: tuple[Update, ...]
    removals: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    list_age: float | Unknown = field(default_factory=lambda: Unknown("not looked at"))
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """What an earlier simulation with this fingerprint said still holds; only the lists have grown older."""

    fingerprint: str
    list_age: float | Unknown


@dataclass(frozen=True, slots=True)
class PackageDatabase:
    """Whether the package database is whole. `interrupted`: a transaction was cut. `broken` names packages not fully installed."""

    manager: str
    interrupted: bool
    broken: tuple[str, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class LockHolder:
    """A process that holds a package manager's lock. `age` is seconds since the process started."""

    path: str
    pid: int
    command: str
    unit: str
    age: float


@dataclass(frozen=True, slots=True)
class RebootOwed:
    """Why the host should boot, one reason a line. Empty: no boot is owed."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StaleProcess:
    """A process that runs code which is no longer on disk. `kind` is service, user-service, session, manager, container,
    own-session, or process (no unit). `unit` is empty where there is none. `files` are the replaced paths, in order of path;
    `packages` the packages that own these paths today, `sources` the sources that these were built from."""

    pid: int
    start_ticks: int
    name: str
    kind: str
    unit: str
    files: tuple[str, ...]
    packages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StaleProcesses:
    """All of them. `unreadable` counts processes that could not be looked into (no root): then absence proves nothing.

    `private` are lines about code that no upgrade of the system replaces, such as a bundled OpenSSL.
    """

    processes: tuple[StaleProcess, ...]
    unreadable: int = 0
    private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunningCode:
    """One process that runs files of a package which has an update: what will be stale after the upgrade. Kinds as in StaleProcess."""

    package: str
    pid: int
    name: str
    kind: str
    unit: str
    file: str


@dataclass(frozen=True, slots=True)
class RestartForecast:
    """Which processes run code of packages with a pending update. `self_restarting` are units whose package scripts restart them,
    `scripts` the same as (package, unit)."""

    running: tuple[RunningCode, ...]
    self_restarting: tuple[str, ...] = ()
    scripts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """One service unit as systemd shows it. `restarts` is NRestarts; `invocation` the InvocationID (empty when never started)."""

    name: str
    load: str
    active: str
    sub: str
    type: str
    restarts: int
    invocation: str
    main_pid: int
    refuse_manual_stop: bool
    enabled: str
    fragment: str = ""


@dataclass(frozen=True, slots=True)
class Units:
    """Loaded service units by name, and the names of those that failed."""

    units: Mapping[str, Unit]
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WayBack:
    """Whether an upgrade of what is pending could be taken back, as far as it can be told beforehand.

    `at_hand` says per package where its installed version can be had from: `offered` by a source, `cached` by the package manager, or
    `kept` by healer; one that is not there cannot be had. `touches` is what going back would touch beyond the pending packages, by the
    package manager's own simulation after a pretended upgrade; Unknown where that cannot be simulated.
    """

    at_hand: Mapping[str, str] = field(default_factory=dict)
    touches: tuple[str, ...] | Unknown = ()


@dataclass(frozen=True, slots=True)
class Socket:
    """A listening socket. `process` is the program's name, or empty when it may not be seen."""

    protocol: str
    address: str
    port: int
    process: str


@dataclass(frozen=True, slots=True)
class Disk:
    """One mounted file system. Sizes in bytes; inode totals are 0 where the file system has no fixed number."""

    mount: str
    device: str
    kind: str
    size: int
    used: int
    available: int
    inodes: int
    inodes_used: int
    read_only: bool

    @property
    def used_percent(self) -> int:
        """Share of blocks in use as df counts it: of what an ordinary user could have, rounded up."""
        usable = self.used + self.available
        return -(-100 * self.used // usable) if usable else 0

    @property
    def inodes_percent(self) -> int:
        """Share of inodes in use, rounded up; 0 where there is no fixed number."""
        return -(-100 * self.inodes_used // self.inodes) if self.inodes else 0


@dataclass(frozen=True, slots=True)
class Load:
    """Load averages, processors, memory in bytes, and pressure where the kernel tells: the share in percent of the last
    10 s (`cpu_some`, `io_full`) and of the last minute (`cpu_some_60`)."""

    one: float
    five: float
    fifteen: float
    processors: int
    memory_total: int
    memory_available: int
    pressure: Mapping[str, float] | Unknown
