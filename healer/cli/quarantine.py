"""Versions that no run installs, because a host was not well with them: shown, and released by a person."""

import json
import sys
from collections.abc import Iterator

import typer

from healer.cli.context import Setting, prepare
from healer.cli.options import Common
from healer.journal.queries import Quarantines, quarantines
from healer.model.errors import UsageError
from healer.model.events import Stamped, VersionQuarantined, VersionReleased
from healer.pipeline import actor


def lines(standing: Quarantines) -> Iterator[str]:
    """Yield a line a version, the oldest quarantine first; what came with one run on one host stands together."""
    groups: dict[tuple[str, str, str], list[tuple[tuple[str, str], Stamped]]] = {}
    for key, stamped in standing.items():
        groups.setdefault((stamped.run, stamped.event.host, _why(stamped)), []).append((key, stamped))
    for (run, host, why), members in groups.items():
        names = ", ".join(f"{package} {version}" for (package, version), _stamped in members)
        yield f"in quarantine since {members[0][1].at:%Y-%m-%d %H:%M}: {names}: run {run}, {host}: {why}"


def _why(stamped: Stamped) -> str:
    return stamped.event.reason if isinstance(stamped.event, VersionQuarantined) else ""


def release(package: str, version: str, common: Common, *, yes: bool) -> None:
    """Lift the quarantine of one version, or list all where none is named. Raises UsageError for a version that is not in quarantine."""
    setting = prepare(common)
    standing = quarantines(setting.journal)
    if not package:
        _list(standing, setting)
        return
    if (package, version) not in standing:
        raise UsageError(_not_there(package, version), advice=_advice(package, standing))
    stamped = standing[package, version]
    setting.say("; ".join(lines({(package, version): stamped})))
    if not yes and sys.stdin.isatty():
        typer.confirm("Let it be installed again?", abort=True, err=True)
    setting.journal.append(stamped.run, VersionReleased(package, version, actor()))
    setting.say(f"{package} {version}: released by {actor()}")
    if common.json:
        typer.echo(json.dumps({"package": package, "version": version, "run": stamped.run, "released_by": actor()}, indent=2))


def _not_there(package: str, version: str) -> str:
    return f"{package} {version} is not in quarantine" if version else f"which version of {package} is not said"


def _advice(package: str, standing: Quarantines) -> str:
    if not standing:
        return "No version is in quarantine."
    known = sorted(standing, key=lambda one: (one[0] != package, one))
    return f"In quarantine are: {', '.join(f'{name} {version}' for name, version in known)}."


def _list(standing: Quarantines, setting: Setting) -> None:
    if setting.common.json:
        rows = [
            {"package": package, "version": version, "run": one.run, "host": one.event.host, "since": one.at.isoformat(), "why": _why(one)}
            for (package, version), one in standing.items()
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    for line in lines(standing) if standing else ("no version is in quarantine",):
        typer.echo(line)
