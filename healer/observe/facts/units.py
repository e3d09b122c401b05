"""The services that systemd has loaded, and every unit of any type that failed."""

from types import MappingProxyType

from healer.model.facts import Unit, Units
from healer.observe.facts.contract import Fact
from healer.observe.reading import lines, pairs, script, split_at, value_of

NOT_TOLD = -1
"""`restarts` where systemd does not count them (before 235)."""


def parse(text: str) -> Units:
    """Return the services by name and the failed units in order of name. A host with systemd has services: none is nonsense."""
    shown, failed = split_at(text, "-- failed")
    units = [_unit(pairs(block)) for block in shown.split("\n\n") if block.strip()]
    if not units:
        raise ValueError("systemctl shows no service at all")
    return Units(MappingProxyType({unit.name: unit for unit in units}), tuple(sorted(_failed(line) for line in lines(failed))))


def _unit(shown: dict[str, str]) -> Unit:
    return Unit(
        name=value_of(shown, "Id"),
        load=value_of(shown, "LoadState"),
        active=value_of(shown, "ActiveState"),
        sub=value_of(shown, "SubState"),
        type=shown.get("Type", ""),
        restarts=int(shown.get("NRestarts", NOT_TOLD)),
        invocation=shown.get("InvocationID", ""),
        main_pid=int(shown.get("MainPID", 0)),
        refuse_manual_stop=shown.get("RefuseManualStop") == "yes",
        enabled=shown.get("UnitFileState", ""),
        fragment=shown.get("FragmentPath", ""),
    )


def _failed(line: str) -> str:
    """Return the unit's name: the first word with a dot, since some versions put a bullet or a star before it."""
    for word in line.split():
        if "." in word:
            return word
    raise ValueError(f"no unit in the line {line[:80]!r}")


PLUGIN = Fact(name="units", script=script("units.sh"), parse=parse, seconds=30)
