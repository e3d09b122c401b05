"""The upgrades of the last two days: a service that is in trouble since its package was changed is in trouble because of it."""

from datetime import datetime

from healer.model.services import PackageChange
from healer.observe.facts._managers import owners_function
from healer.observe.facts._service_policy import named
from healer.observe.facts.contract import Fact
from healer.observe.reading import lines, script

FIELDS = {"zone": 1, "upgrade": 5, "path": 2, "owner": 2}
"""How many fields a line of each kind has after its tag; the script explains them."""


def parse(text: str) -> tuple[PackageChange, ...]:
    """Return the upgrades, oldest first. Units are those in trouble or of the policy. Raises ValueError on nonsense."""
    rows = [line.split("\t") for line in lines(text)]
    if not rows or rows[-1] != ["end"]:
        raise ValueError("the list of upgrades was cut off")
    told: dict[str, list[list[str]]] = {tag: [] for tag in FIELDS}
    for tag, *fields in rows[:-1]:
        if len(fields) != FIELDS.get(tag):
            raise ValueError(f"not a line about upgrades: {tag[:80]!r}")
        told[tag].append(fields)
    if not told["zone"]:
        raise ValueError("the host's time zone is missing")
    owners = {path: packages.split() for packages, path in told["owner"]}
    units: dict[str, set[str]] = {}
    for unit, path in told["path"]:
        for package in owners.get(path, ()):
            units.setdefault(package, set()).add(unit)
    changes = (_change(fields, told["zone"][0][0], units) for fields in told["upgrade"])
    return tuple(sorted(changes, key=lambda one: (one.at, one.package)))


def _change(fields: list[str], zone: str, units: dict[str, set[str]]) -> PackageChange:
    """Return one upgrade. dpkg logs in local time, without saying which."""
    day, time, package, old, new = fields
    name = package.partition(":")[0]
    return PackageChange(datetime.fromisoformat(f"{day}T{time}{zone}").timestamp(), name, old, new, tuple(sorted(units.get(name, ()))))


PLUGIN = Fact(
    name="package_changes",
    script="\n".join([owners_function(), script("package_changes.sh")]),
    parse=parse,
    seconds=30,
    words=named,
)
