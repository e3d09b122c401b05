"""`healer ping`: what works between this node and each host."""

import json
from dataclasses import dataclass

import typer
from rich.text import Text

from healer.cli.context import prepare
from healer.cli.fleet import ask_all, chosen
from healer.cli.options import Common
from healer.cli.screen import bare_table, put
from healer.model.command import Command
from healer.model.errors import BecomeError, HostError, HostKeyError, UnreachableError
from healer.model.facts import Unknown
from healer.ports import Remote

WHO = "id -un; uname -sr"


@dataclass(frozen=True, slots=True)
class Pong:
    """What one host answered. `root` says how root is had, or why not."""

    login: str
    shell: str
    root: str
    rooted: bool


def _ask(remote: Remote) -> Pong | HostError:
    result = remote.run(Command(("sh", "-c", WHO), timeout=30.0))
    if isinstance(result.status, Unknown):
        return UnreachableError(remote.host, f"no answer from its shell: {result.status.reason}")
    user, _, system = result.stdout.decode("utf-8", "replace").strip().partition("\n")
    try:
        rooted = remote.run(Command(("id", "-u"), timeout=30.0, become=True)).stdout.strip() == b"0"
    except BecomeError as error:
        return Pong(user, system, error.message, rooted=False)
    return Pong(user, system, "yes" if user == "root" else "by sudo" if rooted else "sudo gave no root", rooted)


def ping_all(common: Common) -> int:
    """Ask all hosts; return the exit code: 4 when one cannot be logged in to, 1 when one gives no root."""
    setting = prepare(common)
    answers = ask_all(setting, chosen(setting), _ask)
    if common.json:
        typer.echo(json.dumps({name: _plain(answer) for name, answer in answers.items()}, indent=2))
    else:
        table = bare_table()
        for name, answer in answers.items():
            table.add_row(name, *_cells(answer))
        put(table)
    if any(isinstance(answer, HostError) for answer in answers.values()):
        return 4
    return 0 if all(isinstance(answer, Pong) and answer.rooted for answer in answers.values()) else 1


def _cells(answer: Pong | HostError) -> tuple[Text, Text]:
    if isinstance(answer, HostKeyError):
        return Text("host key", "bold red"), Text(f"{answer.message} {answer.advice}")
    if isinstance(answer, HostError):
        return Text("unreachable", "red"), Text(f"{answer.message} {answer.advice}".strip())
    words = f"{answer.login}, root: {answer.root}, {answer.shell}"
    return (Text("ok", "green") if answer.rooted else Text("no root", "yellow")), Text(words)


def _plain(answer: Pong | HostError) -> dict[str, object]:
    if isinstance(answer, HostError):
        return {"ok": False, "error": type(answer).__name__, "message": answer.message, "advice": answer.advice}
    return {"ok": answer.rooted, "login": answer.login, "system": answer.shell, "root": answer.root}
