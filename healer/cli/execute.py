"""Carries a running command out: reads what it names, asks before it starts, shows it while it goes on, tells it at the end."""

import secrets
import shlex
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NoReturn

import typer

from healer.cli.context import Setting, prepare
from healer.cli.drift import drifts
from healer.cli.forecast import drawn
from healer.cli.live import Showing, view
from healer.cli.options import Common
from healer.cli.request import RunRequest
from healer.cli.screen import console_for_output, put
from healer.cli.signals import exit_code_of, stopped_by_signals
from healer.cli.telling import limits_of, tell
from healer.freezing import inputs_of, with_secrets
from healer.model.errors import InputError, UsageError
from healer.model.events import RunStarted
from healer.model.host import Inventory
from healer.model.playbook import Playbook
from healer.model.report import RunReport
from healer.pipeline import Order, carry_out, checked, hosts_of, stage
from healer.plans import read_plan, save_plan
from healer.playbook.load import parse_playbook
from healer.playbook.search import find_playbook
from healer.playbook.tags import RESERVED
from healer.playbook.trust import read_trusted
from healer.playbook.words import nearest
from healer.report.saved import saved_view
from healer.report.words import counted
from healer.rollout.context import RunInputs
from healer.rollout.fold import fold
from healer.rollout.names import all_tasks
from healer.rollout.planning import steps
from healer.settings import Settings
from healer.wiring import Access, Listeners, doors, journal_of, locks_of


