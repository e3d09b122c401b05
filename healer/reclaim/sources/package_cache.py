"""Packages that were downloaded and can be downloaded again: the one thing that is dropped without being kept."""

from collections.abc import Iterator

from healer.discovery import plugins
from healer.model.action import Action
from healer.model.facts import Unknown
from healer.model.logs import PackageCache
from healer.platforms.packages.contract import PackageManager
from healer.reclaim.remains import manager_at_work
from healer.reclaim.sources.contract import Candidate, Situation, Source

NAME = "package_cache"


def candidates(situation: Situation) -> Iterator[Candidate]:
    """Yield the package manager's downloads, where there are any. The former versions that healer keeps are no part of them."""
    cache = situation.facts.read("package_cache", PackageCache)
    if isinstance(cache, Unknown) or not cache.files:
        return
    what = f"{cache.files} downloaded packages in {cache.path}"
    manager = plugins("healer.platforms.packages", PackageManager).get(cache.manager)
    why = manager_at_work(situation) or ("" if manager and manager.cache else f"how {cache.manager} drops its downloads is not known")
    if why or manager is None or manager.cache is None:
        yield Candidate(NAME, what, cache.mount, cache.allocated, "", refused=why, path=cache.path)
        return
    action = Action(
        f"drop {what}",
        manager.cache.clean,
        disruptive=False,
        makes_stale=("disks", "package_cache"),
        undo="nothing: they are fetched when needed",
    )
    how = f"{' '.join((manager.cache.clean.argv[0], manager.cache.clean.argv[-1]))}: they can be downloaded again, and are not kept"
    yield Candidate(NAME, what, cache.mount, cache.allocated, how, (action,), inodes=cache.files, path=cache.path)


PLUGIN = Source(name=NAME, rank=10, needs=("package_cache", "package_locks"), candidates=candidates)
