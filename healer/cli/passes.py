"""Carries `healer pass` out and tells of it: a line a part and the usual tables, or with --quiet only what somebody must know."""

import json
import threading
from collections.abc import Iterator
from contextlib import nullcontext

import typer

from healer.cli.context import Setting, prepare
from healer.cli.means import alone, logins, means_of
from healer.cli.options import Common
from healer.cli.signals import exit_code_of, stopped_by_signals
from healer.cli.telling import tell
from healer.healing.incidents import Changes
from healer.model.errors import LockedError
from healer.model.redact import Redactor
from healer.model.report import RunReport
from healer.report.formats import json_doc
from healer.watch.aftermath import lines_of, shown_instead, standing_now, worst
from healer.watch.passing import LOCKED, Means, Passed, one_pass
from healer.watch.tell import Told, urls_of
from healer.watch.tell import tell as notify
from healer.wiring import Access

RUN = "pass"
"""Under which name the journal keeps what a pass has told, which belongs to no run."""


def pass_over(common: Common, *, check: bool, quiet: bool) -> int:
    """Do the pass and return its exit code. Raises InputError before anything is touched, JournalError, LockedError."""
    setting = prepare(common)
    stop = threading.Event()
    try:
        with stopped_by_signals(stop) as received, nullcontext() if check else alone(setting), logins(setting) as pool:
            means = means_of(setting, stop, pool, shown=not quiet)
            passed = one_pass(means, check=check)
            told = Told(Changes()) if check or passed.stopped else told_of(passed, means, setting)
    except LockedError:
        if quiet:
            return LOCKED
        raise
    _report(passed, told, setting, quiet=quiet)
    return exit_code_of(received) if passed.stopped else passed.code


def told_of(passed: Passed, means: Means, setting: Setting) -> Told:
    """Tell people what is new for them. Where no address is set, what is printed is what they are told. Raises JournalError."""
    ended = worst(one for part in passed.parts for one in part.ends.values())
    now = standing_now(means.journal, means.hosts, ended, passed.waiting)
    redactor = Redactor(Access(setting.settings, means.inventory, setting.become_password).secrets())
    told = notify(now, means.journal, setting.settings, RUN, hosts=means.hosts, redactor=redactor)
    if told.changes and not told.failed and not urls_of(setting.settings):
        shown_instead(told.changes, means.journal, RUN)
    return told


def _report(passed: Passed, told: Told, setting: Setting, *, quiet: bool) -> None:
    """Print what is to be said; nothing at all on a quiet night with --quiet."""
    if quiet and not (passed.acted or told.changes):
        return
    if setting.common.json:
        typer.echo(json.dumps(_document(passed, told), indent=2))
        return
    for line in _lines(passed, told, quiet=quiet):
        setting.say(line)
    for part in passed.parts:
        if part.run or (part.looked and part.looked.check and part.looked.exit_code and not quiet):
            setting.say("")
            tell(part.run or part.looked, setting)  # type: ignore[arg-type]  # one of them is there


def _lines(passed: Passed, told: Told, *, quiet: bool) -> Iterator[str]:
    yield from (part.words for part in passed.parts if not quiet or part.run or part.code)
    if not quiet:
        yield from (
            f"run {one.run} is not over, and a person has to go on with it: {one.needs}: healer resume {one.run}" for one in passed.waiting
        )
    yield from lines_of(told.changes)
    yield from (f"notification: {trouble}" for trouble in told.troubles)
    if passed.stopped:
        yield "stopped before it was through; the next pass goes on"


def _document(passed: Passed, told: Told) -> dict[str, object]:
    parts = [
        {"part": part.name, "code": part.code, "words": part.words, **_run_of(part.run, "run"), **_run_of(part.looked, "looked")}
        for part in passed.parts
    ]
    found = told.changes
    news = {"new": dict(found.new), "changed": dict(found.changed), "resolved": dict(found.resolved)}
    return {"exit_code": passed.code, "stopped": passed.stopped, "parts": parts, "incidents": news, "not_told": list(told.troubles)}


def _run_of(report: RunReport | None, name: str) -> dict[str, object]:
    return {name: json.loads(json_doc.render(report, 0))} if report else {}
