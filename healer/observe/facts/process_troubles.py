"""What no unit's state tells: processes that wait for the kernel, dead children, kills for memory, and queues that nobody empties."""

from collections import Counter
from types import MappingProxyType

from healer.model.services import Backlog, BlockedProcess, ProcessTroubles
from healer.observe.facts.contract import Fact
from healer.observe.reading import lines, script
from healer.platforms.processes import Process, belongs

FIELDS = {"init": 1, "oom": 1, "blocked": 6, "zombies": 4, "killed": 1, "backlog": 6}
"""How many fields a line of each kind has after its tag; the script explains them."""


def parse(text: str) -> ProcessTroubles:
    """Return what was found, in order of process, unit and port. Raises ValueError on nonsense and for what was cut off."""
    rows = [line.split("\t") for line in lines(text)]
    if not rows or rows[-1] != ["end"]:
        raise ValueError("the look at the processes was cut off")
    told: dict[str, list[list[str]]] = {tag: [] for tag in FIELDS}
    for tag, *fields in rows[:-1]:
        if len(fields) != FIELDS.get(tag):
            raise ValueError(f"not a line about troubles of processes: {tag[:80]!r}")
        told[tag].append(fields)
    if not told["init"] or not told["oom"]:
        raise ValueError("neither process 1 nor the kills for memory were told of")
    init = told["init"][0][0]
    return ProcessTroubles(
        blocked=tuple(sorted((_blocked(fields, init) for fields in told["blocked"]), key=lambda one: one.pid)),
        zombies=MappingProxyType(_zombies(told["zombies"], init)),
        memory_kills=int(told["oom"][0][0] or 0),
        killed_units=tuple(sorted({unit for (unit,) in told["killed"]})),
        backlogs=tuple(sorted({_backlog(fields, init) for fields in told["backlog"]}, key=lambda one: (one.port, one.process))),
    )


def _blocked(fields: list[str], init: str) -> BlockedProcess:
    pid, start, parent, waits_in, cgroup, name = fields
    unit = _unit(Process(int(pid), int(start), int(parent), own=False, apart=False, cgroup=cgroup, name=name), init)
    # The kernel says 0 to who may not know.
    return BlockedProcess(int(pid), int(start), name, unit, "" if waits_in == "0" else waits_in)


def _zombies(rows: list[list[str]], init: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for count, parent, cgroup, name in rows:
        found[_unit(Process(int(parent), 0, 0, own=False, apart=False, cgroup=cgroup, name=name), init)] += int(count)
    return {unit: found[unit] for unit in sorted(found)}


def _backlog(fields: list[str], init: str) -> Backlog:
    port, waiting, most, pid, cgroup, name = fields
    unit = _unit(Process(int(pid), 0, 1, own=False, apart=False, cgroup=cgroup, name=name), init)
    return Backlog(int(port), int(waiting), int(most), name, unit)


def _unit(process: Process, init: str) -> str:
    """Return the system's own service that the process belongs to; those of users, sessions and containers are not ours to heal."""
    kind, unit = belongs(process, init)
    return unit if kind == "service" else ""


PLUGIN = Fact(name="process_troubles", script=script("process_troubles.sh"), parse=parse, seconds=30)
