"""Room that apt gives back: archives that can be downloaded again, and kernels that neither run nor would boot."""

import re
from dataclasses import replace

from healer.model.action import Job, Run
from healer.platforms.packages import _apt_jobs as jobs
from healer.platforms.packages.contract import POLITE, Cached, Caching, Terms

# apt-get takes the lock of the folder itself. Its own caches, which it would drop too, are named away: each look would have to build them.
CLEAN = Run(("apt-get", "-q", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=", "clean"), timeout=120.0)
_KERNEL = re.compile(r"linux-(?:image|image-unsigned|modules|modules-extra)-[0-9][a-z0-9.+~-]*")


def parse_cache(text: str) -> Cached:
    """Return what apt_cache.sh printed. Raises ValueError on nonsense."""
    found = Cached()
    for line in text.split("\n"):
        match line.split("\t"):
            case ["cache", device, blocks, files, path]:
                found = Cached(path, int(device), int(blocks) * 512, int(files))
            case [blank] if not blank.strip():
                pass
            case _:
                raise ValueError(f"not a line about apt's archives: {line[:80]!r}")
    return found


def purge_kernel(names: tuple[str, ...], terms: Terms = POLITE) -> Job:
    """Return the job that purges the packages of one kernel. Raises ValueError for what is no package of a kernel."""
    if strange := [name for name in names if not _KERNEL.fullmatch(name)]:
        raise ValueError(f"not a package of a kernel: {strange[0][:80]!r}")
    plain = jobs.job(
        "apt_purge_kernel.sh", (str(terms.lock_timeout), *names), accepted=(0, jobs.ALREADY), timeout=1800.0 + terms.lock_timeout
    )
    return replace(plain, patient=True)


CACHE = Caching(jobs.script("apt_cache.sh"), parse_cache, CLEAN)
