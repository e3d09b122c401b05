"""What the journal tells: past runs, one run, one host of a run; and the one thing that is added to it by hand, an acknowledgement."""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence

import typer
from rich.text import Text

from healer.cli.context import Setting, prepare
from healer.cli.options import Common
from healer.cli.screen import bare_table, put
from healer.journal.codec import to_text
from healer.model.errors import UsageError
from healer.model.events import DebtPaid, HostAcknowledged, Stamped
from healer.model.report import RunReport
from healer.pipeline import actor
from healer.report.explain import explain_host
from healer.report.formats import json_doc, terminal
from healer.report.summary import summarise
from healer.rollout.debts import UNDRAIN


def list_runs(number: int, common: Common) -> None:
    """Print the newest runs, a row each."""
    setting = prepare(common)
    reports = [summarise(one.run, setting.journal.events(one.run)) for one in setting.journal.runs(number)]
    if common.json:
        typer.echo(json.dumps([_row(report) for report in reports], indent=2))
        return
    if not reports:
        typer.echo("no run is in the journal yet")
        return
    table = bare_table("run", "by", "hosts", "result", "command", fixed=("run", "by", "hosts"))
    for report in reports:
        table.add_row(report.run, report.actor.partition(" ")[0], str(len(report.hosts)), _result(report), Text(report.command))
    put(table)


def _row(report: RunReport) -> dict[str, object]:
    return {
        "run": report.run,
        "started": report.started.isoformat(),
        "ended": report.ended.isoformat() if report.ended else None,
        "by": report.actor,
        "command": report.command,
        "hosts": _ends(report),
        "exit_code": report.exit_code,
    }


def _ends(report: RunReport) -> dict[str, int]:
    return dict(Counter(host.terminal for host in report.hosts))


def _result(report: RunReport) -> Text:
    ends = ", ".join(f"{count} {terminal.replace('_', ' ')}" for terminal, count in _ends(report).items())
    if report.exit_code is None:
        return Text(f"unfinished: {ends}", "yellow")
    return Text(ends, "" if report.exit_code == 0 else "red")


def show_run(run_id: str, host: str, common: Common) -> None:
    """Print a run's report, or one host's story in it."""
    setting = prepare(common)
    run = setting.run_named(run_id).run
    events = setting.journal.events(run)
    report = summarise(run, events)
    if host:
        _show_host(report, host, events, setting)
    elif common.json:
        typer.echo(json_doc.render(report, 0), nl=False)
    else:
        put(*terminal.parts(report))


def _show_host(report: RunReport, host: str, events: Sequence[Stamped], setting: Setting) -> None:
    if host not in {one.host for one in report.hosts}:
        raise UsageError(f"{host} is not in run {report.run}", advice=f"It has {', '.join(one.host for one in report.hosts)}.")
    if setting.common.json:
        own = [stamped for stamped in events if stamped.event.host == host]
        told = [{"at": one.at.isoformat(), "number": one.number, "event": json.loads(to_text(one.event))} for one in own]
        typer.echo(json.dumps({"run": report.run, "host": host, "events": told}, indent=2))
        return
    put(*map(Text, explain_host(events, host)))


def acknowledge(host: str, common: Common, *, in_service: bool, yes: bool) -> None:
    """Lift the hold of a host after a person has said so, and strike out its way back where he says that he went it.

    Raises UsageError for a host that is not held, or that owes no way back.
    """
    setting = prepare(common)
    held = setting.held()
    out = next((stamped for debt, stamped in setting.debts().get(host, ()) if debt.kind == UNDRAIN), None)
    if in_service and out is None:
        raise UsageError(f"{host} owes no way back into service", advice="`healer status` shows what is owed.")
    if host in held or not in_service:
        _free(host, held, setting, yes=yes)
    if in_service and out is not None:
        setting.journal.append(out.run, DebtPaid(host, UNDRAIN))
        setting.say(f"{host}: in service, says {actor()}")
    elif out is not None:
        setting.say(f"{host} is out of service since {out.at:%Y-%m-%d %H:%M}: the next run with the same way back proves it well and puts")
        setting.say(f"it back. When you have put it back yourself, say so: healer ack {host} --in-service")


def _free(host: str, held: Mapping[str, str], setting: Setting, *, yes: bool) -> None:
    if host not in held:
        others = f"Held are: {', '.join(held)}." if held else "No host is held."
        raise UsageError(f"{host} is not held", advice=others)
    setting.say(f"{host}: {held[host]}")
    if not yes and sys.stdin.isatty():
        typer.confirm("Free it?", abort=True, err=True)
    run = setting.holders()[host]
    setting.journal.append(run, HostAcknowledged(host, actor()))
    setting.say(f"{host}: freed by {actor()}")
    if setting.common.json:
        typer.echo(json.dumps({"host": host, "run": run, "was": held[host], "freed_by": actor()}, indent=2))
