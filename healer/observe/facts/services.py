"""The services that are in trouble, and those that the policy names. Cheap, for the watch reads it every few seconds."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType

from healer.model.facts import Unknown
from healer.model.services import ServiceState, ServiceStates
from healer.observe.facts._service_policy import named
from healer.observe.facts.contract import Fact
from healer.observe.reading import lines, pairs, script, split_at, value_of

NOT_COUNTED = frozenset({"", "[not set]", "18446744073709551615"})
"""What systemd prints for the processor time of a unit for which it keeps no account."""
MICRO = 1e6
NANO = 1e9


def parse(text: str) -> ServiceStates:
    """Return the states, by name; OpenRC's and init's services are named as units are (`nginx.service`), their counters not known."""
    header, shown = split_at(text, "-- services")
    told = pairs("\n".join(line for line in lines(header) if not line.startswith("named=")))
    blocks = [pairs(block) for block in shown.split("\n\n") if block.strip()]
    there = [block for block in blocks if not _absent(block)]
    states = {value_of(block, "Id"): _state(block) for block in there}
    names = {value_of(block, "Id"): (value_of(block, "Id"), *block.get("Names", "").split()) for block in there}
    return ServiceStates(
        boot_id=value_of(told, "boot_id"),
        uptime=float(value_of(told, "uptime")),
        states=MappingProxyType({name: states[name] for name in sorted(states)}),
        named=MappingProxyType({word: _stands_for(word, names) for word in _asked(header)}),
        manager=value_of(told, "manager"),
    )


def _asked(header: str) -> Iterable[str]:
    return (line.removeprefix("named=") for line in lines(header) if line.startswith("named="))


def _stands_for(word: str, names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the units that have a name like this. An alias stands for the unit that it leads to."""
    return tuple(sorted(unit for unit, own in names.items() if any(fnmatchcase(name, word) for name in own)))


def _absent(block: Mapping[str, str]) -> bool:
    """Whether there is no such unit; one whose file is gone while it runs, or since it has failed, is there."""
    return block.get("LoadState") == "not-found" and block.get("ActiveState") == "inactive"


def _state(block: Mapping[str, str]) -> ServiceState:
    return ServiceState(
        name=value_of(block, "Id"),
        load=value_of(block, "LoadState"),
        active=value_of(block, "ActiveState"),
        sub=value_of(block, "SubState"),
        result=block.get("Result", ""),
        type=block.get("Type", ""),
        enabled=block.get("UnitFileState", ""),
        restart=block.get("Restart", ""),
        restarts=int(block.get("NRestarts") or -1),
        invocation=block.get("InvocationID", ""),
        main_pid=_number(block, "MainPID"),
        exit_status=_number(block, "ExecMainStatus"),
        started=_number(block, "ActiveEnterTimestampMonotonic") / MICRO,
        changed=_number(block, "StateChangeTimestampMonotonic") / MICRO,
        cpu=_cpu(block.get("CPUUsageNSec", "")),
        busy=_number(block, "Job") > 0,
        triggered=bool(block.get("TriggeredBy")),
        reloads=block.get("CanReload") == "yes",
        refuse_manual_stop=block.get("RefuseManualStop") == "yes",
        fragment=block.get("FragmentPath", ""),
    )


def _number(block: Mapping[str, str], key: str) -> int:
    """Return the number, 0 where there is none: a manager says nothing of what does not apply."""
    return int(block.get(key) or 0)


def _cpu(word: str) -> float | Unknown:
    return Unknown("its manager does not count processor time") if word in NOT_COUNTED else int(word) / NANO


PLUGIN = Fact(name="services", script=script("services.sh"), parse=parse, seconds=20, words=named)
