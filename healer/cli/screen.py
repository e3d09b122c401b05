"""The console for results: as wide as the terminal, and wide enough for a table where there is none."""

import sys

from rich.console import Console

WITHOUT_TERMINAL = 160
"""Columns for pipes, cron mail and CI logs, where nothing is gained by breaking lines early."""


def console_for_output(*, err: bool = False) -> Console:
    """Return the console on standard output, or on standard error."""
    stream = sys.stderr if err else sys.stdout
    return Console(stderr=err) if stream.isatty() else Console(stderr=err, width=WITHOUT_TERMINAL)
