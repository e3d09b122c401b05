"""A command reads its inventory once: a script may be slow, ask somebody else, and answer differently the next time."""

from pathlib import Path

import pytest

from healer.cli.context import prepare
from healer.cli.options import Common


def test_an_inventory_script_is_run_once_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a command asks for its hosts, the script behind them is run once."""
    monkeypatch.setenv("HEALER_STATE_DIR", str(tmp_path / "state"))
    script = tmp_path / "hosts"
    script.write_text(f'#!/bin/sh\necho >>{tmp_path}/calls\necho \'{{"all": {{"hosts": ["web1"]}}, "_meta": {{"hostvars": {{}}}}}}\'\n')
    script.chmod(0o700)
    setting = prepare(Common(inventory=[str(script)]))
    assert setting.inventory() is setting.inventory()
    assert 1 == len((tmp_path / "calls").read_text().splitlines())


def test_other_sources_are_read_whenever_they_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources that are named by a caller are read anew, and what the command itself reads stays its own."""
    monkeypatch.setenv("HEALER_STATE_DIR", str(tmp_path / "state"))
    setting = prepare(Common())
    assert ["web9"] == list(setting.inventory(("web9,",)).hosts)
    assert ["web8"] == list(setting.inventory(("web8,",)).hosts)
