"""Which new configuration files a package manager has left beside those that were changed on the host, for a person to merge."""

from healer.observe.facts.contract import Fact
from healer.observe.reading import lines, script, split_at


def parse(text: str) -> tuple[str, ...]:
    """Return the paths, in order. Raises ValueError for what is none, and where the search did not come to its end."""
    paths, rest = split_at(text, "-- all")
    if rest.strip():
        raise ValueError("something stands behind the end")
    found = lines(paths)
    if strange := [path for path in found if not path.startswith("/etc/")]:
        raise ValueError(f"not a path below /etc: {strange[0][:80]!r}")
    return tuple(sorted(found))


PLUGIN = Fact(name="conffiles_left", script=script("conffiles_left.sh"), parse=parse, seconds=30, root=True)
