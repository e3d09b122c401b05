"""The report as a table that fits a terminal of 80 columns, and as plain text where there is none."""

import io
from collections.abc import Callable, Iterable, Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from healer.model.report import ForecastScore, HostReport, RunReport
from healer.model.words import first_few
from healer.report.formats.contract import Format
from healer.report.words import counted, elapsed, grouped, harmless, hosts_in_words, service

STYLES = {"ok": "green", "changed": "green", "failed": "bold red", "held": "bold red", "unknown": "bold red", "unreachable": "red"}
IN_CHECK = {"ok": "nothing to do", "changed": "would change"}
FIXED = ("host", "result", "pkgs", "restarts", "reboot", "time")


class HarmlessConsole(Console):
    """A console that what hosts print cannot steer: no colours, no cursor movements and no titles but our own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the pieces of what is printed, their text without control characters."""
        for piece in super().render(renderable, options):
            yield piece if piece.control or piece.text.isprintable() else Segment(harmless(piece.text), piece.style)


def render(report: RunReport, width: int) -> str:
    """Return the report as plain text without escape codes, `width` columns wide and without blanks at the ends of lines."""
    stream = io.StringIO()
    HarmlessConsole(file=stream, width=width, force_terminal=False, color_system=None).print(*parts(report), sep="\n", highlight=False)
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


def parts(report: RunReport) -> Iterator[RenderableType]:
    """Yield what is to be printed, one below the other: what was run, a row a host, what the rows have no room for, what to do next."""
    yield Text(f"run {report.run}  {report.command}", style="bold", overflow="fold")
    yield _table(report)
    yield from map(Text, _restarts(report))
    yield from map(Text, _score(report))
    yield from map(Text, _remarks(report))
    yield from map(Text, _quarantined(report))
    if report.halted:
        yield Text(f"halted: {report.halted}", style="bold red")
    yield from (Text(f"next: {command}", overflow="fold") for command in report.next_commands)


def _table(report: RunReport) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in FIXED:
        table.add_column(name, justify="right" if name in ("pkgs", "restarts", "time") else "left", no_wrap=True)
    table.add_column("why", overflow="fold", min_width=20)
    for host in report.hosts:
        table.add_row(*_cells(host, check=report.check, halted=report.halted))
    return table


def _cells(host: HostReport, *, check: bool, halted: str = "") -> tuple[Text | str, ...]:
    """Return the row. That the run was halted, and why, is told once below the table, not with every host that was not started."""
    word = IN_CHECK.get(host.terminal, host.terminal) if check else host.terminal
    restarts = len(dict.fromkeys((*host.restarted, *host.restarted_by_scripts)))
    stopped = bool(halted) and host.terminal == "not_started" and halted in host.reason
    return (
        host.host,
        Text(word.replace("_", " "), STYLES.get(host.terminal, "yellow")),
        str(len(host.packages)) if host.packages else "-",
        str(restarts) if restarts else "-",
        "yes" if host.rebooted else "owed" if any(debt.kind == "reboot" for debt in host.debts) else "-",
        elapsed(host.seconds) if host.seconds else "-",
        Text("" if host.terminal in IN_CHECK and check else "the run was halted before" if stopped else host.reason),
    )


def _restarts(report: RunReport) -> list[str]:
    """Return which services were restarted, by healer and apart from that by the packages' own scripts."""
    ours = _alike(report, lambda host: ", ".join(map(service, host.restarted)))
    theirs = _alike(report, lambda host: ", ".join(map(service, host.restarted_by_scripts)))
    lines = [f"{hosts}: {counted(what.count(',') + 1, 'restart')}: {what}" for what, hosts in ours.items()]
    return lines + [f"{hosts}: restarted by package scripts: {what}" for what, hosts in theirs.items()]


def _score(report: RunReport) -> list[str]:
    """Return how right the forecast of restarts was over all hosts, in one line, with what it got wrong by name."""
    scores = [host.score for host in report.hosts if host.score is not None and not report.check]
    right, missed, alarms = (sum(len(found) for found in part) for part in zip(*map(_parts, scores), strict=True)) if scores else (0, 0, 0)
    if not right + missed + alarms:
        return []
    wrong = _alike(report, lambda host: _wrong(host.score))
    names = "".join(f"; {hosts}: {what}" for what, hosts in wrong.items())
    return [f"forecast of restarts: {right} right, {missed} missed, {counted(alarms, 'false alarm')}{names}"]


def _parts(score: ForecastScore) -> tuple[tuple[str, ...], ...]:
    return score.right, score.missed, score.false_alarms


def _wrong(score: ForecastScore | None) -> str:
    if score is None:
        return ""
    words = (("missed", score.missed), ("false alarm", score.false_alarms))
    return ", ".join(f"{what} {service(unit)}" for what, units in words for unit in units)


def _quarantined(report: RunReport) -> list[str]:
    words = [f"{package} {version}" for package, version in report.quarantined]
    if not words:
        return []
    one = words[0] if len(words) == 1 else "PACKAGE VERSION"
    return [f"in quarantine, installed nowhere: {first_few(words, 5)} (lift it: healer release {one})"]


def _alike(report: RunReport, words: Callable[[HostReport], str]) -> dict[str, str]:
    """Return the hosts by equal words, those without any left out."""
    groups = grouped({host.host: words(host) for host in report.hosts})
    return {what: hosts_in_words(hosts) for what, hosts in groups.items() if what}


def _remarks(report: RunReport) -> list[str]:
    owed: dict[str, list[str]] = {}
    notes: dict[str, list[str]] = {}
    for host in report.hosts:
        for debt in host.debts:
            owed.setdefault(f"{debt.kind}: {debt.detail}", []).append(host.host)
        for note in host.notes:
            notes.setdefault(note, []).append(host.host)
    lines = [f"{hosts_in_words(hosts)} {'owes' if len(hosts) == 1 else 'owe'}: {what}" for what, hosts in owed.items()]
    return lines + [f"{hosts_in_words(hosts)}: {note}" for note, hosts in notes.items()]


PLUGIN = Format("terminal", render)
