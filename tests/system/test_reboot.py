"""A reboot that is owed is done in its slot and proved, or it stays owed in plain sight."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from console import Console, sh, upgrades, version

from healer.lab.lab import Lab

PACKAGE = "healer-demo-reboot"


@pytest.fixture(scope="module")
def lab(make_lab) -> Iterator[Lab]:
    """Return hosts on which an update waits that asks for a reboot; each test uses hosts of its own."""
    lab = make_lab(5, installed=(f"{PACKAGE}=1.0",))
    lab.publish(PACKAGE, "1.1")
    yield lab
    lab.down()


@pytest.fixture
def console(lab: Lab, tmp_path: Path) -> Console:
    """Return a control node with an empty journal."""
    return Console(tmp_path, lab)


def closed_window() -> str:
    """Return a window that opens three days from now."""
    day = datetime.now(UTC) + timedelta(days=3)
    return f"{day:%a} 02:00-03:00"


def test_an_owed_reboot_is_done_in_its_slot_and_proved(console: Console) -> None:
    """Inside its window a host boots within its slot, and the slot is freed when it is back under another boot id with nothing owed."""
    host = console.lab.host("h1")
    console.write_inventory({"h1": {"window": "always"}})
    before = host.boot_id()
    answer = console.healer("patch", "--rolling", "--soak", "0")
    assert 0 == answer.code, answer.text
    assert "1.1" == version(host, PACKAGE)
    assert before != host.boot_id()
    assert "" == sh(host, "ls /run/reboot-required 2>/dev/null")
    told = console.healer("show", answer.run, "h1", inventory=False).out.splitlines()
    assert _place(told, "takes a slot") < _place(told, "begins: reboot") < _place(told, "back after") < _place(told, "ends changed")


def test_after_the_boot_nothing_is_owed_and_a_second_run_boots_nobody(console: Console) -> None:
    """A host that has booted is left alone by the next run, and `status` shows no debt."""
    console.write_inventory({"h2": {"window": "always"}})
    console.healer("patch", "--soak", "0")
    before = console.lab.host("h2").boot_id()
    again = console.healer("patch", "--soak", "0", "--json")
    assert (0, {"h2": "ok"}) == (again.code, again.ends)
    assert before == console.lab.host("h2").boot_id()
    status = console.healer("status")
    assert 0 == status.code
    assert "owe" not in status.text


def test_reboot_never_reports_it_as_owed(console: Console) -> None:
    """With `--reboot never` the update is installed, nobody boots, and the debt is told by the run and by `status`."""
    host = console.lab.host("h3")
    console.write_inventory({"h3": {"window": "always"}})
    before = host.boot_id()
    answer = console.healer("patch", "--reboot", "never", "--soak", "0")
    assert (0, "1.1", before) == (answer.code, version(host, PACKAGE), host.boot_id())
    assert "h3 owes: reboot" in answer.text
    status = console.healer("status").text
    assert "the system asks for it (/run/reboot-required: healer-demo-reboot); the policy is never to reboot" in status


def test_outside_its_window_a_host_waits(console: Console) -> None:
    """Where the window is closed the host is patched at once, ends as waiting with exit code 3, and the debt stands in `status`."""
    host = console.lab.host("h4")
    console.write_inventory({"h4": {"window": closed_window()}})
    before = host.boot_id()
    answer = console.healer("patch", "--soak", "0", "--json")
    assert (3, {"h4": "waiting"}) == (answer.code, answer.ends)
    assert (["1.0 1.1"], before) == (upgrades(host, PACKAGE), host.boot_id())
    status = console.healer("status").text
    assert "reboot owed" in status
    assert "is closed and opens" in status


def test_when_the_window_opens_the_waiting_reboot_is_done(console: Console) -> None:
    """The next run inside the window boots the host that waited, installs nothing, and the debt is gone."""
    host = console.lab.host("h5")
    console.write_inventory({"h5": {"window": closed_window()}})
    assert 3 == console.healer("patch", "--soak", "0").code
    before = host.boot_id()
    console.write_inventory({"h5": {"window": "always"}})
    answer = console.healer("patch", "--soak", "0", "--json")
    assert (0, {"h5": "changed"}) == (answer.code, answer.ends)
    assert before != host.boot_id()
    assert ["1.0 1.1"] == upgrades(host, PACKAGE)
    status = console.healer("status")
    assert 0 == status.code
    assert "owe" not in status.text


def _place(lines: list[str], words: str) -> int:
    return next(number for number, line in enumerate(lines) if words in line)
