"""What was seen of an act: the one value that every performer of a verb returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from healer.model.facts import Unknown, Verdict
from healer.model.job import JobReport

OUTPUT_KEPT = 64 * 1024
"""Bytes of an act's output that are journalled: its end, where package managers say what went wrong."""


@dataclass(frozen=True, slots=True)
class Seen:
    """`busy` means that somebody else holds a lock on the host and nothing was done. `stdout` is for `register`.

    `lost` means that the host itself says: it began, it runs no more, and it left no result.
    """

    verdict: Verdict
    changed: bool = False
    reason: str = ""
    status: int | None = None
    output: str = ""
    stdout: str = ""
    busy: bool = False
    lost: bool = False
    detail: Mapping[str, object] = field(default_factory=dict)


def tail(data: bytes) -> str:
    """Return the end of an output as text; bytes that are no UTF-8 are shown escaped."""
    return data[-OUTPUT_KEPT:].decode("utf-8", "backslashreplace")


def last_line(text: str) -> str:
    """Return the last line that says something, shortened for a table."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("healer: ")[:400] if lines else ""


@dataclass(frozen=True, slots=True)
class Codes:
    """How an act's exit codes are to be read."""

    accepted: tuple[int, ...] = (0,)
    changed: tuple[int, ...] | None = None
    busy: tuple[int, ...] = ()
    meanings: Mapping[int, str] = field(default_factory=dict)


def judge_report(report: JobReport, output: bytes, codes: Codes) -> Seen:
    """Judge what the host says of an act: ended is judged by its code; everything else is unknown."""
    text = tail(output)
    if report.state != "ended" or isinstance(report.status, Unknown):
        reason = report.reason or (report.status.reason if isinstance(report.status, Unknown) else report.state)
        lost = report.state == "lost"
        return Seen(Verdict.UNKNOWN, changed=True, reason=f"its outcome is not known: {reason}", output=text, lost=lost)
    return judge_status(report.status, text, codes)


def judge_status(status: int, text: str, codes: Codes) -> Seen:
    """Judge an exit code. Without `changed` codes every accepted end counts as a change."""
    if status in codes.busy:
        reason = codes.meanings.get(status, "a lock on the host is held by somebody else")
        return Seen(Verdict.BAD, reason=f"{reason}: {last_line(text)}", status=status, output=text, busy=True)
    if status not in codes.accepted:
        said = ": ".join(dict.fromkeys(word for word in (codes.meanings.get(status), last_line(text)) if word))
        return Seen(Verdict.BAD, changed=True, reason=f"exit code {status}: {said}", status=status, output=text, stdout=text)
    changed = codes.changed is None or status in codes.changed
    return Seen(Verdict.GOOD, changed=changed, status=status, output=text, stdout=text)
