"""`healer schedule` on the command line."""

import os
from pathlib import Path

import pytest
from cli_calls import Healer


def test_what_is_shown_is_what_is_installed(healer: Healer, inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file holds exactly what `show` has printed, with absolute paths, also for an inventory that was named by a relative one."""
    monkeypatch.chdir(tmp_path)
    words = ("--cron", "--every", "15m", "-i", inventory.name, "-l", "web")
    shown = healer("schedule", "show", *words)
    assert 0 == shown.code
    said = healer("schedule", "install", *words, "--root", str(tmp_path))
    assert (0, shown.out) == (said.code, said.out)
    text = (tmp_path / "etc/cron.d/healer").read_text()
    assert shown.out.endswith(text)
    assert f" pass --quiet -i {inventory} -l web\n" in text


def test_a_second_install_says_that_nothing_was_changed(healer: Healer, inventory: Path, tmp_path: Path) -> None:
    """It is idempotent, and says so."""
    words = ("schedule", "install", "--systemd", "-i", str(inventory), "--root", str(tmp_path))
    assert "written: /etc/systemd/system/healer.timer" in healer(*words).err
    again = healer(*words)
    assert (0, "nothing was changed" in again.err) == (again.code, True)


def test_remove_takes_what_healer_wrote(healer: Healer, inventory: Path, tmp_path: Path) -> None:
    """Every file is named that goes, and a second time there is nothing."""
    healer("schedule", "install", "--cron", "-i", str(inventory), "--root", str(tmp_path))
    assert "removed: /etc/cron.d/healer\n" == healer("schedule", "remove", "--cron", "--root", str(tmp_path)).err
    assert [] == list((tmp_path / "etc/cron.d").iterdir())
    assert "nothing of healer's is installed" in healer("schedule", "remove", "--cron", "--root", str(tmp_path)).err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((), 2, "say one of --cron and --systemd"),
        (("--cron", "--systemd"), 2, "say one of --cron and --systemd"),
        (("--cron", "--every", "7m"), 2, "--every 7m"),
        (("--cron", "--watch"), 2, "--watch needs --systemd"),
        (("--cron", "-K"), 2, "nobody is there to type it"),
        (("--cron", "-l", "nobody"), 2, "nobody"),
    ],
)
def test_what_cannot_be_scheduled_is_told_now_and_not_at_night(
    healer: Healer, inventory: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    """A mistake ends the command before anything is written."""
    said = healer("schedule", "show", "-i", str(inventory), *words)
    assert code == said.code
    assert message in said.err


def test_another_user_than_root_is_told_what_to_do(healer: Healer, inventory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's own crontab is refused by name, with the way out."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    said = healer("schedule", "install", "--cron", "-i", str(inventory))
    assert 2 == said.code
    assert "a user's own crontab or systemd --user is not written" in said.err
    assert "sudo healer schedule install --cron" in said.err
