"""What the package manager has downloaded and could download again."""

from collections.abc import Callable

from healer.model.facts import Unknown
from healer.model.logs import PackageCache
from healer.observe.facts._disk_places import PLACES, told
from healer.observe.facts._log_scan import Places
from healer.observe.facts._managers import dispatch, parse_by
from healer.observe.facts.contract import Fact
from healer.platforms.packages.contract import PackageManager


def parse(text: str) -> PackageCache | Unknown:
    """Return the cache; one of no files where there is none. Raises ValueError on nonsense."""
    first, _, rest = text.lstrip("\n").partition("\n")
    rows, places = told(rest, "the look at downloaded packages")
    return parse_by(lambda manager: reader(manager, places), "\n".join([first, *("\t".join(row) for row in rows)]))


def reader(manager: PackageManager, places: Places) -> Callable[[str], PackageCache | Unknown]:
    """Return what reads the manager's own lines; Unknown where it cannot tell of its downloads."""

    def read(text: str) -> PackageCache | Unknown:
        if manager.cache is None:
            return Unknown(f"where the downloads of {manager.name} lie is not known")
        found = manager.cache.parse(text)
        return PackageCache(manager.name, places.of(found.device, found.path), found.path, found.allocated, found.files)

    return read


def script_of(manager: PackageManager) -> str:
    """Return the manager's own text; one that does nothing where it cannot tell of its downloads."""
    return manager.cache.script if manager.cache else ":"


# The manager's name comes first, for its parser is chosen by it.
PLUGIN = Fact(name="package_cache", script=f"{PLACES}{dispatch(script_of)}told_places\necho end\n", parse=parse, seconds=20)
