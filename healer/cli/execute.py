"""Carries a running command out: reads what it names, asks before it starts, shows it while it goes on, tells it at the end."""

import secrets
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import FrameType
from typing import NoReturn

import typer

from healer.cli.context import Setting, prepare
from healer.cli.forecast import drawn
from healer.cli.live import Showing, view
from healer.cli.options import Common
from healer.cli.request import RunRequest
from healer.cli.screen import console_for_output, put
from healer.cli.telling import limits_of, tell
from healer.freezing import inputs_of, with_secrets
from healer.inventory.patterns import limit, select
from healer.model.errors import InputError, UsageError
from healer.model.events import RunStarted
from healer.model.host import Inventory
from healer.model.report import RunReport
from healer.pipeline import Order, carry_out, stage
from healer.plans import read_plan, save_plan
from healer.playbook.load import parse_playbook
from healer.playbook.search import find_playbook
from healer.playbook.trust import read_trusted
from healer.report.saved import saved_view
from healer.report.words import counted
from healer.rollout.context import RunInputs
from healer.rollout.fold import fold
from healer.rollout.planning import steps
from healer.wiring import Access, Listeners, doors, journal_of, locks_of

INTERRUPTED, TERMINATED = 130, 143


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
    chosen = [name for play in playbook.plays if "{{" not in play.hosts for name in select(play.hosts, inventory)] or list(inventory.hosts)
    hosts = tuple(dict.fromkeys(chosen))
    if setting.common.limit:
        hosts = limit(hosts, setting.common.limit, inventory)
    if not hosts:
        raise UsageError("no host is left to work on", advice="See `healer inventory --graph`.")
    wanted, unwanted = request.tag_sets
    inputs = RunInputs(
        new_run_id(), inventory, playbook, hosts, dict(request.extra), wanted, unwanted, check=request.check, saving=request.saving
    )
    setting.say(f"run {inputs.run}: {path}, {len(hosts)} of {counted(len(inventory.hosts), 'host')}")
    return Order(inputs, _command_line(), text.decode("utf-8"), held=setting.held())


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
    if common.limit:
        inputs = replace(inputs, hosts=limit(inputs.hosts, common.limit, inputs.inventory))
    setting = setting.using(inputs.inventory)
    order = Order(inputs, _command_line(), saved.documents["playbook"], held=setting.held())
    if _asks(yes):
        put(*drawn(saved_view(saved.decisions, inputs.playbook, inputs.hosts)), err=common.json)
        typer.confirm(f"Apply the plan of {saved.created} to {counted(len(inputs.hosts), 'host')}?", abort=True, err=True)
    _finish(_go(order, setting), setting)


def _complete(frozen: Inventory, setting: Setting) -> Inventory:
    """Add the secrets, which plans and the journal never hold, from the inventory as it is now, where it can be read."""
    try:
        return with_secrets(frozen, setting.inventory(frozen.sources))
    except InputError as error:
        setting.say(f"the inventory cannot be read for its secrets, going on without: {error}")
        return frozen


NEWEST = 50
"""How far back the newest unfinished run is looked for."""


def resume_run(run_id: str, settle: list[str], common: Common) -> NoReturn:
    """Go on with a run from its journal alone."""
    setting = prepare(common)
    started = _resumable(run_id, setting)
    inputs = inputs_of(started.run, started.documents)
    inputs = replace(inputs, inventory=_complete(inputs.inventory, setting), settled=_settled(settle))
    setting = setting.using(inputs.inventory)
    setting.say(f"resuming run {started.run}: {started.playbook}, {len(inputs.hosts)} hosts")
    own = {host for host, run in setting.holders().items() if run == started.run}
    held = {host: reason for host, reason in setting.held().items() if host not in own}
    _finish(_go(Order(inputs, started.command, resume=True, held=held), setting), setting)


@dataclass(frozen=True, slots=True)
class _Started:
    run: str
    command: str
    playbook: str
    documents: Mapping[str, str]


def _resumable(run_id: str, setting: Setting) -> _Started:
    """Return the run of that name, or the newest unfinished one, or the newest of all where it ended in a halt. Raises UsageError."""
    found = [setting.run_named(run_id)] if run_id else setting.journal.runs(NEWEST)
    states = [(stamped, fold(setting.journal.events(stamped.run))) for stamped in found]
    open_ones = [stamped for stamped, state in states if state.exit_code is None]
    halted = [stamped for stamped, state in states[:1] if state.halted]
    for stamped in (*open_ones, *halted):
        if isinstance(stamped.event, RunStarted):
            return _Started(stamped.run, stamped.event.command, stamped.event.playbook, stamped.event.documents)
    wrong = f"run {found[0].run} has ended, and not in a halt" if run_id else "there is no unfinished run"
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
    access = Access(setting.settings, order.inputs.inventory, setting.become_password)
    shown = view(console_for_output(err=setting.common.json), Showing(setting.common.verbose, check, limits_of(stage(order.inputs))))
    with _signals(stop), shown, doors(access, setting.settings, journal, stop, Listeners(shown.listen, shown.waiting)) as open_doors:
        locks = locks_of(setting.settings) if not check else _no_locks
        return replace(carry_out(order, open_doors, locks), check=check)


@contextmanager
def _no_locks(_groups: object, _run: str) -> Iterator[dict[str, str]]:
    yield {}


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """Turn the first signal into an orderly stop; the second one ends at once: the journal and the hosts' gates bear it."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        stop.set()
        typer.echo("\nstopping: nothing new is begun; jobs on hosts go on. Once more to leave at once.", err=True)
        if len(received) > 1:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _STOPPED_BY[:] = received[:1]


_STOPPED_BY: list[int] = []


def _finish(report: RunReport, setting: Setting, *, told: bool = False) -> NoReturn:
    if not told:
        tell(report, setting)
    if report.exit_code is not None:
        raise typer.Exit(report.exit_code)
    if not report.check:
        setting.say(f"the run is not over: healer resume {report.run}", aside=True)
    raise typer.Exit(TERMINATED if _STOPPED_BY and _STOPPED_BY[0] != signal.SIGINT else INTERRUPTED)
