"""The files by which cron and systemd call healer, and how they are put in place."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healer.model.errors import HealerError, UsageError
from healer.watch.installing import install, remove, state_of
from healer.watch.schedule import CRON_FILE, MARK, UNITS, Kind, Schedule, Text, Wanted, delay, interval, paths, schedule

WANTED = Wanted(
    command=("/opt/healer/bin/healer",),
    arguments=("-i", "/etc/healer/inventory.ini"),
    home="/root",
    state="/var/lib/healer",
    node="ab12 control",
)


def wanted(**changes: object) -> Wanted:
    """Return the usual wish with these changes."""
    values = {name: getattr(WANTED, name) for name in WANTED.__slots__}
    return Wanted(**{**values, **changes})  # type: ignore[arg-type]  # the tests name the fields


def cron_line(**changes: object) -> str:
    """Return the last line of the file for cron."""
    return schedule("cron", wanted(**changes)).files[0].text.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "seconds"), [("1m", 60), ("5m", 300), ("30m", 1800), ("1h", 3600), ("6H", 21600), (" 1d ", 86400), ("24h", 86400)]
)
def test_an_interval_is_a_part_of_an_hour_or_of_a_day(text: str, seconds: int) -> None:
    """Such an interval is kept evenly by cron and by a calendar alike."""
    assert seconds == interval(text)


@pytest.mark.parametrize("text", ["", "5", "0m", "7m", "90m", "5h", "2d", "-5m", "5s", "1w", "99999999m"])
def test_another_interval_is_wrong_usage(text: str) -> None:
    """What neither cron nor a calendar keeps evenly is refused before anything is written."""
    with pytest.raises(UsageError, match="is no part of an hour or of a day"):
        interval(text)


@pytest.mark.parametrize(
    ("every", "cron", "calendar"),
    [
        (60, "*/1 * * * *", "*:0/1"),
        (300, "*/5 * * * *", "*:0/5"),
        (3600, "0 */1 * * *", "0/1:00"),
        (21600, "0 */6 * * *", "0/6:00"),
        (86400, "0 0 * * *", "daily"),
    ],
)
def test_both_call_at_the_same_times(every: int, cron: str, calendar: str) -> None:
    """Cron's fields and the timer's calendar say the same interval."""
    assert cron_line(every=every).startswith(f"{cron} root sleep ")
    assert f"OnCalendar={calendar}\n" in schedule("systemd", wanted(every=every)).files[1].text


@given(st.text(max_size=80), st.sampled_from([60, 300, 3600, 86400]))
def test_the_delay_of_a_node_is_its_own_and_at_most_half_of_the_interval(node: str, every: int) -> None:
    """The same node always has the same delay, and two passes keep their distance."""
    assert 0 <= delay(node, every) <= min(every / 2, 900)
    assert delay(node, every) == delay(node, every)


def test_nodes_from_one_image_do_not_begin_in_the_same_second() -> None:
    """Of a hundred nodes that differ in their names alone hardly any share the second."""
    assert len({delay(f"same-id node{number}", 3600) for number in range(100)}) > 85


def test_the_line_of_cron_hangs_on_no_environment() -> None:
    """Run by a bare shell without any variable, the line finds the program and hands it exactly the words that were meant."""
    odd = ("-i", "/srv/my hosts/100% 'real' $HOME.ini", "-l", "web:!web3")
    line = cron_line(command=("/usr/bin/printf", "%s|"), arguments=odd).split(" root ", 1)[1]
    script = line.replace("\\%", "%").replace(f"sleep {delay(WANTED.node, 300)}", "sleep 0", 1)
    ended = subprocess.run(["env", "-i", "/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert ["pass", "--quiet", *odd] == ended.stdout.split("|")[:-1]


def test_cron_gets_home_path_and_the_state_folder() -> None:
    """What a run reads from its environment stands in the file itself."""
    text = schedule("cron", wanted(config="/etc/healer/other.toml")).files[0].text
    for line in ('HOME="/root"', 'HEALER_STATE_DIR="/var/lib/healer"', 'HEALER_CONFIG="/etc/healer/other.toml"', "SHELL=/bin/sh"):
        assert f"{line}\n" in text
    assert "PATH=" in text
    assert "MAILTO" not in text


def test_cron_takes_the_quotes_that_are_free() -> None:
    """Cron knows no escapes: a folder with one kind of quotes stands in the other kind, one with both is refused."""
    assert "HOME='/home/a\"b'\n" in schedule("cron", wanted(home='/home/a"b')).files[0].text
    with pytest.raises(UsageError, match="both kinds of quotes"):
        schedule("cron", wanted(home="/home/a\"b'c"))


def test_a_service_of_systemd_takes_work_that_is_left_for_success() -> None:
    """Exit codes 3 and 75 are no failures of the unit; the timer is spread, and catches up after the node was off."""
    service, timer = (file.text for file in schedule("systemd", WANTED).files)
    assert "SuccessExitStatus=3 75\n" in service
    assert "ExecStart=/opt/healer/bin/healer pass --quiet -i /etc/healer/inventory.ini\n" in service
    assert "RandomizedDelaySec=150s\n" in timer
    assert "Persistent=true\n" in timer


def test_a_unit_keeps_words_with_blanks_percent_and_dollar() -> None:
    """What systemd would expand is doubled, and what it would split stands in quotes."""
    text = schedule("systemd", wanted(arguments=("-i", '/srv/my "own" 5%$x'))).files[0].text
    assert 'pass --quiet -i "/srv/my \\"own\\" 5%%$$x"\n' in text


def test_the_watch_is_a_service_that_is_started_again() -> None:
    """With `watch` there is one service, which comes back after a failure but not after a mistake in its inventory."""
    found = schedule("systemd", wanted(watch=True))
    assert ("healer-watch.service",) == found.units
    assert "ExecStart=/opt/healer/bin/healer watch -i" in found.files[0].text
    assert "RestartPreventExitStatus=2 65\n" in found.files[0].text


def test_cron_cannot_keep_a_watch() -> None:
    """A watch by cron is wrong usage."""
    with pytest.raises(UsageError, match="--watch needs --systemd"):
        schedule("cron", wanted(watch=True))


@pytest.mark.parametrize("kind", ["cron", "systemd"])
def test_a_line_feed_in_a_path_is_refused(kind: Kind) -> None:
    """It would begin a line of its own, which root would run."""
    with pytest.raises(UsageError, match="line feed"):
        schedule(kind, wanted(arguments=("-i", "/srv/a\n* * * * * root reboot")))


@pytest.mark.parametrize("kind", ["cron", "systemd"])
def test_the_text_of_a_schedule_is_marked_as_ours(kind: Kind) -> None:
    """Every file begins with the mark by which it is known again, and lies where `remove` looks."""
    files = schedule(kind, WANTED).files
    assert all(file.text.startswith(f"{MARK}\n") for file in files)
    assert {file.path for file in files} <= set(paths(kind))


def test_a_second_install_changes_nothing(tmp_path: Path) -> None:
    """What is there word for word is not written again."""
    found = schedule("cron", WANTED)
    assert (CRON_FILE,) == install(found, tmp_path)
    before = (tmp_path / CRON_FILE.lstrip("/")).stat()
    assert () == install(found, tmp_path)
    assert before.st_ino == (tmp_path / CRON_FILE.lstrip("/")).stat().st_ino


def test_files_are_readable_by_all_and_writable_by_their_owner_alone(tmp_path: Path) -> None:
    """Cron passes over a file that others may write; a strict umask does not hide it from those who may look."""
    old = os.umask(0o077)
    try:
        install(schedule("cron", WANTED), tmp_path)
    finally:
        os.umask(old)
    assert 0o100644 == (tmp_path / CRON_FILE.lstrip("/")).stat().st_mode


def test_an_older_file_of_ours_is_replaced_whole(tmp_path: Path) -> None:
    """Another interval replaces the file, and no half-written one is left beside it."""
    install(schedule("cron", WANTED), tmp_path)
    assert "older" == state_of(schedule("cron", wanted(every=3600)).files[0], tmp_path)
    assert (CRON_FILE,) == install(schedule("cron", wanted(every=3600)), tmp_path)
    assert ["healer"] == [file.name for file in (tmp_path / "etc/cron.d").iterdir()]


def test_a_file_of_somebody_else_stays(tmp_path: Path) -> None:
    """A file that healer did not write is neither overwritten nor removed, unless that is forced by name."""
    place = tmp_path / CRON_FILE.lstrip("/")
    place.parent.mkdir(parents=True)
    place.write_text("# mine\n")
    with pytest.raises(UsageError, match="healer did not write it"):
        install(schedule("cron", WANTED), tmp_path)
    assert ((), (CRON_FILE,)) == remove(paths("cron"), tmp_path)
    assert "# mine\n" == place.read_text()
    assert (CRON_FILE,) == install(schedule("cron", WANTED), tmp_path, force=True)
    assert ((CRON_FILE,), ()) == remove(paths("cron"), tmp_path)
    assert not place.exists()


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a systemctl first in the path that writes its words down; give the file with them."""
    tools, said = tmp_path / "tools", tmp_path / "said"
    tools.mkdir()
    (tools / "systemctl").write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$*" >>{said}\n[ ! -e {tmp_path}/broken ] || {{ echo "no bus" >&2; exit 1; }}\n'
    )
    (tools / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    said.touch()
    return said


def test_systemd_is_told_of_what_has_changed(tmp_path: Path, systemctl: Path) -> None:
    """New units are read and started; changed ones are started anew; removed ones are stopped first."""
    install(schedule("systemd", WANTED), tmp_path)
    assert ["daemon-reload", "enable --now healer.timer"] == systemctl.read_text().splitlines()
    install(schedule("systemd", wanted(every=3600)), tmp_path)
    assert ["daemon-reload", "enable --now healer.timer", "restart healer.timer"] == systemctl.read_text().splitlines()[2:]
    remove(paths("systemd"), tmp_path)
    assert ["disable --now healer.timer healer.service", "daemon-reload"] == systemctl.read_text().splitlines()[5:]
    assert [] == list((tmp_path / UNITS.lstrip("/")).iterdir())


def test_a_systemd_that_refuses_is_told(tmp_path: Path, systemctl: Path) -> None:
    """What systemctl said last is the reason."""
    (tmp_path / "broken").touch()
    with pytest.raises(HealerError, match=r"systemctl daemon-reload ended with 1: no bus"):
        install(schedule("systemd", WANTED), tmp_path)


def test_a_node_without_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no systemctl the error asks whether systemd runs this node."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HealerError, match="Is this node run by systemd"):
        install(schedule("systemd", WANTED), tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The error names the file and what to do."""
    (tmp_path / "etc").write_text("no folder")
    with pytest.raises(HealerError, match=r"/etc/cron\.d/healer cannot be (read|written)"):
        install(Schedule((Text(CRON_FILE, f"{MARK}\n"),)), tmp_path)
