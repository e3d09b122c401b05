"""The end table: it fits 80 columns, and what the rows have no room for stands below, told once for equal hosts."""

from datetime import UTC, datetime

import pytest

from healer.model.action import Owe
from healer.model.report import ForecastScore, HostReport, RunReport
from healer.report.formats.json_doc import PLUGIN as JSON
from healer.report.formats.terminal import PLUGIN

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PACKAGES = {f"package{number}": "1 -> 2" for number in range(22)}
UNITS = ("systemd-journald.service", "systemd-networkd.service", "cron.service", "ssh.service")
OWED = (Owe("reboot", "dbus runs replaced code"),)


def report(*hosts: HostReport, halted: str = "", commands: tuple[str, ...] = (), check: bool = False) -> str:
    """Return the drawn report, 80 columns wide."""
    run = RunReport("r1", "healer patch", "patch.yml", "ann", NOW, NOW, hosts, halted, 0, commands, check)
    return PLUGIN.render(run, 80)


def changed(name: str) -> HostReport:
    """Return a host that was patched and restarted."""
    return HostReport(name, "changed", "", 35.2, PACKAGES, UNITS, ("nginx.service",), debts=OWED)


def test_a_row_tells_what_was_done() -> None:
    """Packages, restarts of both kinds, whether a boot is owed, and the time in the slot."""
    assert ["h1", "changed", "22", "5", "owed", "35", "s"] == report(changed("h1")).splitlines()[2].split()


def test_a_boot_is_told() -> None:
    """A host that was booted says so."""
    assert ["h1", "changed", "-", "-", "yes", "1:05"] == report(HostReport("h1", "changed", "", 65, rebooted=True)).splitlines()[2].split()


@pytest.mark.fault("O2")
def test_what_hosts_print_cannot_steer_the_terminal() -> None:
    """A reason that came from a host is shown with a sign in place of each control character: no colour, no cleared screen, no title."""
    reason = "exit code 1: \x1b[2J\x1b]0;title\x07\rwell\x9b31m"
    text = report(HostReport("h1", "failed", reason))
    assert "well" in text
    assert [] == [letter for letter in text if not letter.isprintable() and letter != "\n"]


def test_the_table_fits() -> None:
    """No line is wider than 80 columns, whatever the reasons are, and none ends in blanks."""
    lines = report(changed("h1"), HostReport("h2", "unreachable", "connection refused " * 20), commands=("healer show r1 h2",)).splitlines()
    assert [] == [line for line in lines if len(line) > 80 or line != line.rstrip()]


def test_restarts_are_told_once_for_equal_hosts() -> None:
    """Restarts by package scripts stand apart from those that healer did."""
    lines = report(changed("h1"), changed("h2"), changed("h3"), HostReport("h4", "ok")).splitlines()
    assert "h1-h3: 4 restarts: systemd-journald, systemd-networkd, cron, ssh" in lines
    assert "h1-h3: restarted by package scripts: nginx" in lines


def test_the_forecast_is_told_in_one_line() -> None:
    """How often it was right over all hosts, and by name where it was not."""
    good, wrong = ForecastScore(right=("web.service",)), ForecastScore(("mail.service",), ("cron.service",), ("ssh.service",))
    lines = report(HostReport("h1", "changed", score=good), HostReport("h2", "changed", score=wrong)).splitlines()
    assert "forecast of restarts: 2 right, 1 missed, 1 false alarm; h2: missed cron, false" in lines


def test_without_a_forecast_nothing_is_told_of_it() -> None:
    """A run that restarted nothing and foretold nothing says nothing about it."""
    assert "forecast" not in report(HostReport("h1", "ok"), HostReport("h2", "changed", score=ForecastScore()))


def test_debts_are_told_once_for_equal_hosts() -> None:
    """One host owes, several owe."""
    assert "h1, h2 owe: reboot: dbus runs replaced code" in report(changed("h1"), changed("h2"))
    assert "h1 owes: reboot: dbus runs replaced code" in report(changed("h1"))


def test_notes_are_told_once_for_equal_hosts() -> None:
    """A warning that all hosts share is one line."""
    assert "h1, h2: slow disk" in report(HostReport("h1", "ok", notes=("slow disk",)), HostReport("h2", "ok", notes=("slow disk",)))


def test_a_halt_and_the_next_commands_come_last() -> None:
    """They are what a person acts on."""
    lines = report(changed("h1"), halted="too many failed", commands=("healer ack h1",)).splitlines()
    assert ["halted: too many failed", "next: healer ack h1"] == lines[-2:]


def test_a_dry_run_has_words_of_its_own() -> None:
    """Nothing was changed, so that no row says so."""
    drawn = report(HostReport("h1", "changed", "work was found"), HostReport("h2", "ok", "nothing to do"), check=True)
    assert (True, True, False) == ("would change" in drawn, "nothing to do" in drawn, "changed" in drawn)


def test_the_json_document_marks_a_dry_run() -> None:
    """Programs see whether anything was done."""
    run = RunReport("r1", "healer patch", "patch.yml", "ann", NOW, None, (changed("h1"),), check=True)
    assert '"check": true' in JSON.render(run, 0)
