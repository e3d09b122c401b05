"""The report as a table that fits a terminal, and as plain text where there is none."""

import io

from rich.console import Console
from rich.table import Table
from rich.text import Text

from healer.model.report import HostReport, RunReport
from healer.report.formats.contract import Format

STYLES = {"ok": "green", "changed": "green", "failed": "bold red", "held": "bold red", "unknown": "bold red", "unreachable": "red"}


def render(report: RunReport, width: int) -> str:
    """Return the report as plain text without escape codes, `width` columns wide."""
    stream = io.StringIO()
    draw(report, Console(file=stream, width=width, force_terminal=False, color_system=None))
    return stream.getvalue()


def draw(report: RunReport, console: Console) -> None:
    """Draw it on a console of any kind."""
    console.print(Text(f"run {report.run}  {report.command}", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("host", "result", "packages", "restarted", "reboot", "time"):
        table.add_column(name, justify="right" if name in ("packages", "time") else "left", no_wrap=name in ("host", "result", "time"))
    table.add_column("why", ratio=1)
    for host in report.hosts:
        table.add_row(*_cells(host))
    console.print(table)
    for line in _remarks(report):
        console.print(Text(line))


def _cells(host: HostReport) -> tuple[Text | str, ...]:
    return (
        host.host,
        Text(host.terminal, STYLES.get(host.terminal, "yellow")),
        str(len(host.packages)) if host.packages else "-",
        ", ".join(unit.removesuffix(".service") for unit in host.restarted) or "-",
        "yes" if host.rebooted else "owed" if any(debt.kind == "reboot" for debt in host.debts) else "-",
        f"{host.seconds:.0f} s",
        Text(host.reason),
    )


def _remarks(report: RunReport) -> list[str]:
    lines = [f"{host.host} owes: {debt.kind}: {debt.detail}" for host in report.hosts for debt in host.debts]
    lines += [f"{host.host}: {note}" for host in report.hosts for note in host.notes]
    if report.halted:
        lines.append(f"halted: {report.halted}")
    lines += [f"next: {command}" for command in report.next_commands]
    return lines


PLUGIN = Format("terminal", render)
