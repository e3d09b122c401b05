"""`healer status`: what rots, one row a host, and the sentences behind the numbers."""

import json
from collections.abc import Mapping

import typer
from rich.text import Text

from healer.cli.context import Setting, prepare
from healer.cli.fleet import ask_all, chosen
from healer.cli.options import Common
from healer.cli.quarantine import lines
from healer.cli.reasons import past_of
from healer.cli.screen import bare_table, put
from healer.journal.queries import quarantines
from healer.model.action import Owe
from healer.model.errors import HostError
from healer.model.events import Stamped
from healer.model.facts import Facts, plain
from healer.model.logs import DiskPast
from healer.report.services import service_remarks, window_remarks
from healer.report.status import STATUS_FACTS, UNREACHABLE, debt_in_words, disk_remarks, remarks, status_line
from healer.report.words import hosts_in_words
from healer.wiring import look, refresh_lists

STYLES = {"good": "green", "work": "yellow", "bad": "bold red", "unknown": "magenta", "plain": ""}
Debts = tuple[tuple[Owe, Stamped], ...]
"""What a host owes, each with the event with which it arose."""
COLUMNS = ("host", "system", "security", "updates", "stale", "reboot", "failed", "disk", "lists")
"""Security and other pending updates, services that run replaced code, failed units, the fullest disk, the age of the package lists."""


def status_all(common: Common, *, refresh: bool) -> int:
    """Show all hosts; return 4 when one could not be reached, else 0: finding rot is no failure of looking."""
    setting = prepare(common)
    hosts = chosen(setting)
    if refresh:
        for name, error in refresh_lists(setting.settings, setting.inventory(), hosts, setting.become_password).items():
            setting.say(f"{name}: the package lists were not refreshed: {error}")
    named = {host.name: host.variables for host in hosts}
    answers = ask_all(setting, hosts, lambda remote: look(remote, STATUS_FACTS, named[remote.host]))
    if common.json:
        owed = setting.debts()
        told = {
            name: {**_plain(answer), "owed": _owed(owed.get(name, ())), "services_told": list(service_remarks(past_of(setting, name)))}
            for name, answer in answers.items()
        }
        typer.echo(json.dumps(told, indent=2, default=str))
    else:
        _draw(answers, setting)
    return 4 if any(isinstance(answer, HostError) for answer in answers.values()) else 0


def _draw(answers: Mapping[str, Facts | HostError], setting: Setting) -> None:
    held, owed, inventory = setting.held(), setting.debts(), setting.inventory()
    table = bare_table(*COLUMNS, fixed=tuple(name for name in COLUMNS if name not in ("stale", "failed")))
    notes: dict[str, list[str]] = {}
    for name, answer in answers.items():
        past = setting.disk_past(name)
        line = UNREACHABLE if isinstance(answer, HostError) else status_line(answer, past)
        table.add_row(name, *(Text(cell.text, STYLES[cell.tone]) for cell in line.cells))
        kept = (*service_remarks(past_of(setting, name)), *window_remarks(inventory.hosts[name].variables))
        for note in (*_notes(answer, past, held.get(name, ""), owed.get(name, ())), *kept):
            notes.setdefault(note, []).append(name)
    put(table, *(Text(f"{hosts_in_words(hosts)}: {note}") for note, hosts in notes.items()))
    put(*(Text(line) for line in lines(quarantines(setting.journal))))


def _notes(answer: Facts | HostError, past: DiskPast, held: str, owed: Debts) -> list[str]:
    told = [*disk_remarks(answer, past), *remarks(answer)] if isinstance(answer, Facts) else [f"{answer.message} {answer.advice}".strip()]
    notes = told
    notes += [held] if held else []
    return list(dict.fromkeys([*notes, *(f"owed: {debt_in_words(debt, since.at)}" for debt, since in owed)]))


def _owed(owed: Debts) -> list[dict[str, object]]:
    return [
        {"kind": debt.kind, "detail": debt.detail, "items": debt.items, "since": since.at.isoformat(), "run": since.run}
        for debt, since in owed
    ]  # fmt: skip


def _plain(answer: Facts | HostError) -> Mapping[str, object]:
    if isinstance(answer, HostError):
        return {"error": type(answer).__name__, "message": answer.message, "advice": answer.advice}
    return {name: plain(reading) for name, reading in answer.readings.items()}
