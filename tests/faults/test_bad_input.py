"""Bad input is refused before anything is touched: in plain words, with the place and what to do, and with the exit code for it."""

import os
import socket
import sqlite3
from pathlib import Path

import pytest
from bad_input_rows import INVENTORIES, INVENTORY, PLANS, PLAYBOOKS, RUN, Row

from healer.cli.app import main
from healer.clock import SystemClock
from healer.journal import filesystems
from healer.journal.store import SqlJournal


class Desk:
    """A folder in which healer is called. `dialled` are the addresses that were connected to."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capture = folder, capture
        self.dialled: list[object] = []
        self.write("hosts.ini", INVENTORY)
        self.write("book.yml", "- hosts: all\n  tasks:\n    - debug: {msg: hello}\n")

    def write(self, name: str, content: str | bytes | None) -> None:
        """Make a file, or a folder for None."""
        path = self.folder / name
        if content is None:
            path.unlink(missing_ok=True)
            path.mkdir()
            return
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(0o600)

    def call(self, command: str) -> tuple[int, str, str]:
        """Return exit code and both outputs of a command. A word that ends in a bar is followed by an empty one."""
        words = [part for word in command.split() for part in ([word[:-1], ""] if word.endswith("|") else [word])]
        self._capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(words)
        said = self._capture.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    @property
    def runs(self) -> int:
        """Return how many runs the journal knows."""
        return len(SqlJournal(f"sqlite:///{self.folder}/state/journal.db", clock=SystemClock()).runs())


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Give a folder with a good inventory and a good playbook, and notice every connection."""
    for name in [name for name in os.environ if name.startswith("HEALER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HEALER_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    place = Desk(tmp_path, capsys)

    def dial(_socket: socket.socket, address: object) -> None:
        place.dialled.append(address)
        raise OSError("nobody is to be dialled")

    monkeypatch.setattr(socket.socket, "connect", dial)
    return place


def refused(desk: Desk, row: Row) -> None:
    """Give the row's command and check what it says; then nothing may have been done."""
    if row.what == "missing":
        (desk.folder / "book.yml").unlink()
    for name, content in row.files.items():
        desk.write(name, content)
    code, out, err = desk.call(row.command)
    assert (row.code, "") == (code, out), err
    assert [] == [word for word in row.words if word not in err], err
    assert "Traceback" not in err
    assert max(map(len, err.splitlines())) < 400
    assert ([], 0) == (desk.dialled, desk.runs)


def named(row: Row) -> str:
    """Return the row's name for the list of tests."""
    return row.what


@pytest.mark.parametrize("row", PLAYBOOKS, ids=named)
def test_a_bad_playbook_is_refused(desk: Desk, row: Row) -> None:
    """File, line and column are named with what is wrong and the nearest spelling; exit code 65, nobody is connected to, no run is begun."""
    refused(desk, row)


@pytest.mark.parametrize("row", INVENTORIES, ids=named)
def test_a_bad_choice_of_hosts_is_refused(desk: Desk, row: Row) -> None:
    """An inventory without hosts is bad input (65), a limit, tag or list that names nothing wrong usage (2): it never means everything."""
    refused(desk, row)


@pytest.mark.parametrize("row", PLANS, ids=named)
def test_a_bad_plan_is_refused(desk: Desk, row: Row) -> None:
    """A plan is applied exactly as it was saved, or not at all; how to make a new one is told."""
    refused(desk, row)


JOURNALS = {
    "a file in its place": ("file", "is no folder"),
    "below a file": ("file/below", "is no folder"),
    "that nobody can make": ("/proc/nowhere", "cannot be made"),
    "that may not be written": ("/proc/self/net", "cannot be made"),
}


@pytest.mark.fault("C7")
@pytest.mark.parametrize("what", JOURNALS)
def test_a_state_folder_that_cannot_be_used(desk: Desk, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Without a place for the journal nothing is begun: exit code 74, and how to choose another place is told."""
    place, words = JOURNALS[what]
    desk.write("file", "")
    monkeypatch.setenv("HEALER_STATE_DIR", str(desk.folder / place))
    code, out, err = desk.call(f"{RUN} --yes")
    assert (74, "", []) == (code, out, desk.dialled), err
    assert [] == [word for word in (place, words, "HEALER_STATE_DIR") if word not in err], err


@pytest.mark.fault("C10")
def test_a_state_folder_on_a_network(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal on NFS is refused before anything is written there: exit code 74, with the ways out."""
    desk.write("mounts", "22 1 0:1 / / rw - nfs4 server:/x rw\n")
    monkeypatch.setattr(filesystems.require_local, "__defaults__", (desk.folder / "mounts",))
    code, out, err = desk.call(f"{RUN} --yes")
    assert (74, "", []) == (code, out, desk.dialled)
    assert [] == [word for word in ("nfs4", "state_dir", "PostgreSQL") if word not in err], err
    assert not (desk.folder / "state" / "journal.db").exists()


@pytest.mark.fault("C11")
def test_a_journal_of_a_newer_version(desk: Desk) -> None:
    """What a newer healer wrote is neither read nor changed: exit code 74, and it is told that there is a newer one."""
    file = desk.folder / "state" / "journal.db"
    assert 0 == desk.runs
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = file.read_bytes()
    code, out, err = desk.call(f"{RUN} --yes")
    assert (74, "", [], before) == (code, out, desk.dialled, file.read_bytes())
    assert [] == [word for word in (str(file), "schema 9999", "newer healer") if word not in err], err


@pytest.mark.fault("C12")
def test_a_shell_variable_that_is_not_set_never_means_every_host(desk: Desk) -> None:
    """`healer patch --limit "$HOSTS"` in a cron line, with nothing in HOSTS, is refused instead of patching the whole fleet."""
    code, _out, err = desk.call("patch -i hosts.ini --yes --limit|")
    assert (2, []) == (code, desk.dialled), err
