"""How busy the host is: a probe that fails on a starved host says something about the host, not about the service."""

from collections.abc import Mapping
from types import MappingProxyType

from healer.model.facts import Load, Unknown
from healer.observe.facts.contract import Fact
from healer.observe.reading import pairs, script, value_of

PRESSURE = "pressure_"


def parse(text: str) -> Load:
    """Return load, memory and pressure: keys such as `cpu_some` and `io_full` are percent over 10 s, those with `_60` over 60 s."""
    found = pairs(text)
    one, five, fifteen = value_of(found, "load").split()[:3]
    return Load(
        one=float(one),
        five=float(five),
        fifteen=float(fifteen),
        processors=int(value_of(found, "processors")),
        memory_total=int(value_of(found, "memory_total")) * 1024,
        memory_available=int(value_of(found, "memory_available")) * 1024,
        pressure=_pressure(found),
    )


def _pressure(found: Mapping[str, str]) -> Mapping[str, float] | Unknown:
    told = {key.removeprefix(PRESSURE): float(value) for key, value in found.items() if key.startswith(PRESSURE)}
    return MappingProxyType(told) if told else Unknown("this kernel does not tell pressure (PSI)")


PLUGIN = Fact(name="load", script=script("load.sh"), parse=parse, seconds=10)
