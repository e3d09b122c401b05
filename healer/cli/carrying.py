"""Carries one order out under this command's settings: no question, no signal, no exit, so that a pass and a watch can do it many times."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Event

from healer.cli.context import Setting
from healer.model.report import RunReport
from healer.pipeline import Locks, Order, carry_out
from healer.rollout.doors import Doors
from healer.settings import Settings
from healer.wiring import Access, Listeners, doors, journal_of, locks_of


def unchanged(found: Doors) -> Doors:
    """Return the doors as they are."""
    return found


@dataclass(frozen=True, slots=True)
class Ways:
    """What a run is carried out with: who stops it, who is told, and what is changed at its doors. `locks` None: this node's own.

    With `recall_updates` a dry run lets hosts simulate their updates only where something has changed since the last one.
    """

    stop: Event
    listeners: Listeners = field(default_factory=Listeners)
    through: Callable[[Doors], Doors] = unchanged
    locks: Locks | None = None
    recall_updates: bool = False


def new_run_id() -> str:
    """Return an id that sorts by time and cannot be guessed: `20260102-030405-1a2b`."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def carry(order: Order, setting: Setting, ways: Ways) -> RunReport:
    """Do it and return its report, whose exit code is None when it was stopped. Raises what `carry_out` raises.

    A dry run takes no locks and keeps its events in memory, where `setting.events` finds them.
    """
    check = order.inputs.check
    journal = journal_of(setting.settings, check=True) if check else setting.journal
    setting.remember(order.inputs.run, journal)
    settings = archiving_to(setting.settings, order.inputs.extra)
    inputs = order.inputs
    access = Access(settings, inputs.inventory, setting.become_password, inputs.extra, recall_updates=check and ways.recall_updates)
    locks = _no_locks if check else ways.locks or locks_of(setting.settings)
    with doors(access, settings, journal, ways.stop, ways.listeners, past=setting.journal) as open_doors:
        return replace(carry_out(order, ways.through(open_doors), locks), check=check)


def archiving_to(settings: Settings, extra: Mapping[str, object]) -> Settings:
    """Return the settings with the folder of archives that the run was begun with: `healer resume` goes on with the same."""
    folder = extra.get("logs_archive_dir")
    return replace(settings, archive_dir=str(folder)) if folder else settings


@contextmanager
def _no_locks(_groups: object, _run: str) -> Iterator[dict[str, str]]:
    yield {}