def new_run_id() -> str:
    """Return an id that sorts by time and cannot be guessed: `20260102-030405-1a2b`."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def start(request: RunRequest, common: Common) -> NoReturn:
    """Begin a new run, or show what it would do."""
    setting = prepare(common)
    order = _order(request, setting)
    if not request.check and _asks(request.yes):
        _confirm(order, setting)
    report = _go(order, setting)
    if request.save_to and report.exit_code is not None:
        path = save_plan(request.save_to, order.inputs, order.playbook_text, setting.events(order.inputs.run))
        setting.say(f"plan saved: {path}   do exactly that: healer apply {shlex.quote(str(path))}", aside=True)
    _finish(report, setting)


def _order(request: RunRequest, setting: Setting) -> Order:
    inventory = setting.inventory()
    path = find_playbook(request.playbook, inventories=setting.inventory_paths())
    text = read_trusted(path)
    playbook = parse_playbook(text, file=str(path), steps=steps())
    hosts = setting.limited(_named_hosts(playbook, inventory), inventory)
    if not hosts:
        raise UsageError("the playbook's patterns name no host.", advice="See `healer inventory --graph`.")
    wanted, unwanted = request.tag_sets
    _check_tags(wanted | unwanted, playbook)
    inputs = RunInputs(
        new_run_id(), inventory, playbook, hosts, dict(request.extra), wanted, unwanted, check=request.check, saving=request.saving
    )
    order = Order(inputs, _command_line(), text.decode("utf-8"), held=setting.held())
    checked(order)
    setting.say(f"run {inputs.run}: {path}, {len(hosts)} of {counted(len(inventory.hosts), 'host')}")
    return order


def _check_tags(named: frozenset[str], playbook: Playbook) -> None:
    """Refuse a tag that no task has: a misspelt one would leave everything undone, and look like a success. Raises UsageError."""
    known = {tag for play in playbook.plays for task in all_tasks(play) for tag in task.tags | play.tags} | RESERVED
    for tag in sorted(named - known):
        advice = nearest(tag, known) or f"There are: {', '.join(sorted(known - RESERVED)) or 'none'}."
        raise UsageError(f"no task of {playbook.file} has the tag {tag!r}.", advice=advice)


def _named_hosts(playbook: Playbook, inventory: Inventory) -> tuple[str, ...]:
    """Return the hosts that the plays name; all, where a pattern is a template and only the play knows."""
    if any("{{" in play.hosts for play in playbook.plays):
        return tuple(inventory.hosts)
    return tuple(dict.fromkeys(name for play in playbook.plays for name in hosts_of(play, play.hosts, inventory)))


def _command_line() -> str:
    return " ".join(["healer", *(shlex.quote(word) for word in sys.argv[1:])])


def _asks(yes: bool) -> bool:
    return not yes and sys.stdin.isatty() and sys.stdout.isatty()


def _confirm(order: Order, setting: Setting) -> None:
    """Show what would be done and ask. What the answer allows is planned again at its turn."""
    check = replace(order, inputs=replace(order.inputs, check=True))
    report = _go(check, setting)
    view = tell(report, setting, aside=True)
    if report.exit_code is None or not view.open:
        _finish(report, setting, told=not setting.common.json)
    typer.confirm("Go on?", abort=True, err=True)


def apply_plan(plan_file: str, common: Common, *, yes: bool) -> NoReturn:
    """Carry a saved plan out."""
    setting = prepare(common)
    saved = read_plan(plan_file)
    inputs = inputs_of(new_run_id(), saved.documents)
    inputs = replace(inputs, inventory=_complete(inputs.inventory, setting), saved=saved.decisions)
    inputs = replace(inputs, hosts=setting.limited(inputs.hosts, inputs.inventory))
    setting = setting.using(inputs.inventory)
    order = Order(inputs, _command_line(), saved.documents["playbook"], held=setting.held())
    if _asks(yes):
        put(*drawn(saved_view(saved.decisions, inputs.playbook, inputs.hosts)), err=common.json)
        typer.confirm(f"Apply the plan of {saved.created} to {counted(len(inputs.hosts), 'host')}?", abort=True, err=True)
    _finish(_go(order, setting), setting)


def _complete(frozen: Inventory, setting: Setting) -> Inventory:
    """Add the secrets, which plans and the journal never hold, from the inventory as it is now, where it can be read."""
    current = _current(frozen, setting)
    return with_secrets(frozen, current) if current else frozen


def _current(frozen: Inventory, setting: Setting) -> Inventory | None:
    try:
        return setting.inventory(frozen.sources)
    except InputError as error:
        setting.say(f"the inventory cannot be read for its secrets, going on without: {error}")
        return None


NEWEST = 50
"""How far back the newest unfinished run is looked for."""


def resume_run(run_id: str, settle: list[str], common: Common) -> NoReturn:
    """Go on with a run from its journal alone."""
    setting = prepare(common)
    started = _resumable(run_id, setting)
    inputs = inputs_of(started.run, started.documents)
    current = _current(inputs.inventory, setting)
    complete = with_secrets(inputs.inventory, current) if current else inputs.inventory
    inputs = replace(inputs, inventory=complete, settled=_settled(settle))
    _tell_drifts(list(drifts(inputs, started.documents["playbook"], current)), setting)
    setting = setting.using(inputs.inventory)
    setting.say(f"resuming run {started.run}: {started.playbook}, {len(inputs.hosts)} hosts")
    own = {host for host, run in setting.holders().items() if run == started.run}
    held = {host: reason for host, reason in setting.held().items() if host not in own}
    _finish(_go(Order(inputs, started.command, resume=True, held=held), setting), setting)


def _tell_drifts(sentences: list[str], setting: Setting) -> None:
    """Say what was changed since; a person at a terminal is asked. What was begun is ended as it was begun, never half one way."""
    for sentence in sentences:
        setting.say(f"{sentence}; the run goes on with what it began with, and a new run takes the new text", aside=True)
    if sentences and _asks(yes=False):
        typer.confirm("Go on?", abort=True, err=True)


@dataclass(frozen=True, slots=True)
class _Started:
    run: str
    command: str
    playbook: str
    documents: Mapping[str, str]


def _resumable(run_id: str, setting: Setting) -> _Started:
    """Return the run of that name, or the newest unfinished one, or the newest of all where there is something to go on with.

    There is after a halt, and while what became of an act is not known. Raises UsageError.
    """
    found = [setting.run_named(run_id)] if run_id else setting.journal.runs(NEWEST)
    states = [(stamped, fold(setting.journal.events(stamped.run))) for stamped in found]
    open_ones = [stamped for stamped, state in states if state.exit_code is None]
    to_go_on = [stamped for stamped, state in states[:1] if state.halted or state.unsettled]
    for stamped in (*open_ones, *to_go_on):
        if isinstance(stamped.event, RunStarted):
            return _Started(stamped.run, stamped.event.command, stamped.event.playbook, stamped.event.documents)
    wrong = f"run {found[0].run} has ended, and nothing of it is left to go on with" if run_id else "there is no unfinished run"
    raise UsageError(wrong, advice="See `healer history`.")


def _settled(entries: list[str]) -> dict[str, str]:
    settled = dict(entry.partition("=")[::2] for entry in entries)
    wrong = [entry for entry in entries if entry.partition("=")[2] not in ("done", "redo")]
    if wrong:
        raise UsageError(f"--settle {wrong[0]}: say HOST=done or HOST=redo")
    return settled


def _go(order: Order, setting: Setting) -> RunReport:
    stop = threading.Event()
    check = order.inputs.check
    journal = journal_of(setting.settings, check=True) if check else setting.journal
    setting.remember(order.inputs.run, journal)
    settings = archiving_to(setting.settings, order.inputs.extra)
    access = Access(settings, order.inputs.inventory, setting.become_password, order.inputs.extra)
    shown = view(console_for_output(err=setting.common.json), Showing(setting.common.verbose, check, limits_of(stage(order.inputs))))
    listeners = Listeners(shown.listen, shown.waiting)
    with _stopped_by(stop), shown, doors(access, settings, journal, stop, listeners, past=setting.journal) as open_doors:
        locks = locks_of(setting.settings) if not check else _no_locks
        return replace(carry_out(order, open_doors, locks), check=check)


def archiving_to(settings: Settings, extra: Mapping[str, object]) -> Settings:
    """Return the settings with the folder of archives that the run was begun with: `healer resume` goes on with the same."""
    folder = extra.get("logs_archive_dir")
    return replace(settings, archive_dir=str(folder)) if folder else settings


@contextmanager
def _no_locks(_groups: object, _run: str) -> Iterator[dict[str, str]]:
    yield {}


@contextmanager
def _stopped_by(stop: threading.Event) -> Iterator[None]:
    with stopped_by_signals(stop) as received:
        yield
    _STOPPED_BY[:] = received


_STOPPED_BY: list[int] = []


def _finish(report: RunReport, setting: Setting, *, told: bool = False) -> NoReturn:
    if not told:
        tell(report, setting)
    if report.exit_code is not None:
        raise typer.Exit(report.exit_code)
    if not report.check:
        setting.say(f"the run is not over: healer resume {report.run}", aside=True)
    raise typer.Exit(exit_code_of(_STOPPED_BY))
