"""A host made of values: facts, files, a boot, a lease, and a gate that lets each act in once. What was done stands in `effects`."""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from healer.model.command import Command, CommandResult
from healer.model.errors import HostError, RefusedError, UnreachableError
from healer.model.facts import (
    Facts,
    Identity,
    Kernel,
    OsRelease,
    PackageDatabase,
    RebootOwed,
    RestartForecast,
    Socket,
    StaleProcesses,
    Unit,
    Units,
    Unknown,
    Update,
    Updates,
)
from healer.model.job import JobReport, JobSpec, Lease
from healer.remote.scripted import ScriptedRemote
from healer.rollout.rebooting import LEAVE_MARK, SEE_MARK

Program = Callable[["FakeHost", tuple[str, ...]], tuple[int, str]]
"""What a program does to the host: exit code and output."""


def unit(name: str, **changes: object) -> Unit:
    """Return a running, enabled service, but for the changes."""
    plain = Unit(name, "loaded", "active", "running", "simple", 0, "first", 9, refuse_manual_stop=False, enabled="enabled")
    return replace(plain, **changes)  # type: ignore[arg-type]  # a test names the fields


def update(package: str, installed: str = "1", candidate: str = "2", **more: object) -> Update:
    """Return a pending security update."""
    plain = Update(package, "amd64", installed, candidate, ("Debian-Security:12/stable-security",), security=True, source=package)
    return replace(plain, **{"offered": (candidate,), **more})  # type: ignore[arg-type]  # a test names the fields


