"""What a person sees of a plan, and of a run that goes on."""

import errno
import io
import os
from datetime import UTC, datetime

import pytest
from rich.console import Console
from rich.text import Text

from healer.cli.forecast import drawn
from healer.cli.live import Plain, Screen, Showing, print_line, view
from healer.cli.screen import Lasting
from healer.model.events import HostEnded, HostLooked, PlayStarted, SlotTaken, Stamped
from healer.model.facts import Verdict
from healer.report.forecast import PlanGroup, PlanView
from healer.report.host_plan import HostPlan, Left, PackageChange, RebootOutlook, Restart
from healer.report.progress import Limits

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LONG = "5.36.0-7+deb12u3"
PLAN = HostPlan(
    "changed",
    packages=(*(PackageChange(f"package-{n}", LONG, f"{LONG}.1", security=True) for n in range(21)), PackageChange("zip", "", "6")),
    restarts=(Restart("nginx.service", ("libssl3", "openssl", "zlib1g", "libc6")),),
    by_scripts=("rsyslog.service",),
    reboot=RebootOutlook("owed", ("dbus runs replaced code (a b c d e)",), "no window is declared"),
    manual=("bash ends at logout",),
    prepared=("download 22 packages",),
    skipped=(Left("Refresh", "a plan is saved"),),
    refused=(Left("Check", "not known"),),
    at_run_time=("Restart",),
)


def page(view: PlanView, width: int = 80) -> str:
    """Return the drawing without escape codes."""
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None, force_terminal=False).print(*drawn(view), sep="\n")
    return stream.getvalue()


PAGE = page(PlanView((PlanGroup(("h1", "h2", "h3"), PLAN), PlanGroup(("h4",), HostPlan("unreachable", "connection refused")))))


@pytest.mark.parametrize(
    "words",
    [
        "h1-h3  would change",
        "h4  unreachable: connection refused",
        "22 packages, 21 of them security updates:",
        f"{LONG} -> {LONG}.1  security",
        "nginx (libssl3 openssl zlib1g and 1 more)",
        "by scripts  rsyslog",
        "reboot      not now, owed: no window is declared",
        "because dbus runs replaced code (a b c and 2 more)",
        "manual      bash ends at logout",
        "first       download 22 packages",
        "skipped     Refresh: a plan is saved",
        "refused     Check: not known",
        "later       Restart: decided at run time",
        "3 of 4 hosts would change: 22 packages, 6 restarts, 0 reboots (3 hosts would",
    ],
)
def test_a_plan_tells_everything(words: str) -> None:
    """Equal hosts are told once, with everything that would be done and everything that would not, and why."""
    assert words in PAGE


def test_a_plan_fits_a_terminal() -> None:
    """Nothing is cut and nothing is wider than 80 columns; packages that take the same step share their lines."""
    assert [] == [line for line in PAGE.splitlines() if len(line) > 80 or "\u2026" in line]
    assert all(f"package-{number}" in PAGE for number in range(21))


def stamped(event: object) -> Stamped:
    """Return the event with a time."""
    return Stamped(1, "r1", NOW, event)  # type: ignore[arg-type]  # any event


def test_a_terminal_gets_a_table_and_a_pipe_gets_lines() -> None:
    """What is shown hangs on where it goes."""
    assert isinstance(view(Console(file=io.StringIO(), force_terminal=True), Showing()), Screen)
    assert isinstance(view(Console(file=io.StringIO()), Showing()), Plain)


def test_a_pipe_gets_one_line_an_event() -> None:
    """No escape codes, no breaks, one line each."""
    stream = io.StringIO()
    with view(Console(file=stream, width=20), Showing()) as shown:
        shown.waiting({"h2": "waits"})
        shown.listen(stamped(PlayStarted(0, "Patch", ("h1",))))
        shown.listen(stamped(HostEnded("h1", 0, "failed", "a long reason " * 5)))
    assert ["2026-01-01T00:00:00Z play Patch: 1 host", f"2026-01-01T00:00:00Z h1: failed: {'a long reason ' * 5}"] == [
        *stream.getvalue().splitlines()
    ]


def test_a_host_cannot_steer_the_terminal() -> None:
    """What cannot be printed is replaced: output of a host never moves the cursor."""
    stream = io.StringIO()
    print_line(Console(file=stream), "bad\x1b[2Jword [red]x[/red]")
    assert "bad\ufffd[2Jword [red]x[/red]\n" == stream.getvalue()


def test_a_reader_that_goes_away_does_not_end_the_run() -> None:
    """When the other end of the pipe is closed the log falls silent, and nothing is raised into the rollout."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        plain = Plain(Lasting(file=stream), Showing())
        plain.listen(stamped(SlotTaken("h1", 0)))
        plain.listen(stamped(HostEnded("h1", 0, "ok")))


class FullDisk(io.StringIO):
    """A file that takes nothing."""

    def write(self, text: str) -> int:
        """Fail as a full disk does."""
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_does_not_end_the_run() -> None:
    """What cannot be written to the log is left out; the journal has it."""
    plain = Plain(Lasting(file=FullDisk()), Showing())
    plain.listen(stamped(SlotTaken("h1", 0)))
    plain.listen(stamped(HostEnded("h1", 0, "ok")))


def screen(showing: Showing, height: int = 20) -> str:
    """Return the table of three hosts at work, waiting and done."""
    stream = io.StringIO()
    console = Console(file=stream, width=100, height=height, color_system=None, force_terminal=True)
    shown = Screen(console, showing)
    hosts = ("h1", "h2", "h3", *(f"x{number}" for number in range(20)))
    for event in (
        PlayStarted(0, "Patch", hosts),
        SlotTaken("h1", 0, "canary"),
        HostLooked("h2", 0, Verdict.GOOD),
        HostEnded("h3", 0, "ok"),
    ):
        shown.listen(stamped(event))
    shown.waiting({"h2": "waits for the canary h1"})
    console.print(shown.table())
    return stream.getvalue()


def test_the_table_shows_who_is_at_work_and_who_waits_for_what() -> None:
    """Headline, state and reason stand in the table; a canary is called so."""
    drawing = screen(Showing(plays=(Limits(2, 1),)))
    assert "Patch   1/23 done   slots 1/2   failures 0/1" in drawing
    assert ["h1", "canary"] == drawing.splitlines()[2].split()[:2]


def test_the_table_is_never_higher_than_the_terminal() -> None:
    """Hosts at work come first; those that find no room are counted."""
    drawing = screen(Showing(), height=12)
    assert 12 > len(drawing.splitlines())
    assert "and 15 more" in drawing


def test_verbose_lines_run_above_the_table() -> None:
    """With -v the log is printed on a terminal, too."""
    assert "2026-01-01T00:00:00Z h1: starts as canary" in screen(Showing(verbose=1))


def test_a_dry_run_has_words_of_its_own() -> None:
    """A host that needs nothing is not called ok before anything was done."""
    assert "nothing to do" in screen(Showing(check=True), height=40)


@pytest.mark.fault("O2")
def test_a_terminal_hears_no_control_characters_but_ours() -> None:
    """On a real terminal colours are healer's own; what a host has printed is shown with signs in place of its escape codes."""
    stream = io.StringIO()
    Lasting(file=stream, force_terminal=True, width=80).print("[bold]host[/bold]", Text("says \x1b[2J\x1b]0;title\x07"))
    assert "\x1b[1mhost\x1b[0m says \ufffd[2J\ufffd]0;title\n" == stream.getvalue()
