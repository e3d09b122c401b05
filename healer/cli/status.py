"""`healer status`: what rots, one row a host, and the sentences behind the numbers."""

import json
from collections.abc import Mapping

import typer
from rich.text import Text

from healer.cli.context import Setting, prepare
from healer.cli.fleet import ask_all, chosen
from healer.cli.options import Common
from healer.cli.screen import bare_table, put
from healer.model.action import Owe
from healer.model.errors import HostError
from healer.model.facts import Facts, plain
from healer.report.status import STATUS_FACTS, UNREACHABLE, remarks, status_line
from healer.report.words import hosts_in_words
from healer.wiring import look, refresh_lists

STYLES = {"good": "green", "work": "yellow", "bad": "bold red", "unknown": "magenta", "plain": ""}
COLUMNS = ("host", "system", "security", "updates", "stale", "reboot", "failed", "disk", "lists")
"""Security and other pending updates, services that run replaced code, failed units, the fullest disk, the age of the package lists."""


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
    table = bare_table(*COLUMNS, fixed=tuple(name for name in COLUMNS if name not in ("stale", "failed")))
    notes: dict[str, list[str]] = {}
    for name, answer in answers.items():
        line = UNREACHABLE if isinstance(answer, HostError) else status_line(answer)
        table.add_row(name, *(Text(cell.text, STYLES[cell.tone]) for cell in line.cells))
        for note in _notes(answer, held.get(name, ""), owed.get(name, ())):
            notes.setdefault(note, []).append(name)
    put(table, *(Text(f"{hosts_in_words(hosts)}: {note}") for note, hosts in notes.items()))


def _notes(answer: Facts | HostError, held: str, owed: tuple[Owe, ...]) -> list[str]:
    notes = [f"{answer.message} {answer.advice}".strip()] if isinstance(answer, HostError) else list(remarks(answer))
    notes += [held] if held else []
    return list(dict.fromkeys([*notes, *(f"owed: {debt.kind}: {debt.detail}" for debt in owed)]))


def _plain(answer: Facts | HostError) -> object:
    if isinstance(answer, HostError):
        return {"error": type(answer).__name__, "message": answer.message, "advice": answer.advice}
    return plain(answer.readings)
