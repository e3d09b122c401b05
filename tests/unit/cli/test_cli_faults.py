"""Foreseeable faults are answered in one or two plain lines with the exit code that the design gives them; never with a traceback."""

from pathlib import Path

import pytest
from cli_calls import Healer

from healer.clock import SystemClock
from healer.journal.locks import GroupLocks


@pytest.fixture
def places(inventory: Path, tmp_path: Path) -> dict[str, Path]:
    """Return an inventory and a folder that holds none."""
    (tmp_path / "empty").mkdir()
    return {"inventory": inventory, "empty": tmp_path / "empty"}


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("ping", 2, "-i FILE"),
        ("ping -i nowhere.ini", 65, "no such inventory"),
        ("ping -i {empty}", 65, "holds no inventory"),
        ("ping -i {inventory} -l wbe", 2, "wbe"),
        ("ping -i {inventory} -l web1:!web1", 2, "leaves no host"),
        ("inventory -i {inventory}", 2, "--graph"),
        ("inventory --host web9 -i {inventory}", 2, "web9"),
        ("run nosuch -i {inventory}", 65, "nosuch"),
        ("run ./nosuch.yml -i {inventory}", 65, "no such playbook"),
        ("patch --check -i {inventory} -e 5", 2, "key=value"),
        ("patch --check -i {inventory} -e @/nowhere", 2, "No such file"),
        ("patch --check -i {inventory} --all --security", 2, "exclude each other"),
        ("patch --check -i {inventory} --reboot sometimes", 2, "sometimes"),
        ("plan -i {inventory} --canary=-1", 2, "canary"),
        ("apply nowhere.json", 65, "cannot be read"),
        ("apply {inventory}", 65, "is no plan"),
        ("show nosuch", 2, "nosuch"),
        ("show", 2, "no run"),
        ("resume", 2, "no unfinished run"),
        ("resume nosuch", 2, "nosuch"),
        ("ack web1", 2, "not held"),
        ("history --database nonsense", 2, "makes no sense"),
        ("history --database postgresql://ann:secret@db/healer", 2, "password"),
        ("history --nosuch", 2, "--nosuch"),
    ],
)
def test_a_fault_is_told_in_plain_words(words: str, code: int, told: str, healer: Healer, places: dict[str, Path]) -> None:
    """Standard error says what is wrong, standard output stays empty, and the exit code is the one of that kind of fault."""
    said = healer(*words.format(**places).split())
    assert (code, "", True) == (said.code, said.out, told in said.err), said
    assert "Traceback" not in said.err


def test_a_password_in_a_database_url_is_not_repeated(healer: Healer) -> None:
    """What was refused because everybody can read it is not printed once more."""
    assert "secret" not in healer("history", "--database", "postgresql://ann:secret@db/healer").err


def test_a_state_folder_that_cannot_be_made(healer: Healer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a journal nothing starts: exit code 74."""
    monkeypatch.setenv("HEALER_STATE_DIR", "/proc/nowhere")
    said = healer("history")
    assert (74, "") == (said.code, said.out)


def test_the_doctor_names_a_bad_state_folder(healer: Healer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor reports what other commands stumble over, and exits with 1."""
    monkeypatch.setenv("HEALER_STATE_DIR", "/proc/nowhere")
    said = healer("doctor")
    assert (1, True) == (said.code, "set HEALER_STATE_DIR" in said.out)


def test_a_setting_of_the_wrong_kind(healer: Healer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad setting is bad input and named with its variable."""
    monkeypatch.setenv("HEALER_FORKS", "many")
    said = healer("history")
    assert (65, True) == (said.code, "HEALER_FORKS" in said.err)


@pytest.mark.fault("C4")
def test_a_second_run_names_the_holder(healer: Healer, inventory: Path, tmp_path: Path) -> None:
    """While a run holds the hosts' group another exits with 75 and says who it is."""
    folder = tmp_path / "books"
    folder.mkdir(mode=0o700)
    book = folder / "book.yml"
    book.write_text("- hosts: all\n  tasks:\n    - debug:\n        msg: hello\n")
    book.chmod(0o600)
    with GroupLocks(tmp_path / "state", clock=SystemClock()).take(("all",), "the-other-run"):
        said = healer("run", str(book), "-i", str(inventory))
    assert (75, True) == (said.code, "the-other-run" in said.err), said
