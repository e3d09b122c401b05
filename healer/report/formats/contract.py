"""What a report format is: a run report in, text out."""

from collections.abc import Callable
from dataclasses import dataclass

from healer.model.report import RunReport


@dataclass(frozen=True, slots=True)
class Format:
    """A format plug-in. `render` is pure; `width` is columns for formats that care."""

    name: str
    render: Callable[[RunReport, int], str]
