"""Going back with apt: the job, what is never taken back, and what a person would type."""

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from healer.model.action import Job
from healer.model.facts import Unknown, WayBack
from healer.platforms.packages import _apt_jobs as jobs
from healer.platforms.packages.contract import POLITE, Terms

_BASE = "the whole system rests on it"
_STATE = "what it keeps on disk may have been converted"
_BOOT = "the host may not boot with another one"
_NEVER: Mapping[str, str] = {
    **dict.fromkeys(("libc6*", "libc-bin", "libc-dev-bin", "libc-l10n", "locales*", "libcrypt1", "multiarch-support"), _BASE),
    **dict.fromkeys(
        ("systemd*", "libsystemd*", "libnss-systemd", "libpam-systemd", "udev", "libudev*", "init", "dbus*", "libdbus-*"), _BASE
    ),
    **dict.fromkeys(("dpkg", "libdpkg-*", "apt", "apt-utils", "libapt-*", "base-files"), _BASE),
    **dict.fromkeys(("linux-image-*", "linux-modules-*", "linux-generic*", "linux-virtual*", "linux-headers-*"), _BOOT),
    **dict.fromkeys(("linux-firmware", "firmware-*", "*-microcode", "initramfs-tools*", "dracut*", "grub*", "shim-*"), _BOOT),
    **dict.fromkeys(("postgresql*", "mariadb-*", "mysql-*", "default-mysql-*", "percona-*", "galera-*"), _STATE),
    **dict.fromkeys(("redis*", "valkey*", "keydb*", "mongodb*", "couchdb*", "cassandra*", "influxdb*", "clickhouse*"), _STATE),
    **dict.fromkeys(("elasticsearch*", "opensearch*", "etcd*", "rabbitmq-server", "slapd", "firebird*", "cockroach*"), _STATE),
}
"""Patterns for names of binary packages: dpkg tells no source of what was installed before."""


def never(package: str) -> str:
    """Return why no program takes the package back, or an empty text."""
    name = package.partition(":")[0]
    return next((reason for pattern, reason in _NEVER.items() if fnmatchcase(name, pattern)), "")


def command(versions: Mapping[str, str]) -> str:
    """Return what a person types."""
    return f"apt-get install --allow-downgrades {' '.join(jobs.pins(versions))}"


def job(versions: Mapping[str, str], terms: Terms = POLITE) -> Job:
    """Return the job that goes back from `terms.latter` to exactly these versions and touches nothing else, or does nothing."""
    arguments = ("rollback", str(terms.lock_timeout), terms.conffile, *jobs.pins(versions), "--", *jobs.pins(terms.latter))
    plain = jobs.job("apt_rollback.sh", arguments, accepted=(0, jobs.ALREADY), timeout=7200.0 + terms.lock_timeout)
    return replace(plain, patient=True)


def parse_way(text: str) -> WayBack:
    """Return what apt_way_back.sh printed. Raises ValueError on nonsense."""
    at_hand: dict[str, str] = {}
    touches: list[str] = []
    unknown = ""
    ended = False
    for line in text.split("\n"):
        match line.split("\t"):
            case ["have", package, ("offered" | "cached" | "kept") as where]:
                at_hand[package] = where
            case ["touches", package]:
                touches.append(package)
            case ["unknown", reason]:
                unknown = reason
            case ["end"]:
                ended = True
            case [blank] if not blank.strip():
                pass
            case _:
                raise ValueError(f"not a line about the way back: {line[:80]!r}")
    if not ended:
        raise ValueError("the answer about the way back was cut off")
    return WayBack(at_hand, Unknown(unknown) if unknown else tuple(touches))
