"""The commands that read the journal: history, show, and ack, which lifts a hold."""

from typing import TYPE_CHECKING, Annotated

import typer

from healer.cli.options import Common, example, with_common
from healer.model.errors import UsageError

if TYPE_CHECKING:
    from healer.cli.context import Setting


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    app.command(epilog=example("healer history", "healer history --json"))(history)
    app.command(epilog=example("healer show 20260102-030405-1a2b", "healer show 20260102-030405-1a2b web3"))(show)
    app.command(epilog=example("healer ack web3", "healer ack web3 --yes"))(ack)


@with_common
def history(
    *,
    number: Annotated[int, typer.Option("--number", "-n", help="How many runs.", min=1)] = 20,
    common: Common,
) -> None:
    """List past runs, newest first."""
    import json

    from rich.table import Table

    from healer.cli.context import prepare
    from healer.cli.screen import console_for_output
    from healer.report.summary import summarise

    setting = prepare(common)
    reports = [summarise(one.run, setting.journal.events(one.run)) for one in setting.journal.runs(number)]
    if common.json:
        rows = [{"run": r.run, "started": r.started.isoformat(), "command": r.command, "exit_code": r.exit_code} for r in reports]
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("run", "started", "by", "hosts", "result", "command"):
        table.add_column(name, no_wrap=name in ("run", "started"))
    for report in reports:
        ends = ", ".join(f"{count} {name}" for name, count in _ends(report.hosts).items())
        result = ends if report.exit_code is not None else f"unfinished ({ends})"
        who = report.actor.partition(" ")[0]
        table.add_row(report.run, f"{report.started:%Y-%m-%d %H:%M}", who, str(len(report.hosts)), result, report.command)
    console_for_output().print(table if reports else "no run is in the journal yet", markup=False)


def _ends(hosts: tuple[object, ...]) -> dict[str, int]:
    result: dict[str, int] = {}
    for host in hosts:
        terminal = str(getattr(host, "terminal", ""))
        result[terminal] = result.get(terminal, 0) + 1
    return result


@with_common
def show(
    *,
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run, or the beginning of its name; the newest when left out.")] = "",
    host: Annotated[str, typer.Argument(metavar="HOST", help="Only this host, event by event.")] = "",
    common: Common,
) -> None:
    """Tell what a run did, or what happened on one of its hosts."""
    from healer.cli.context import prepare
    from healer.cli.screen import console_for_output
    from healer.report.explain import explain_host
    from healer.report.formats import json_doc, terminal
    from healer.report.summary import summarise

    setting = prepare(common)
    run = _run_named(setting, run_id)
    events = setting.journal.events(run)
    report = summarise(run, events)
    if host and host not in {one.host for one in report.hosts}:
        raise UsageError(f"{host} is not in run {run}", advice=f"It has {', '.join(one.host for one in report.hosts)}.")
    if host:
        typer.echo("\n".join(explain_host(events, host)))
    elif common.json:
        typer.echo(json_doc.render(report, 0), nl=False)
    else:
        terminal.draw(report, console_for_output())


def _run_named(setting: "Setting", run_id: str) -> str:
    for stamped in setting.journal.runs(1000):
        if stamped.run.startswith(run_id):
            return stamped.run
    raise UsageError(f"run {run_id!r} is not in the journal" if run_id else "no run is in the journal yet", advice="See `healer history`.")


@with_common
def ack(
    *,
    host: Annotated[str, typer.Argument(metavar="HOST", help="The held host.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    common: Common,
) -> None:
    """Say that a person has looked at a held host: runs may touch it again. Shows the holder, since when and why."""
    import sys

    from healer.cli.context import prepare
    from healer.model.events import HostAcknowledged
    from healer.pipeline import actor

    setting = prepare(common)
    held = setting.held()
    if host not in held:
        others = f"Held are: {', '.join(held)}." if held else "No host is held."
        raise UsageError(f"{host} is not held", advice=others)
    typer.echo(f"{host}: {held[host]}")
    if not yes and sys.stdin.isatty():
        typer.confirm("Free it?", abort=True)
    setting.journal.append(setting.holders()[host], HostAcknowledged(host, actor()))
    typer.echo(f"{host}: freed by {actor()}")
