"""Kernels that neither run nor would boot, nor are the one spare: purged by the package manager, only where the policy lists them."""

from collections.abc import Iterator

from healer.discovery import plugins
from healer.model.action import Action
from healer.model.facts import Kernel, Unknown
from healer.model.logs import Leftover
from healer.platforms.packages.contract import PackageManager
from healer.reclaim.remains import left_alone, manager_at_work, remains
from healer.reclaim.sources.contract import Candidate, Situation, Source

NAME = "kernels"
IMAGE = "linux-image-"


def candidates(situation: Situation) -> Iterator[Candidate]:
    """Yield the kernels, the oldest first."""
    name = situation.facts.read("package_manager", str)
    manager = None if isinstance(name, Unknown) else plugins("healer.platforms.packages", PackageManager).get(name)
    for leftover in remains(situation, "kernel"):
        why = leftover.kept or _against(situation, leftover)
        if why or manager is None or manager.purge_kernel is None:
            yield left_alone(NAME, leftover, why or "healer does not know how this host's package manager removes one")
        else:
            yield _offer(leftover, manager)


def _against(situation: Situation, leftover: Leftover) -> str:
    """Return why not: by what boots next, as the boot loader says it, and while a package manager is at work."""
    kernel = situation.facts.read("kernel", Kernel)
    if isinstance(kernel, Unknown):
        return f"which kernel would boot next is not known: {kernel.reason}"
    if not kernel.applicable or not kernel.expected:
        return "which kernel would boot next is not known"
    if leftover.path.endswith((f"-{kernel.expected}", f"-{kernel.running}")):
        return "it runs, or would boot next"
    return manager_at_work(situation)


def _offer(leftover: Leftover, manager: PackageManager) -> Candidate:
    if manager.purge_kernel is None or not leftover.path.startswith(IMAGE):
        return left_alone(NAME, leftover, "it is no kernel whose packages healer knows")
    job = manager.purge_kernel(_family(leftover.path))
    action = Action(
        f"purge {leftover.path}",
        job,
        disruptive=False,
        makes_stale=("disks", "leftovers", "kernel", "package_database", "updates"),
        undo=f"apt-get install {leftover.path}",
    )
    how = "purged by the package manager: neither runs nor would boot, a spare stays; it can be installed again, so it is not kept"
    return Candidate(NAME, leftover.path, leftover.mount, leftover.allocated, how, (action,))


def _family(package: str) -> tuple[str, ...]:
    """Return the image and the packages that hold its modules; those that are not installed are passed over."""
    release = package.removeprefix(IMAGE).removeprefix("unsigned-")
    return (package, f"linux-modules-{release}", f"linux-modules-extra-{release}")


PLUGIN = Source(name=NAME, rank=50, needs=("leftovers", "package_manager", "package_locks", "kernel"), candidates=candidates, listed=True)
