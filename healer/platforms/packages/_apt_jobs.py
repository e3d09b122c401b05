"""Makes apt's jobs: static scripts, and versions as arguments that were checked against dpkg's own grammar."""

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files

from healer.model.action import Job
from healer.platforms.packages.contract import POLITE, Terms

# deb-control(5) and deb-version(7), with the architecture that apt sets after a colon.
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]*(?::[a-z0-9][a-z0-9-]*)?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:~-]*")

ALREADY = 10
UNREPAIRED = 46
FULL = 47
BUSY = 75
MEANINGS: Mapping[int, str] = {
    ALREADY: "nothing was to be done any more",
    41: "an earlier transaction was interrupted: it must be repaired first, and nothing was done",
    42: "there is not enough room on a file system: nothing was done",
    43: "the plan no longer holds on this host: nothing was done",
    44: "packages or package lists could not be fetched: nothing was installed",
    45: "a package is not at its planned version",
    UNREPAIRED: "the package database could not be repaired",
    FULL: "a file system ran full in the middle: make room, and the next run ends what was begun",
    BUSY: "somebody else holds the package manager's lock: nothing was done",
    100: "apt-get failed",
}


def script(name: str) -> str:
    """Return the text of `scripts/NAME`."""
    return files("healer.platforms.packages").joinpath("scripts", name).read_text(encoding="utf-8")


def refresh(terms: Terms = POLITE) -> Job:
    """Return the job that fetches the package lists; one that cannot be had fails it."""
    return job("apt_refresh.sh", (str(terms.lock_timeout),), changed_codes=(), timeout=900.0 + terms.lock_timeout)


def repair(terms: Terms = POLITE) -> Job:
    """Return the job that ends an interrupted transaction."""
    accepted = (0, ALREADY, UNREPAIRED) if terms.upgraded_after else (0, ALREADY)
    return replace(job("apt_repair.sh", (str(terms.lock_timeout),), accepted=accepted, timeout=3600.0 + terms.lock_timeout), patient=True)


def download(versions: Mapping[str, str], terms: Terms = POLITE) -> Job:
    """Return the job that fetches these versions and names the configuration files that will be in question."""
    arguments = ("download", *_arguments(versions, terms))
    return job("apt_install.sh", arguments, accepted=(0, ALREADY), changed_codes=(), timeout=3600.0 + terms.lock_timeout)


def upgrade(versions: Mapping[str, str], terms: Terms = POLITE) -> Job:
    """Return the job that installs exactly these versions."""
    arguments = ("upgrade", *_arguments(versions, terms))
    return replace(job("apt_install.sh", arguments, accepted=(0, ALREADY), timeout=7200.0 + terms.lock_timeout), patient=True)


def _parts(name: str) -> tuple[str, ...]:
    """Return what a job is made of: the repair goes with a transaction, which needs it when the attempt before was cut off."""
    moves = name in ("apt_install.sh", "apt_rollback.sh")
    repair_too = (f"repair() (\n{script('apt_repair.sh')})", script("apt_packages.sh"), script("apt_keep.sh")) if moves else ()
    return (*(script(part) for part in ("apt_lock_holders.sh", "apt_job.sh")), *repair_too, script(name))


def _arguments(versions: Mapping[str, str], terms: Terms) -> tuple[str, ...]:
    return str(terms.lock_timeout), terms.conffile, *pins(versions), "--", *pins(terms.companions)


def pins(versions: Mapping[str, str]) -> list[str]:
    """Return `NAME=VERSION` words, sorted. Raises ValueError for what is no such name or version."""
    for name, version in versions.items():
        if not _NAME.fullmatch(name) or not _VERSION.fullmatch(version):
            raise ValueError(f"not a package and a version: {name[:80]!r} {version[:80]!r}")
    return [f"{name}={version}" for name, version in sorted(versions.items())]


def job(
    name: str, arguments: tuple[str, ...], *, timeout: float, accepted: tuple[int, ...] = (0,), changed_codes: tuple[int, ...] | None = (0,)
) -> Job:
    """Return a job of the script, behind what every job of apt begins with."""
    return Job(
        "\n".join(_parts(name)),
        arguments,
        timeout=timeout,
        accepted=accepted,
        busy_codes=(BUSY,),
        changed_codes=changed_codes,
        exit_meanings=MEANINGS,
        convergent=True,
    )
