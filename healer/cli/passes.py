"""Carries `healer pass` out and tells of it: a line a part and the usual tables, or with --quiet only what somebody must know."""

import hashlib
import json
import platform
import shlex
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cache

import typer

from healer.cli.carrying import Ways, carry, new_run_id
from healer.cli.context import Setting, prepare
from healer.cli.live import Showing, view
from healer.cli.options import Common
from healer.cli.screen import console_for_output
from healer.cli.signals import exit_code_of, stopped_by_signals
from healer.cli.telling import limits_of, tell
from healer.clock import SystemClock
from healer.executors.limits import room_for_logins
from healer.model.errors import LockedError
from healer.model.playbook import Playbook
from healer.model.redact import Redactor
from healer.model.report import RunReport
from healer.pipeline import Order, stage
from healer.playbook.load import parse_playbook
from healer.playbook.search import find_playbook
from healer.playbook.trust import read_trusted
from healer.report.formats import json_doc
from healer.rollout.context import RunInputs
from healer.rollout.doors import Doors
from healer.rollout.planning import steps
from healer.watch.aftermath import lines_of, shown_instead, standing_now, worst
from healer.watch.logins import LoginPool
from healer.watch.passing import LOCKED, Means, Passed, one_pass
from healer.watch.tell import Told, urls_of
from healer.watch.tell import tell as notify
from healer.watch.unfinished import Unfinished, order_to_resume, whole_or_nothing
from healer.wiring import Access, Listeners, locks_of


@dataclass(frozen=True, slots=True)
class Orders:
    """Makes the orders of a pass or a watch from this command's setting."""

    setting: Setting

    def new(self, playbook: str, hosts: tuple[str, ...], check: bool) -> Order:  # noqa: FBT001  the signature of Means.order
        """Return a run of the playbook of that name, for those of the hosts that it is for."""
        setting = self.setting
        path = find_playbook(playbook, inventories=setting.inventory_paths())
        text = read_trusted(path)
        inputs = RunInputs(new_run_id(), setting.inventory(), _parsed(text, str(path)), hosts, check=check)
        return Order(inputs, command_line(), text.decode("utf-8"), held=setting.held())

    def resume(self, one: Unfinished) -> Order:
        """Return the order that goes on with a run that was cut off."""
        return order_to_resume(one, self.setting.inventory(), self.setting.held(), self.setting.holders())


@cache
def _parsed(text: bytes, file: str) -> Playbook:
    return parse_playbook(text, file=file, steps=steps())


def command_line() -> str:
    """Return what was typed."""
    return " ".join(["healer", *(shlex.quote(word) for word in sys.argv[1:])])


def pass_over(common: Common, *, check: bool, quiet: bool) -> int:
    """Do the pass and return its exit code. Raises InputError before anything is touched, JournalError, LockedError."""
    setting = prepare(common)
    stop = threading.Event()
    try:
        with stopped_by_signals(stop) as received, nullcontext() if check else alone(setting), logins(setting) as pool:
            means = means_of(setting, stop, pool, shown=not quiet)
            passed = one_pass(means, check=check)
            told = Told_nothing if check or passed.stopped else told_of(passed, means, setting)
    except LockedError:
        if quiet:
            return LOCKED
        raise
    _print(passed, told, setting, quiet=quiet)
    return exit_code_of(received) if passed.stopped else passed.code
