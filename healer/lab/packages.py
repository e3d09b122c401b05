"""Tiny packages that do on purpose what real ones do by accident: go stale, break, dawdle, ask, want a reboot.

Nothing is compiled: the shared library is a copy of one that the release has, and the daemon is sleep(1) with that library
mapped into it, which is what a daemon on an old library looks like in /proc/PID/maps.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from healer.model.errors import LabError

LIBRARY = "/usr/lib/healer-demo/libhealerdemo.so.1"
PROGRAM = "/usr/lib/healer-demo/program"
SLEEP = "/bin/sleep infinity"
DEAF = """/bin/sh -c 'trap "" TERM; while :; do sleep 1; done'"""
GO = "/var/lib/healer-demo-go"
PACE = "/var/lib/healer-demo-seconds"
BALLAST = "/var/lib/healer-demo-ballast"
FILL = f"cat /dev/zero >{BALLAST} 2>/dev/null || true"
TAKE_ANSWER = """. /usr/share/debconf/confmodule
db_get healer-demo-asking/colour
printf '%s\\n' "$RET" >/var/lib/healer-demo-answer"""
BAD_VERSION = "1.1"


@dataclass(frozen=True, slots=True)
class DemoPackage:
    """What goes into one .deb. `files` maps absolute paths to contents; `conffiles` are those that dpkg guards.

    `questions` are debconf's templates: each question of them is asked at priority critical. `programs` are files that can be executed.
    """

    name: str
    version: str
    depends: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    postinst: str = ""
    conffiles: tuple[str, ...] = ()
    questions: str = ""
    programs: tuple[str, ...] = ()


def demo_package(name: str, version: str, *, library: bytes, program: bytes = b"", seconds: int = 20) -> DemoPackage:
    """Return the package of that name. `library` is any ELF library, `program` the file of sleep(1).

    `seconds` is how long the slow one dawdles, the dying one lives.

    Version 1.1 of `-broken` does not start, of `-dying` it ends by itself, of `-halfconfigured` it fails in its postinst; other versions
    are good. An upgrade of `-waiting` goes on when GO is there, one of `-filling` leaves no room below /var. On a host that has the file
    PACE the slow one takes the seconds in it.
    """
    makers: Mapping[str, Callable[[], DemoPackage]] = {
        # Bytes behind the last ELF section are never mapped: another file, the same library.
        "lib": lambda: DemoPackage(name, version, files={LIBRARY: library + f"\nhealer-demo {version}\n".encode()}),
        "daemon": lambda: _service(name, version, SLEEP, on_upgrade="true", library=True),
        "program": lambda: _program(name, version, program),
        "selfrestart": lambda: _service(name, version, SLEEP, library=True),
        "broken": lambda: _service(name, version, "/bin/false" if version == BAD_VERSION else SLEEP),
        "halfconfigured": lambda: DemoPackage(name, version, postinst="exit 1\n" if version == BAD_VERSION else ""),
        "slow": lambda: DemoPackage(name, version, postinst=_unless_first(f"sleep $(cat {PACE} 2>/dev/null || echo {seconds})")),
        "dying": lambda: _service(name, version, f"/bin/sleep {seconds}" if version == BAD_VERSION else SLEEP),
        "stubborn": lambda: _service(name, version, f"{DEAF}\nTimeoutStopSec=3", on_upgrade="true", library=True),
        "waiting": lambda: DemoPackage(name, version, postinst=_unless_first(f"until [ -e {GO} ]; do sleep 0.2; done")),
        "filling": lambda: DemoPackage(name, version, postinst=_unless_first(FILL)),
        "asking": lambda: DemoPackage(name, version, depends="debconf", postinst=_unless_first(TAKE_ANSWER), questions=_question(name)),
        "licence": lambda: DemoPackage(name, version, postinst=_unless_first("printf 'Do you accept? '; read -r answer || true")),
        "plain": lambda: DemoPackage(name, version),
        "firmware-blob": lambda: DemoPackage(name, version),
        "conffile": lambda: _conffile(name, version),
        "reboot": lambda: DemoPackage(name, version, postinst=_unless_first(_ask_for_reboot(name))),
    }
    maker = makers.get(name.removeprefix("healer-demo-"))
    if maker is None:
        raise LabError(f"There is no demo package {name}.", advice=f"There are healer-demo-{{{','.join(makers)}}}.")
    return maker()


def control(package: DemoPackage, architecture: str) -> str:
    """Return the control file, deb-control(5)."""
    fields = {
        "Package": package.name,
        "Version": package.version,
        "Architecture": architecture,
        "Maintainer": "healer lab <lab@healer-lab.invalid>",
        "Depends": package.depends,
        "Section": "misc",
        "Priority": "optional",
        "Description": "throw-away package of the healer lab",
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def _service(name: str, version: str, command: str, *, on_upgrade: str = "", library: bool = False) -> DemoPackage:
    """Return a package with an enabled unit. An upgrade restarts it, as most of Debian's do, unless told otherwise."""
    unit = f"{name}.service"
    preload = f"Environment=LD_PRELOAD={LIBRARY}\n" if library else ""
    text = f"[Unit]\nDescription={name} {version}\n[Service]\n{preload}ExecStart={command}\n[Install]\nWantedBy=multi-user.target\n"
    return DemoPackage(
        name,
        version,
        depends="healer-demo-lib" if library else "",
        files={f"/lib/systemd/system/{unit}": text.encode()},
        postinst=_service_postinst(unit, on_upgrade or f"systemctl restart {unit} || true"),
    )


def _program(name: str, version: str, program: bytes) -> DemoPackage:
    """Return a service whose very program comes with the package, and which an upgrade leaves running."""
    service = _service(name, version, f"{PROGRAM} infinity", on_upgrade="true")
    files = {**service.files, PROGRAM: program + f"\nhealer-demo {version}\n".encode()}
    return replace(service, files=files, programs=(PROGRAM,))


def _service_postinst(unit: str, on_upgrade: str) -> str:
    return (
        f"systemctl enable -q {unit}\n"
        "[ -d /run/systemd/system ] || exit 0\n"
        "systemctl daemon-reload\n"
        f'if [ -z "$2" ]; then systemctl start {unit} || true; else {on_upgrade}; fi\n'
    )


def _conffile(name: str, version: str) -> DemoPackage:
    path = "/etc/healer-demo/demo.conf"
    return DemoPackage(name, version, files={path: f"version = {version}\n".encode()}, conffiles=(path,))


def _unless_first(command: str) -> str:
    """Return a postinst that acts on an upgrade only: $2 is the version that was configured before."""
    return f'[ -n "$2" ] || exit 0\n{command}\n'


def _question(name: str) -> str:
    return f"Template: {name}/colour\nType: string\nDefault: blue\nDescription: Which colour shall it have?\n"


def _ask_for_reboot(name: str) -> str:
    """Return what the kernel's hook does on Debian and Ubuntu."""
    return f"touch /run/reboot-required\necho {name} >>/run/reboot-required.pkgs"
