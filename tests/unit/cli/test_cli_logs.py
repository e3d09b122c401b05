"""`healer logs` and `healer logs restore` on the command line: what flags mean, and which mistakes end before any host is asked."""

import gzip
import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_calls import Healer

from healer.cli.carrying import archiving_to
from healer.cli.options import Reclaiming
from healer.clock import SystemClock
from healer.journal.store import SqlJournal
from healer.model.action import Action, Archive, Free
from healer.model.events import ActEnded, ActIntended, RunStarted
from healer.model.facts import Verdict
from healer.model.files import Span
from healer.settings import Settings

LINES = b"one\ntwo\n"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (Reclaiming(), {}),
        (Reclaiming(over="90%", target="80%"), {"logs_over": "90%", "logs_target": "80%"}),
        (Reclaiming(keep="30d", min_size="1G"), {"logs_keep": "30d", "logs_min_size": "1G"}),
        (Reclaiming(fix=True), {"logs_fix": True}),
        (Reclaiming(archive="off"), {"logs_archive": False}),
        (Reclaiming(archive="/srv/logs"), {"logs_archive": True, "logs_archive_dir": "/srv/logs"}),
    ],
)
def test_flags_become_variables_of_the_playbook(flags: Reclaiming, expected: dict[str, object]) -> None:
    """A flag that was not given sets nothing, so that the inventory's own value holds."""
    assert expected == flags.variables()


def test_the_folder_of_archives_is_the_runs_own() -> None:
    """What `--archive DIR` has named is a variable of the run, so that a resumed run uses the same folder; else the setting holds."""
    settings = Settings(state_dir=Path("/state"))
    assert Path("/srv/logs") == archiving_to(settings, {"logs_archive_dir": "/srv/logs"}).archive_folder
    assert Path("/state/archive") == archiving_to(settings, {}).archive_folder


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--over", "150%"), "--over: '150%' is no percentage from 1% to 100%"),
        (("--target", "0"), "--target: '0' is no percentage"),
        (("--over", "70%", "--target", "80%"), "--target 80% is not below --over 70%"),
        (("--keep", "soon"), "--keep: 'soon' is no age"),
        (("--min-size", "much"), "--min-size: 'much' is no size"),
        (("--archive", ""), "--archive was given, and is empty"),
    ],
)
def test_a_flag_that_makes_no_sense_is_wrong_usage(healer: Healer, inventory: Path, words: tuple[str, ...], message: str) -> None:
    """Such a flag ends with 2 and its own words."""
    said = healer("logs", "-i", str(inventory), *words)
    assert (2, True) == (said.code, message in said.err), said


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """Return the port at which the host with the bad policy would be; who knocks there is heard."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("logs_over=150%", "host db1: reclaim: policy.over is '150%'"),
        ("logs_over=70%", "host db1: reclaim: policy: the target of 75% is not below the trigger of 70%"),
        ("logs_over=80% logs_target=80%", "host db1: reclaim: policy: the target of 80% is not below the trigger of 80%"),
        ("logs_paths=\"['var/log']\"", "host db1: reclaim: policy.paths.0 is 'var/log': 'var/log' is no absolute path"),
        ("logs_paths=\"['/etc/app']\"", "host db1: reclaim: policy.paths.0 is '/etc/app': '/etc/app' is never a folder of logs"),
        ("logs_paths=\"['/']\"", "'/' is never a folder of logs"),
        ("logs_forbidden=\"['../legal']\"", "policy.forbidden.0 is '../legal'"),
        ("logs_min_size=-1", "policy.min_size is -1"),
        ("logs_keep=soon", "policy.keep is 'soon'"),
        ("logs_most_files=0", "policy.most_files is 0"),
    ],
)
def test_a_policy_that_makes_no_sense_ends_before_any_host_is_asked(
    healer: Healer, tmp_path: Path, door: socket.socket, variable: str, message: str
) -> None:
    """A mistake in one host's policy ends with 65, names host, word and value; nobody was spoken to, and nothing was begun on any host."""
    file = tmp_path / "inventory.ini"
    file.write_text(f"[web]\nweb1 ansible_host=127.0.0.1 ansible_port={door.getsockname()[1]}\n\n[db]\ndb1 {variable}\n")
    said = healer("logs", "-i", str(file))
    assert (65, True) == (said.code, message in said.err), said
    assert "no run is in the journal yet" in healer("show").err
    with pytest.raises(BlockingIOError):
        door.accept()