@dataclass
class FakeHost:
    """One host. `wall` is asked for the time; `on_effect` is called after an act was done and before anybody hears of it."""

    name: str
    wall: Callable[[], float] = lambda: 0.0
    programs: dict[str, Program] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    effects: list[tuple[str, str]] = field(default_factory=list)
    acts: dict[str, JobReport] = field(default_factory=dict)
    boot: int = 1
    epoch: int = 0
    lease: Lease | None = None
    leases: int = 0
    renewals: int = 0
    takes: int = 0
    looks: int = 0
    back_at: float = 0.0
    down: bool = False
    boot_seconds: float = 20.0
    boots: Callable[["FakeHost"], None] = lambda _host: None
    before_act: Callable[["FakeHost", str], None] = lambda _host, _what: None
    on_effect: Callable[["FakeHost", str], None] = lambda _host, _what: None

    def __post_init__(self) -> None:
        self.facts = {**healthy(self.name), **self.facts}

    @property
    def boot_id(self) -> str:
        """The id of this boot, shaped as the kernel shapes it."""
        return f"{self.boot:08d}-0000-4000-8000-{abs(hash(self.name)) % 10**12:012d}"

    @property
    def what(self) -> list[str]:
        """What was done here, in order, without the ids."""
        return [what for _act, what in self.effects]

    def check_up(self) -> None:
        """Raise UnreachableError while the host is down."""
        if self.down or self.wall() < self.back_at:
            raise UnreachableError(self.name, "connection refused.")

    def look(self, names: tuple[str, ...]) -> Facts:
        """Return the readings that were asked for."""
        self.check_up()
        self.looks += 1
        identity = Identity(str(self.facts["machine_id"]), self.boot_id, 100.0, str(self.facts["container"]), self.name, is_root=True)
        known = {**self.facts, "identity": identity}
        return Facts({name: known.get(name, Unknown(f"no fact {name} here")) for name in names})

    def command(self, command: Command) -> CommandResult:
        """Run what only looks."""
        self.check_up()
        if SEE_MARK in command.argv:
            return CommandResult(10 if command.argv[-1] in str(self.facts["mark"]) else 0)
        if command.argv == ("id", "-un"):
            return CommandResult(0, b"root\n")
        if is_span_work(command.argv):
            return self._archived(command.argv)
        status, output = self._program(command.argv)
        return CommandResult(status, output.encode())

    def _archived(self, argv: tuple[str, ...]) -> CommandResult:
        """Send a span of one of the files, as the script does."""
        path, start, length = argv[9], int(argv[12]), int(argv[13])
        if path not in self.files:
            return CommandResult(10, b"", b"it is gone\n")
        raw = self.files[path][start : start + length]
        return CommandResult(0, gzip.compress(raw), f"healer: read {hashlib.sha256(raw).hexdigest()} {length}\n".encode())

    def _freed(self, argv: tuple[str, ...]) -> tuple[int, str]:
        """Give a span's blocks back; the program `free` does what that does to the host."""
        if self.files.pop(argv[9], None) is None:
            return 10, "it is gone\n"
        self._program(("free", argv[9]))
        return 0, f"healer: freed {argv[13]} 0\n"

    def _program(self, argv: tuple[str, ...]) -> tuple[int, str]:
        words = " ".join(argv)
        found = next((program for text, program in self.programs.items() if text in words), None)
        return found(self, argv) if found else (0, "")

    def act(self, spec: JobSpec) -> None:
        """Do what an act asks for."""
        what, status, output = self._do(spec)
        self.effects.append((spec.act, what))
        self.acts[spec.act] = JobReport("ended", status, output.encode(), len(output))
        if what == "reboot" and not self.facts["ignores_reboot"]:
            self.acts = {name: report for name, report in self.acts.items() if name in self.detached}
        self.on_effect(self, what)

    def _do(self, spec: JobSpec) -> tuple[str, int, str]:
        argv = spec.argv
        if LEAVE_MARK in argv:
            return ("reboot", *self._reboot(spec.act))
        if is_span_work(argv):
            return (f"free {argv[9]}", *self._freed(argv))
        if "put_file" in argv[2:3] or (len(argv) > 4 and argv[4].startswith("/")):
            return (f"put {argv[4]}", *self._put(argv[4], spec.stdin))
        if argv[:1] == ("systemctl",):
            return (f"{argv[1]} {argv[-1]}", *self._systemctl(argv[1], argv[-1]))
        if "apt_install" in " ".join(argv[2:3]) or {"upgrade", "download", "rollback"} & set(argv[4:5]):
            last = argv.index("--", 5)
            pins = [word for word in argv[7 : last if argv[4] == "rollback" else None] if "=" in word]
            return (f"{argv[4]} {' '.join(pins)}", *self._apt(argv[4], argv[7:last]))
        words = " ".join(argv if argv[:1] != ("sh",) else argv[3:])
        return (words, *self._program(argv))

    def _reboot(self, act: str) -> tuple[int, str]:
        self.facts["mark"] = act
        if self.facts["ignores_reboot"]:
            return 0, ""
        self.boot += 1
        self.lease, self.back_at = None, self.wall() + self.boot_seconds
        self.facts |= {"mark": "", "reboot_owed": RebootOwed(())}
        self.boots(self)
        return 0, ""

    def _put(self, path: str, content: bytes) -> tuple[int, str]:
        same = self.files.get(path) == content
        self.files[path] = content
        return (0 if same else 100), ""

    def _systemctl(self, verb: str, name: str) -> tuple[int, str]:
        status, output = self._program(("systemctl", verb, name))
        units = self.facts["units"]
        assert isinstance(units, Units)
        if status == 0 and name in units.units:
            state = {"stop": "inactive"}.get(verb, "active")
            again = replace(units.units[name], active=state, invocation=f"{verb} {len(self.effects)}")
            self.facts["units"] = Units({**units.units, name: again}, units.failed)
        return status, output

    def _apt(self, verb: str, pins: tuple[str, ...]) -> tuple[int, str]:
        status, output = self._program(("apt", verb, *pins))
        pending = self.facts["updates"]
        assert isinstance(pending, Updates)
        names = {pin.partition("=")[0]: pin.partition("=")[2] for pin in pins}
        if verb == "upgrade" and status == 0:
            gone = {one.package: one for one in pending.pending if one.package in names}
            self.replaced |= gone
            self.facts["updates"] = replace(pending, pending=tuple(one for one in pending.pending if one.package not in names))
            output += "".join(f"healer: version {name} {one.installed or '-'} {names[name]}\n" for name, one in gone.items())
        if verb == "rollback" and status == 0:
            back = tuple(self.replaced.pop(name) for name in names if name in self.replaced)
            self.facts["updates"] = replace(pending, pending=(*pending.pending, *back))
        return status, output

    detached: set[str] = field(default_factory=set)
    swept: list[float] = field(default_factory=list)
    replaced: dict[str, Update] = field(default_factory=dict)


