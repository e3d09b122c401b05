"""`healer doctor`: is this control node fit to run healer? Each check says what is wrong and what to do."""

import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.text import Text

from healer import node
from healer.cli.context import Setting, prepare
from healer.cli.options import Common
from healer.cli.screen import bare_table, put
from healer.journal.database import engine_words
from healer.model.errors import HealerError, InputError
from healer.model.secret import Secret
from healer.settings import Settings

ROOM = 1024**3
"""Bytes that the state folder's disk should have free: below, a long run may not be able to keep its journal."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `good` None means: worth knowing, neither good nor bad."""

    name: str
    good: bool | None
    words: str


def check_up(common: Common, *, notify: bool = False) -> int:
    """Print all checks; return 1 when one is bad. With `notify` a test message goes to every notify URL."""
    setting = prepare(common)
    checks = (*_checks(setting), *_notifications(setting.settings, test=notify))
    if common.json:
        typer.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        table = bare_table()
        for check in checks:
            word, style = {True: ("ok", "green"), False: ("bad", "bold red"), None: ("note", "yellow")}[check.good]
            table.add_row(check.name, Text(word, style), Text(check.words))
        put(table)
    return 1 if any(check.good is False for check in checks) else 0


def _checks(setting: Setting) -> Iterator[Check]:
    yield Check("python", sys.version_info >= (3, 11), f"{platform.python_version()} at {sys.executable}")
    yield _libraries()
    yield _journal(setting)
    yield _folder(setting.settings.state_dir)
    yield _ssh_client()
    yield from _known_hosts(setting)
    yield _clock()
    yield _machine()


def _libraries() -> Check:
    from importlib.metadata import version

    names = ("paramiko", "fabric", "cryptography", "SQLAlchemy", "pydantic", "Jinja2", "typer", "rich")
    return Check("libraries", True, ", ".join(f"{name} {version(name)}" for name in names))


def _journal(setting: Setting) -> Check:
    try:
        runs = len(setting.journal.runs(1000))
    except HealerError as error:
        return Check("journal", good=False, words=str(error))
    return Check("journal", good=True, words=f"{engine_words(setting.settings.database_url)}, {runs} runs")


def _folder(folder: Path) -> Check:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Check("state folder", good=False, words=f"{folder}: {error.strerror}; set HEALER_STATE_DIR")
    loose = folder.stat().st_mode & 0o077
    if loose:
        return Check("state folder", good=False, words=f"{folder} is open to others; chmod 700 {folder}")
    return Check("state folder", good=free >= ROOM and os.access(folder, os.W_OK), words=f"{folder}, {free // 1024**2} MiB free")


def _ssh_client() -> Check:
    program = shutil.which("ssh")
    if program is None:
        return Check("ssh client", None, "not installed: ~/.ssh/config is read without Include and Match exec")
    return Check("ssh client", good=True, words=f"{program} resolves ~/.ssh/config")


def _known_hosts(setting: Setting) -> Iterator[Check]:
    files = setting.settings.known_hosts or ("~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts")
    present = [name for name in files if Path(name).expanduser().is_file()]
    words = ", ".join(present) if present else f"none of {', '.join(files)} is there; enrol hosts with `healer trust HOST`"
    yield Check("known hosts", True if present else None, words)


def _notifications(settings: Settings, *, test: bool) -> Iterator[Check]:
    """Check each URL by itself, none shown."""
    from healer.watch.tell import name_of, understood, urls_of

    try:
        urls = urls_of(settings)
    except InputError as error:
        yield Check("notifications", good=False, words=str(error))
        return
    if not urls:
        yield Check("notifications", False if test else None, "no notify URL is set: nobody is told of incidents (notify, notify_file)")
    for number, url in enumerate(urls, 1):
        named = f"{name_of(url, number)} of {len(urls)}"
        if not understood(url):
            yield Check("notifications", good=False, words=f"{named} is not understood; see the documentation of apprise")
        else:
            yield _test_message(url, named) if test else Check("notifications", good=True, words=f"{named} is understood")


def _test_message(url: Secret, named: str) -> Check:
    from healer.watch.tell import name_of, send

    name = node.name()
    troubles = send((url,), f"healer on {name}: test", f"This is a test by `healer doctor --notify` on {name}. Nothing is wrong.")
    words = troubles[0].removeprefix(name_of(url, 1)).strip() if troubles else "has taken a test message"
    return Check("notifications", good=not troubles, words=f"{named} {words}")


def _clock() -> Check:
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    sane = now.year >= 2026
    synchronised = Path("/run/systemd/timesync/synchronized").exists()
    return Check("clock", sane, f"{now:%Y-%m-%d %H:%M:%S} UTC{', synchronised' if synchronised else ''}{'' if sane else ': set it'}")


def _machine() -> Check:
    try:
        identity = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except OSError:
        return Check("machine id", None, "none: healer cannot tell this node from the hosts, so never list it as a host")
    return Check("machine id", good=True, words=f"{identity}: a host with the same id is this node and is never rebooted")