def test_discarding_is_said_aloud(healer: Healer, inventory: Path) -> None:
    """With `--archive off` the first words are that nothing can be restored."""
    said = healer("logs", "-i", str(inventory), "--archive", "off", "--check", "--limit", "web1", "--over", "150%")
    assert "DISCARDED" not in said.err
    said = healer("logs", "-i", str(inventory), "--archive", "off", "--limit", "nobody")
    assert said.err.startswith("ARCHIVE OFF: what is taken from the logs is DISCARDED"), said


def test_options_stand_behind_their_command(healer: Healer, inventory: Path) -> None:
    """An option before `restore` would not be heard, so it is refused."""
    said = healer("logs", "-i", str(inventory), "restore", "web1", "/var/log/a.log", "-o", "a.log")
    assert (2, True) == (said.code, "stand behind it: --inventory" in said.err), said


@pytest.fixture
def part(tmp_path: Path) -> Path:
    """Leave a log of which two lines are archived and given back."""
    kept = tmp_path / "part.gz"
    kept.write_bytes(gzip.compress(LINES))
    journal = SqlJournal(f"sqlite:///{tmp_path / 'state' / 'journal.db'}", clock=SystemClock())
    journal.append("run-1", RunStarted("healer logs", "logs.yml", "d1", "d2", ("web1",), "ann@node pid 7"))
    span = Span("/var/log/app.log", 7, 8, 0, len(LINES))
    detail = {"kept": str(kept), "where": "control", "sha256": hashlib.sha256(LINES).hexdigest(), "length": len(LINES), "stored": 9}
    for number, verb in enumerate((Archive(span), Free(span, "punch"))):
        journal.append("run-1", ActIntended("web1", "0/tasks/0", number, f"act-{number}", Action("", verb)))
        journal.append("run-1", ActEnded("web1", "0/tasks/0", number, f"act-{number}", Verdict.GOOD, changed=True, detail=detail))
    journal.close()
    return kept


def test_restore_without_the_host(healer: Healer, part: Path, tmp_path: Path) -> None:
    """With `--archived-only` no inventory is needed; the last words say how much came from where, and what is missing."""
    output = tmp_path / "app.log"
    said = healer("logs", "restore", "web1", "/var/log/app.log", "-o", str(output), "--archived-only")
    assert (0, LINES) == (said.code, output.read_bytes())
    assert f"{output}: {len(LINES)} bytes of /var/log/app.log: 1 part from {part.parent}\n" == said.out
    assert "not in it: what is still on the host" in said.err


def test_restore_as_json(healer: Healer, part: Path, tmp_path: Path) -> None:
    """With --json standard output is one document."""
    output = tmp_path / "app.log"
    said = healer("logs", "restore", "web1", "/var/log/app.log", "-o", str(output), "--archived-only", "--json")
    told = json.loads(said.out)
    assert (len(LINES), [{"from": str(part), "bytes": len(LINES)}]) == (told["bytes"], told["parts"])


@pytest.mark.usefixtures("part")
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("web1", "/var/log/app.log"), 2, "no inventory was given"),
        (("web1", "/var/log/other.log", "--archived-only"), 1, "Archived from there are: /var/log/app.log."),
        (("web2", "/var/log/app.log", "--archived-only"), 1, "nothing of /var/log/app.log was ever archived"),
        (("web1", "app.log", "--archived-only"), 2, "app.log is no absolute path"),
    ],
)
def test_what_cannot_be_restored_is_told(healer: Healer, tmp_path: Path, words: tuple[str, ...], code: int, message: str) -> None:
    """A log that nobody archived, a path that is none and a host that nobody knows leave no file."""
    output = tmp_path / "whole.log"
    said = healer("logs", "restore", *words, "-o", str(output))
    assert (code, True) == (said.code, message in said.err), said
    assert not output.exists()


def test_a_host_without_an_answer_says_how_to_go_on(healer: Healer, part: Path, tmp_path: Path) -> None:
    """Where the host cannot be reached nothing is written, and the way to what is archived is named."""
    file = tmp_path / "inventory.ini"
    file.write_text("web1 ansible_host=127.0.0.1 ansible_port=1\n")
    output = tmp_path / "whole.log"
    said = healer("logs", "restore", "web1", "/var/log/app.log", "-o", str(output), "-i", str(file))
    assert (4, True) == (said.code, "--archived-only" in said.err), said
    assert (True, False) == (part.exists(), output.exists())
