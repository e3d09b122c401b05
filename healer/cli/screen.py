"""The console for results: as wide as the terminal, and wide enough for a table where there is none."""

import io
import os
import sys
from typing import IO

from rich.console import Console, RenderableType
from rich.table import Table

from healer.report.formats.terminal import HarmlessConsole

WITHOUT_TERMINAL = 120
"""Columns for pipes, cron mail and CI logs: a table that is wider is hard to read in a mail."""
MANY, NARROW = 6, 100
"""Columns of a table, and of a terminal, from which and up to which a table is drawn close."""


class Lasting(HarmlessConsole):
    """A console whose reader may go away: a rollout goes on to its end also when `| head` has seen enough."""

    def on_broken_pipe(self) -> None:
        """Say nothing any more; rich itself would end the program here."""
        self.quiet = True
        let_go(self.file)


def let_go(stream: IO[str]) -> None:
    """Send the rest of what is written there nowhere: what is still buffered must not raise when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def console_for_output(*, err: bool = False) -> Console:
    """Return the console on standard output, or on standard error."""
    stream = sys.stderr if err else sys.stdout
    return Lasting(stderr=err) if stream.isatty() else Lasting(stderr=err, width=WITHOUT_TERMINAL)


def put(*parts: RenderableType, err: bool = False) -> None:
    """Print tables and texts; where there is no terminal without escape codes and without blanks at the ends of lines."""
    console = console_for_output(err=err)
    if console.is_terminal:
        console.print(*parts, sep="\n", markup=False, highlight=False)
        return
    page = io.StringIO()
    HarmlessConsole(file=page, width=WITHOUT_TERMINAL, force_terminal=False, color_system=None).print(
        *parts, sep="\n", markup=False, highlight=False
    )
    stream = sys.stderr if err else sys.stdout
    try:
        stream.write("".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines()))
        stream.flush()
    except BrokenPipeError:
        let_go(stream)


def bare_table(*columns: str, fixed: tuple[str, ...] = ()) -> Table:
    """Return a table without lines; the `fixed` columns never break. A table of many columns stands closer on a narrow terminal."""
    gap = 1 if len(columns) > MANY and console_for_output().width < NARROW else 2
    table = Table(box=None, padding=(0, gap, 0, 0), header_style="dim", show_header=any(columns))
    for name in columns:
        table.add_column(name, no_wrap=name in fixed, overflow="fold")
    return table
