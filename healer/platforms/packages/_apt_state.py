"""Reads what dpkg's database, apt's locks and the running processes said."""

from healer.model.facts import LockHolder, PackageDatabase, RestartForecast, RunningCode
from healer.platforms.processes import Process, belongs, read_process, unit_of


def parse_database(text: str) -> PackageDatabase:
    """Return what apt_database.sh printed. Raises ValueError when the fingerprint is missing: then the end was cut off."""
    found: dict[str, list[str]] = {"journal": [], "broken": [], "audit": [], "fingerprint": []}
    for line in _lines(text):
        key, _, value = line.partition(" ")
        if key not in found:
            raise ValueError(f"not a line about the package database: {line[:80]!r}")
        found[key].append(value)
    if not found["fingerprint"]:
        raise ValueError("the fingerprint of the package database is missing")
    interrupted = bool(found["journal"] or found["broken"] or found["audit"])
    return PackageDatabase("apt", interrupted, tuple(sorted(found["broken"])), found["fingerprint"][0])


def parse_locks(text: str) -> tuple[LockHolder, ...]:
    """Return what apt_locks.sh printed. Raises ValueError on nonsense."""
    ticks, uptime = 0.0, 0.0
    holders: list[tuple[str, ...]] = []
    for line in _lines(text):
        match line.split("\t"):
            case ["holder", path, pid, start, group, *command]:
                holders.append((path, pid, start, group, " ".join(command).strip()))
            case [single] if single.startswith("ticks "):
                ticks = float(single[6:])
            case [single] if single.startswith("uptime "):
                uptime = float(single[7:])
            case _:
                raise ValueError(f"not a line about locks: {line[:80]!r}")
    if ticks <= 0:
        raise ValueError("the rate of the clock is missing")
    return tuple(
        LockHolder(path, int(pid), command, unit_of(group)[1], round(max(0.0, uptime - int(start) / ticks), 2))
        for path, pid, start, group, command in holders
    )


def parse_forecast(text: str) -> RestartForecast:
    """Return what apt_forecast.sh printed. Raises ValueError on nonsense."""
    init = ""
    processes: dict[int, Process] = {}
    maps: list[tuple[str, int, str]] = []
    restarts: list[tuple[str, str]] = []
    for line in _lines(text):
        match line.split("\t"):
            case ["init", init_cgroup]:
                init = init_cgroup
            case ["process", *fields]:
                process = read_process(fields)
                processes[process.pid] = process
            case ["running", package, pid, *path]:
                maps.append((package, int(pid), "\t".join(path)))
            case ["restarts", package, unit]:
                restarts.append((package, unit))
            case _:
                raise ValueError(f"not a line of the forecast: {line[:80]!r}")
    units = tuple(sorted({unit for _, unit in restarts}))
    return RestartForecast(tuple(_running(init, processes, row) for row in sorted(maps)), units, tuple(sorted(restarts)))


def _running(init: str, processes: dict[int, Process], row: tuple[str, int, str]) -> RunningCode:
    package, pid, path = row
    if pid not in processes:
        raise ValueError(f"code of process {pid}, which was not told about")
    process = processes[pid]
    kind, unit = belongs(process, init)
    return RunningCode(package, pid, process.name, kind, unit, path)


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]
