"""How a span of a file on a host is reached: opened once, by a static script that never follows a link, for another one to work on."""

import importlib.resources
from functools import cache
from typing import Literal

from healer.model.files import Span

Work = Literal["archive_stream", "archive_folder", "free_span", "free_freeze"]

REFUSALS = {
    10: "identity differs",
    11: "not supported",
    12: "busy",
    13: "cannot be opened",
    15: "no room",
}
"""Exit codes by which the scripts say that nothing was done, and why."""
MEANINGS = {**REFUSALS, 14: "it went wrong"}
MARKED = 1024 * 1024
"""Bytes at the span's end whose sha256 is its mark."""


@cache
def _script(name: str) -> str:
    """Return a script without what only people read."""
    text = importlib.resources.files("healer.rollout").joinpath(f"{name}.sh").read_text(encoding="utf-8")
    return "".join(f"{line}\n" for line in text.splitlines() if line and not line.lstrip().startswith("#"))


def span_argv(work: Work, span: Span, *words: str) -> tuple[str, ...]:
    """Return the command that opens the span's file and does the work on it. Archiving opens it for reading only."""
    handle = ("-", "-", "-") if span.handle is None else (str(span.handle.pid), str(span.handle.started), str(span.handle.fd))
    mode = "ro" if work.startswith("archive") else "rw"
    numbers = (span.device, span.inode, span.start, span.length)
    ground = _script("span_ground")
    script = ground + _script("span_common") + _script(work)
    return ("sh", "-c", ground + _script("span_open"), "healer", script, *handle, mode, span.path, *map(str, numbers), *words)


def told(text: str, word: str) -> tuple[str, ...]:
    """Return the words of the script's own last line, `healer: WORD ...`; none where it did not say it."""
    lines = [line for line in text.splitlines() if line.startswith(f"healer: {word} ")]
    return tuple(lines[-1].split(" ")[2:]) if lines else ()
