"""What the journal knows of services, for people: why something was done about one, and that a person has looked at it."""

import json
import sys

import typer
from rich.text import Text

from healer.cli.context import Setting, prepare
from healer.cli.options import Common
from healer.cli.screen import put
from healer.healing.past import KINDS, service_past
from healer.healing.written import unit_name
from healer.model.errors import UsageError
from healer.model.events import ServiceAcknowledged
from healer.model.services import ServicePast
from healer.pipeline import actor
from healer.report import why

NEWEST = 4000
"""How many of the newest events of a host are asked for."""


def past_of(setting: Setting, host: str) -> ServicePast:
    """Return what the journal knows of the host's services. Raises JournalError."""
    return service_past(host, setting.journal.about(host, KINDS, newest=NEWEST))


def tell_why(host: str, service: str, common: Common, *, evidence: bool, number: int) -> None:
    """Print what was found, decided and done, newest first. Raises UsageError for a host or a service that nothing is known of."""
    setting = prepare(common)
    events = setting.journal.about(host, why.KINDS, newest=NEWEST)
    known = why.units(events)
    if not known:
        raise UsageError(f"nothing was found or done about services of {host}", advice=_hosts(setting))
    unit = _named(service, host, known) if service else ""
    told = why.entries(events, unit)[:number]
    if common.json:
        typer.echo(json.dumps([why.as_data(one) for one in told], indent=2))
        return
    put(*(Text(line) for one in told for line in why.lines(one, evidence=evidence)))


def _hosts(setting: Setting) -> str:
    hosts = sorted({one.event.host for one in setting.journal.about(None, ("services_judged",), newest=NEWEST)})
    nothing = "`healer services` finds and heals; until then there is nothing to tell."
    return f"Something is known of {', '.join(hosts)}." if hosts else nothing


def _named(service: str, host: str, known: tuple[str, ...]) -> str:
    """Return the unit's full name. Raises UsageError for one of which nothing is known."""
    try:
        unit = unit_name(service)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if unit not in known:
        raise UsageError(f"nothing was found or done about {unit} on {host}", advice=f"Known are: {', '.join(known)}.")
    return unit


def acknowledge_service(host: str, service: str, common: Common, *, yes: bool) -> None:
    """Lift a service's quarantine after a person has said so. Raises UsageError for one that is not in quarantine."""
    setting = prepare(common)
    standing = past_of(setting, host).quarantined
    try:
        unit = unit_name(service)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if unit not in standing:
        others = f"In quarantine on {host}: {', '.join(standing)}." if standing else f"No service of {host} is in quarantine."
        raise UsageError(f"{unit} on {host} is not in quarantine", advice=others)
    setting.say(f"{host}: {unit}: {standing[unit]}")
    if not yes and sys.stdin.isatty():
        typer.confirm("Let it be healed again?", abort=True, err=True)
    run = next(one.run for one in reversed(setting.journal.about(host, ("services_judged",))) if unit in _units(one.event))
    setting.journal.append(run, ServiceAcknowledged(host, unit, actor()))
    setting.say(f"{host}: {unit}: may be healed again, says {actor()}")
    if common.json:
        typer.echo(json.dumps({"host": host, "unit": unit, "run": run, "was": standing[unit], "acknowledged_by": actor()}, indent=2))


def _units(event: object) -> set[str]:
    return {one.unit for one in getattr(event, "judgements", ())}
