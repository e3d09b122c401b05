"""Which package manager rules the host. Two that both claim it is a mistake to be told, never a reason to take the first."""

from collections.abc import Mapping

from healer.discovery import plugins
from healer.model.facts import Unknown
from healer.observe.facts.contract import Fact
from healer.observe.reading import lines
from healer.platforms.packages.contract import PackageManager


def parse(text: str) -> str | Unknown:
    """Return the one that detected itself. Raises ValueError when several did."""
    found = [line.strip() for line in lines(text)]
    if len(found) > 1:
        raise ValueError(f"several package managers claim this host: {', '.join(found)}")
    return found[0] if found else Unknown("no package manager that healer knows rules this host")


def fact_of(managers: Mapping[str, PackageManager]) -> Fact:
    """Return the fact that asks for these package managers."""
    tests = [f"if ( {manager.detect}\n) >/dev/null 2>&1; then echo {name}; fi" for name, manager in managers.items()]
    return Fact(name="package_manager", script="\n".join([":", *tests]), parse=parse, seconds=10)


PLUGIN = fact_of(plugins("healer.platforms.packages", PackageManager))
