"""What an upgrade will mean for the running services, in lines for people: restart, reboot, or something only a person can do."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from healer.discovery import plugins
from healer.model.action import Owe
from healer.model.facts import RestartForecast, RunningCode
from healer.platforms.services.contract import ServiceManager

BOOT_PACKAGES = ("linux-image-*", "linux-firmware", "firmware-*", "*-microcode", "linux-generic*", "linux-virtual*")
_ORDER = ("restart ", "re-execute ", "reboot: ", "manual: ")


def services() -> ServiceManager:
    """Return the service manager whose units healer restarts."""
    manager: ServiceManager = plugins("healer.platforms.services", ServiceManager)["systemd"]
    return manager


def forecast_lines(forecast: RestartForecast, sources: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines for an upgrade of these packages (package -> source; empty where it is not known), restarts first."""
    causes: dict[str, set[str]] = {}
    together = {source for source in sources.values() if source}
    for code in forecast.running:
        line = _line(code) if code.package in sources else ""
        if line:
            causes.setdefault(line, set()).add(code.package)
    lines = [_with_causes(line, packages | _source_of(packages, sources, together)) for line, packages in causes.items()]
    lines += [f"reboot: a boot brings in {name}" for name in _boots(sources)]
    ordered = sorted(lines, key=lambda line: (_rank(line), line))
    scripts = [f"{package}'s own script restarts {unit}" for package, unit in forecast.scripts if package in sources]
    return (*ordered, *scripts)


def foretold(forecast: RestartForecast, sources: Mapping[str, str]) -> dict[str, dict[str, list[str]]]:
    """Return what the lines say, for programs: units to be `restart`ed with the packages because of which, units that the packages'
    own scripts restart (`by_scripts`), and what will need a `reboot`.
    """
    told: dict[str, dict[str, list[str]]] = {"restart": {}, "by_scripts": {}, "reboot": {}}
    for code in forecast.running:
        if code.package in sources and code.kind == "service":
            obstacle = services().never_in_place(code.unit)
            if not obstacle or "reboot is owed" in obstacle:
                _tell(told["reboot" if obstacle else "restart"], code.unit, code.package)
    for package, unit in forecast.scripts:
        if package in sources:
            _tell(told["by_scripts"], unit, package)
    for package in _boots(sources):
        _tell(told["reboot"], package, package)
    return told


def _tell(causes: dict[str, list[str]], what: str, package: str) -> None:
    named = causes.setdefault(what, [])
    if package not in named:
        named.append(package)


def _boots(packages: Iterable[str]) -> list[str]:
    return [name for name in packages if any(fnmatchcase(name, pattern) for pattern in BOOT_PACKAGES)]


def restarts_to_come(told: Mapping[str, Mapping[str, list[str]]]) -> tuple[Owe, ...]:
    """Return the debt that an upgrade brings about: until its restarts are done the services run what was replaced."""
    units = {unit: packages for unit, packages in sorted(told["restart"].items()) if unit not in told["by_scripts"]}
    words = "; ".join(f"{unit} runs replaced code ({' '.join(packages)})" for unit, packages in units.items())
    return (Owe("restart", words, items=tuple(units)),) if units else ()


def _line(code: RunningCode) -> str:
    match code.kind:
        case "own-session" | "container":
            return ""
        case "manager":
            return "re-execute systemd"
        case "service":
            reason = services().never_in_place(code.unit)
            return f"reboot: {reason}" if reason else f"restart {code.unit}"
        case "user-service":
            return f"manual: {code.unit} belongs to a user's own manager"
        case "session":
            return f"manual: {code.name} in a login session ends at logout"
        case _:
            return f"manual: {code.name} runs outside of any unit"


def _source_of(packages: set[str], sources: Mapping[str, str], together: set[str]) -> set[str]:
    return {sources[package] for package in packages if sources[package] in together}


def _with_causes(line: str, packages: set[str]) -> str:
    return f"{line} ({' '.join(sorted(packages))})"


def _rank(line: str) -> int:
    return next(number for number, start in enumerate(_ORDER) if line.startswith(start))
