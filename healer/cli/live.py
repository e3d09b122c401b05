"""Shows a run while it goes on: a live table on a terminal, one plain line an event everywhere else."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from healer.clock import SystemClock
from healer.model.events import Stamped
from healer.report.log_lines import log_lines
from healer.report.progress import Limits, Row, Shown, feed, headline, with_reasons
from healer.report.words import elapsed

STYLES = {
    "looking": "dim", "waiting": "dim", "planning": "dim", "preparing": "cyan", "working": "bold cyan", "canary": "bold cyan",
    "soaking": "cyan", "ok": "green", "changed": "green", "would change": "yellow", "nothing to do": "green", "failed": "bold red",
    "held": "bold red", "unknown": "bold red", "refused": "red", "unreachable": "red",
}  # fmt: skip
OTHER = "yellow"
ORDER = ("working", "soaking", "held", "failed", "unknown", "unreachable", "refused", "preparing", "planning", "looking", "waiting")
"""Who is shown first where not all rows fit: hosts at work, then trouble, then those to come, then those that are done."""
FRAME = 4
"""Lines of the screen that are not for rows: headline, head of the table, the line for what is left out, the cursor's."""


@dataclass(frozen=True, slots=True)
class Showing:
    """How a run is shown. `verbose` counts the -v; `plays` are the limits of each play; `check` is a dry run."""

    verbose: int = 0
    check: bool = False
    plays: Sequence[Limits] = ()


class Plain:
    """One line an event, no escape codes: for cron, pipes and CI logs."""

    def __init__(self, console: Console, showing: Showing) -> None:
        """Print to this console."""
        self._console, self._showing = console, showing

    def listen(self, stamped: Stamped) -> None:
        """Print the event when it says something to a person."""
        for line in log_lines(stamped, self._showing.verbose, check=self._showing.check):
            print_line(self._console, line)

    def waiting(self, reasons: Mapping[str, str]) -> None:
        """Say nothing: reasons change too often for a log."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End."""


def print_line(console: Console, line: str) -> None:
    """Print a line as it is: no markup, no colours, no breaks; what hosts print cannot steer the terminal.

    Where it cannot be written (a log on a full disk) nothing more is said: the journal has it, and the run goes on.
    """
    safe = "".join(letter if letter.isprintable() or letter == "\t" else "\ufffd" for letter in line)
    try:
        console.print(safe, markup=False, highlight=False, soft_wrap=True, emoji=False)
    except OSError:
        console.quiet = True


class Screen:
    """A table that stands still while its rows move. With -v the log runs above it."""

    def __init__(self, console: Console, showing: Showing) -> None:
        """Draw on this console."""
        self._lock, self._clock = threading.Lock(), SystemClock()
        self._console, self._showing = console, showing
        self._shown = Shown(plays=tuple(showing.plays))
        self._reasons: Mapping[str, str] = {}
        self._live = Live(console=console, get_renderable=self.table, refresh_per_second=4, transient=True)

    def listen(self, stamped: Stamped) -> None:
        """Take an event in."""
        with self._lock:
            self._shown = feed(self._shown, stamped)
        for line in log_lines(stamped, self._showing.verbose, check=self._showing.check) if self._showing.verbose else ():
            print_line(self._console, line)

    def waiting(self, reasons: Mapping[str, str]) -> None:
        """Take in why hosts wait."""
        with self._lock:
            self._reasons = dict(reasons)

    def table(self) -> Table:
        """Return what the screen is to show now."""
        with self._lock:
            shown = with_reasons(self._shown, self._reasons)
        table = Table(title=_title(shown), title_justify="left", title_style="", expand=True, box=None, padding=(0, 1), header_style="dim")
        table.add_column("host", no_wrap=True)
        table.add_column("state", no_wrap=True)
        table.add_column("time", no_wrap=True, justify="right")
        table.add_column("step", no_wrap=True, overflow="ellipsis", ratio=2)
        table.add_column("note", no_wrap=True, overflow="ellipsis", ratio=3)
        rows = sorted(shown.rows.values(), key=_rank)
        room = max(3, self._console.height - FRAME)
        for row in rows[:room]:
            table.add_row(*self._cells(row))
        if len(rows) > room:
            table.add_row("", Text(f"and {len(rows) - room} more", style="dim"))
        return table

    def _cells(self, row: Row) -> tuple[str | Text, ...]:
        seconds = row.seconds(self._clock.now())
        word = self._word(row)
        time = "" if seconds is None else elapsed(seconds)
        return row.host, Text(word, STYLES.get(word, OTHER)), time, Text(row.step), Text(row.note)

    def _word(self, row: Row) -> str:
        if self._showing.check:
            return {"changed": "would change", "ok": "nothing to do"}.get(row.stage, row.stage)
        return "canary" if row.canary and row.stage == "working" else row.stage.replace("_", " ")

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Take the table away: the report follows."""
        self._live.__exit__(kind, error, trace)


def _rank(row: Row) -> int:
    return ORDER.index(row.stage) if row.stage in ORDER else len(ORDER)


def _title(shown: Shown) -> Text:
    halted = Text(f"   HALTED: {shown.halted}", style="bold red") if shown.halted else Text()
    title = Text.assemble((headline(shown), "bold"), halted)
    title.no_wrap, title.overflow = True, "ellipsis"
    return title


def view(console: Console, showing: Showing) -> Plain | Screen:
    """Return what fits where we are."""
    return Screen(console, showing) if console.is_terminal else Plain(console, showing)