def is_span_work(argv: tuple[str, ...]) -> bool:
    """Say whether the command opens a file to archive it, or to give its room back."""
    return argv[8:9] in (("ro",), ("rw",))


def healthy(name: str) -> dict[str, object]:
    """Return the readings of a host to which nothing has to be done."""
    return {
        "machine_id": f"machine of {name}",
        "container": "",
        "mark": "",
        "ignores_reboot": False,
        "sweeps_badly": False,
        "os_release": OsRelease("debian", "12", "bookworm", (), "Debian 12", "amd64"),
        "system_state": "running",
        "units": Units({"web.service": unit("web.service")}, ()),
        "sockets": (Socket("tcp", "0.0.0.0", 22, "sshd"), Socket("tcp", "0.0.0.0", 80, "web")),
        "package_manager": "apt",
        "package_database": PackageDatabase("apt", interrupted=False, broken=(), fingerprint="one"),
        "package_locks": (),
        "restart_forecast": RestartForecast(()),
        "updates": Updates((), list_age=60.0),
        "stale_processes": StaleProcesses(()),
        "reboot_owed": RebootOwed(()),
        "kernel": Kernel("6.1.0-1", "#1", "6.1.0-1", applicable=True, stale=False),
    }


@dataclass
class FakeGate:
    """The host's gate (ports.Gate): one holder at a time, the current boot and epoch only, each act once."""

    host: FakeHost

    def take_lease(self, holder: str, seconds: float = 120.0, over: Lease | None = None) -> Lease:
        """Grant it, unless somebody else has it who is not over."""
        self.host.check_up()
        self.host.takes += 1
        now = self.host.lease
        if now is not None and over is not None and (now.holder, now.boot_id, now.epoch) == (over.holder, over.boot_id, over.epoch):
            now = None
        if now is not None and now.holder != holder:
            raise RefusedError(self.host.name, f"the lease belongs to {now.holder}.", holder=now.holder)
        if now is None or now.boot_id != self.host.boot_id:
            self.host.epoch += 1
            self.host.leases += 1
        self.host.lease = Lease(holder, self.host.boot_id, self.host.epoch, seconds)
        return self.host.lease

    def renew(self, lease: Lease) -> Lease:
        """Prolong the current one."""
        self.host.renewals += 1
        self._check(lease)
        return lease

    def release(self, lease: Lease) -> None:
        """Give it back."""
        self.host.check_up()
        if self.host.lease == lease:
            self.host.lease = None

    def start(self, lease: Lease, spec: JobSpec) -> JobReport:
        """Let the act in once."""
        self.host.before_act(self.host, spec.act)
        self._check(lease)
        if spec.act in self.host.acts:
            return self.host.acts[spec.act]
        if spec.detached:
            self.host.detached.add(spec.act)
        self.host.act(spec)
        self.host.check_up()
        return self.host.acts[spec.act]

    def poll(self, act: str, offset: int = 0, *, detached: bool, linger: bool = False) -> JobReport:
        """Say what became of the act."""
        self.host.check_up()
        report = self.host.acts.get(act, JobReport("absent"))
        return replace(report, output=report.output[offset:])

    def clean(self, act: str) -> None:
        """Forget the act."""
        self.host.acts.pop(act, None)

    def sweep(self, older_than: float) -> int:
        """Note that it was asked for; fail where the host is so made."""
        self.host.check_up()
        self.host.swept.append(older_than)
        if self.host.facts["sweeps_badly"]:
            raise HostError(self.host.name, "job_clean ended with 1 there.")
        return 0

    def _check(self, lease: Lease) -> None:
        self.host.check_up()
        if lease.boot_id != self.host.boot_id:
            raise RefusedError(self.host.name, "the host was booted since the lease was granted.")
        if self.host.lease is None or lease.epoch != self.host.epoch:
            raise RefusedError(self.host.name, "this lease is no longer the current one.")


def remote_of(host: FakeHost) -> ScriptedRemote:
    """Log in. Raises UnreachableError while the host is down."""
    host.check_up()
    return ScriptedRemote(host.name, host.command)
