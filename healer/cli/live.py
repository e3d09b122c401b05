"""Shows a run while it goes on: a live table on a terminal, one plain line an event everywhere else."""

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from healer.model.events import Stamped
from healer.report.progress import Row, Shown, feed, sentence, with_reasons

STYLES = {
    "waiting": "dim", "looked": "dim", "prepared": "dim", "in slot": "bold cyan", "soaking": "cyan", "ok": "green", "changed": "green",
    "failed": "bold red", "held": "bold red", "unknown": "bold red", "refused": "red", "unreachable": "red", "busy": "yellow",
    "skipped": "yellow", "not_started": "yellow",
}  # fmt: skip
ROWS = 30
"""Hosts shown at most: those at work first, then those that wait, then those that are done."""


class Plain:
    """One line an event, no escape codes: for cron, pipes and CI logs."""

    def __init__(self, console: Console) -> None:
        """Print to this console."""
        self._console = console

    def listen(self, stamped: Stamped) -> None:
        """Print the event when it says something to a person."""
        line = sentence(stamped)
        if line:
            self._console.print(f"{stamped.at:%H:%M:%S} {line}", markup=False, highlight=False, soft_wrap=True)

    def waiting(self, reasons: Mapping[str, str]) -> None:
        """Say nothing: reasons change too often for a log."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End."""


class Screen:
    """A table that stands still while its rows move."""

    def __init__(self, console: Console) -> None:
        """Draw on this console."""
        self._lock = threading.Lock()
        self._shown = Shown(rows={})
        self._reasons: Mapping[str, str] = {}
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=4, transient=True)

    def listen(self, stamped: Stamped) -> None:
        """Take an event in."""
        with self._lock:
            self._shown = feed(self._shown, stamped)

    def waiting(self, reasons: Mapping[str, str]) -> None:
        """Take in why hosts wait."""
        with self._lock:
            self._reasons = dict(reasons)

    def _table(self) -> Table:
        with self._lock:
            shown = with_reasons(self._shown, self._reasons)
        table = Table(title=_title(shown), title_justify="left", expand=True, box=None, padding=(0, 1))
        for name, options in (("host", {"no_wrap": True}), ("state", {"no_wrap": True}), ("step", {"ratio": 1}), ("note", {"ratio": 2})):
            table.add_column(name, **options)
        rows = sorted(shown.rows.values(), key=_rank)
        for row in rows[:ROWS]:
            table.add_row(
                row.host, Text(row.stage, STYLES.get(row.stage, "")), Text(row.step), Text(row.note, overflow="ellipsis", no_wrap=True)
            )
        if len(rows) > ROWS:
            table.add_row("", f"and {len(rows) - ROWS} more", "", "")
        return table

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Take the table away: the report follows."""
        self._live.__exit__(kind, error, trace)


def _rank(row: Row) -> int:
    order = ("in slot", "soaking", "held", "failed", "unknown", "waiting", "looked", "prepared")
    return order.index(row.stage) if row.stage in order else len(order)


def _title(shown: Shown) -> str:
    counts = ", ".join(f"{count} {stage}" for stage, count in sorted(shown.counts().items()))
    halted = f"  HALTED: {shown.halted}" if shown.halted else ""
    return f"{shown.play}  {counts}{halted}"


def view(console: Console) -> Plain | Screen:
    """Return what fits where we are."""
    return Screen(console) if console.is_terminal else Plain(console)
