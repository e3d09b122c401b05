"""`healer status`: what rots, one row a host, and the sentences behind the numbers."""

import json
from collections.abc import Mapping

import typer
from rich.table import Table
from rich.text import Text

from healer.cli.context import Setting, prepare
from healer.cli.fleet import ask_all, chosen
from healer.cli.options import Common
from healer.cli.screen import console_for_output
from healer.model.action import Owe
from healer.model.errors import HostError
from healer.model.facts import Facts, plain
from healer.report.status import STATUS_FACTS, UNREACHABLE, remarks, status_line
from healer.wiring import look, refresh_lists

STYLES = {"good": "green", "work": "yellow", "bad": "bold red", "unknown": "magenta", "plain": ""}
COLUMNS = ("host", "system", "security", "updates", "stale services", "reboot", "failed units", "fullest disk", "lists")


def status_all(common: Common, *, refresh: bool) -> int:
    """Show all hosts; return 4 when one could not be reached, else 0: finding rot is no failure of looking."""
    setting = prepare(common)
    hosts = chosen(setting)
    if refresh:
        for name, error in refresh_lists(setting.settings, setting.inventory(), hosts, setting.become_password).items():
            setting.say(f"{name}: the package lists were not refreshed: {error}")
    answers = ask_all(setting, hosts, lambda remote: look(remote, STATUS_FACTS))
    if common.json:
        typer.echo(json.dumps({name: _plain(answer) for name, answer in answers.items()}, indent=2, default=str))
    else:
        _draw(answers, setting)
    return 4 if any(isinstance(answer, HostError) for answer in answers.values()) else 0


def _draw(answers: Mapping[str, Facts | HostError], setting: Setting) -> None:
    held, owed = setting.held(), setting.debts()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in COLUMNS:
        table.add_column(name, no_wrap=name not in ("stale services", "failed units"))
    notes: list[str] = []
    for name, answer in answers.items():
        line = UNREACHABLE if isinstance(answer, HostError) else status_line(answer)
        table.add_row(name, *(Text(cell.text, STYLES[cell.tone]) for cell in line.cells))
        notes += [f"{name}: {note}" for note in _notes(answer, held.get(name, ""), owed.get(name, ()))]
    console = console_for_output()
    console.print(table)
    for note in notes:
        console.print(Text(note))


def _notes(answer: Facts | HostError, held: str, owed: tuple[Owe, ...]) -> list[str]:
    notes = [f"{answer.message} {answer.advice}".strip()] if isinstance(answer, HostError) else list(remarks(answer))
    notes += [held] if held else []
    return notes + [f"owes: {debt.kind}: {debt.detail}" for debt in owed]


def _plain(answer: Facts | HostError) -> object:
    if isinstance(answer, HostError):
        return {"error": type(answer).__name__, "message": answer.message, "advice": answer.advice}
    return plain(answer.readings)
