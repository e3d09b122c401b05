"""Says, before anything is installed, whether an upgrade could be taken back, and why not. Pure."""

from collections.abc import Iterable, Iterator

from healer.model.facts import Facts, Unknown, Update, WayBack
from healer.model.words import first_few
from healer.platforms.packages.contract import GoingBack, PackageManager

MOST = 4
"""How many packages are named before the rest is only counted."""


def outlook(facts: Facts, rows: Iterable[Update], new: Iterable[str], manager: PackageManager) -> str:
    """Return one sentence. `rows` are upgraded, `new` are packages that the upgrade may bring along for the first time."""
    if manager.back is None:
        return f"not possible: healer does not know how {manager.name} goes back"
    way = facts.read("way_back", WayBack)
    if isinstance(way, Unknown):
        return f"not known: {way.reason}"
    reasons = list(_reasons(manager.back, way, tuple(rows), tuple(new)))
    if reasons:
        return f"not possible: {'; '.join(reasons)}"
    if isinstance(way.touches, Unknown):
        return f"the former versions can be had; {way.touches.reason}"
    return "possible: the former versions can be had, and by simulation nothing else is touched"


def _reasons(back: GoingBack, way: WayBack, rows: tuple[Update, ...], new: tuple[str, ...]) -> Iterator[str]:
    """Yield what stands against it, packages with the same reason together."""
    never: dict[str, list[str]] = {}
    for row in rows:
        if reason := back.never(row.package):
            never.setdefault(reason, []).append(row.package)
    yield from (f"{first_few(names, MOST)}: {reason}" for reason, names in never.items())
    absent = [f"{row.package} {row.installed}" for row in rows if row.package not in way.at_hand]
    if absent:
        yield f"{first_few(absent, MOST)} cannot be had any more"
    if new:
        yield f"{first_few(new, MOST)} would be new, and healer removes no package"
    if not isinstance(way.touches, Unknown) and way.touches:
        yield f"going back would touch {first_few(way.touches, MOST)} too"
