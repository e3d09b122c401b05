"""What an upgrade will mean for the running services, in lines for people: restart, reboot, or something only a person can do."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from healer.discovery import plugins
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
    boots = [name for name in sources if any(fnmatchcase(name, pattern) for pattern in BOOT_PACKAGES)]
    lines += [f"reboot: a boot brings in {name}" for name in boots]
    ordered = sorted(lines, key=lambda line: (_rank(line), line))
    scripts = [f"{package}'s own script restarts {unit}" for package, unit in forecast.scripts if package in sources]
    return (*ordered, *scripts)


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
