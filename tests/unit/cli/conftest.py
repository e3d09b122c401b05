"""The command line in this process, with its state in a folder of the test's own."""

from pathlib import Path

import pytest
from cli_calls import Healer, Said

from healer.cli.app import main


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings and state of this machine out of every test."""
    monkeypatch.setenv("HEALER_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("HEALER_CONFIG", "HEALER_NOTIFY", "HEALER_NOTIFY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("HEALER_INVENTORY", raising=False)


@pytest.fixture
def healer(capsys: pytest.CaptureFixture[str]) -> Healer:
    """Return how the command is called."""

    def call(*words: str) -> Said:
        with pytest.raises(SystemExit) as ended:
            main(words)
        captured = capsys.readouterr()
        return Said(int(ended.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """Return an inventory of two web hosts and a database."""
    file = tmp_path / "inventory.ini"
    file.write_text("[web]\nweb1\nweb2\n\n[db]\ndb1\n")
    return file
