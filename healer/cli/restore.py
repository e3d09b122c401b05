"""`healer logs restore`: brings a log back whole, and says from where."""

import json
from collections import Counter
from pathlib import Path, PurePosixPath

import typer

from healer.cli.context import Setting, prepare
from healer.cli.options import Common
from healer.clock import SystemClock
from healer.model.errors import UnreachableError, UsageError
from healer.ports import Remote
from healer.report.words import counted
from healer.restoring import Restored, Restorer
from healer.wiring import Access


def restore_log(host: str, path: str, output: str, common: Common, *, archived_only: bool, force: bool) -> int:
    """Write the log and tell of it. Raises UsageError, ArchiveError, HostError: nothing stands under the file's name then."""
    if not PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise UsageError(f"{path} is no absolute path on {host}.")
    setting = prepare(common)
    restorer = Restorer(host, str(PurePosixPath(path)), setting.journal, lambda: _login(host, setting), SystemClock())
    try:
        done = restorer.restore(Path(output).expanduser(), archived_only=archived_only, force=force)
    except UnreachableError as error:
        raise type(error)(error.host, f"{error.message} What is still in the log is missing.", advice=_advice(error)) from error
    finally:
        restorer.close()
    _tell(done, path, output, setting)
    return 0


def _advice(error: UnreachableError) -> str:
    return f"{error.advice} With --archived-only what is archived is written without it.".strip()


def _login(host: str, setting: Setting) -> Remote:
    inventory = setting.inventory()
    if host not in inventory.hosts:
        advice = "See `healer inventory --graph`. With --archived-only what is archived here is written."
        raise UsageError(f"there is no host {host} in the inventory.", advice=advice)
    return Access(setting.settings, inventory, setting.become_password).connect(inventory.hosts[host])


def _tell(done: Restored, path: str, output: str, setting: Setting) -> None:
    if setting.common.json:
        parts = [{"from": place, "bytes": length} for place, length in done.parts]
        typer.echo(json.dumps({"file": output, "path": path, "bytes": done.length, "parts": parts, "notes": done.notes}, indent=2))
        return
    places = Counter(_folder(place) for place, _length in done.parts)
    told = "; ".join(f"{counted(number, 'part')} from {place}" for place, number in places.items())
    typer.echo(f"{output}: {done.length} bytes of {path}: {told or 'nothing'}")
    for note in done.notes:
        typer.echo(f"note: {note}", err=True)


def _folder(place: str) -> str:
    """Return where a part was: the folder of an archive, and a file on the host by its own name."""
    return place if ":" in place else str(PurePosixPath(place).parent)
