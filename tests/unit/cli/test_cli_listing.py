"""Commands that need no host: the inventory as it is understood, and the doctor."""

import json
from pathlib import Path

import pytest
from cli_calls import Healer, Said
from listeners import web


def test_the_inventory_as_a_tree(healer: Healer, inventory: Path) -> None:
    """`--graph` shows groups and hosts."""
    assert "|--@web:" in healer("inventory", "--graph", "-i", str(inventory)).out


def test_the_inventory_as_json(healer: Healer, inventory: Path) -> None:
    """`--json` and `--list` print the same document."""
    listed = healer("inventory", "--list", "-i", str(inventory)).out
    assert listed == healer("inventory", "--json", "-i", str(inventory)).out
    assert ["web1", "web2"] == json.loads(listed)["web"]["hosts"]


def test_the_doctor_as_json(healer: Healer) -> None:
    """Each check is an object with a name, whether it is good, and words."""
    said = healer("doctor", "--json")
    assert {"name", "good", "words"} == set(json.loads(said.out)[0])


def test_output_without_a_terminal_is_plain(healer: Healer) -> None:
    """Pipes get neither escape codes nor blanks at the ends of lines."""
    said = healer("doctor")
    assert "\x1b" not in said.out
    assert [line.rstrip() for line in said.out.splitlines()] == said.out.splitlines()


def test_the_doctor_and_notify_urls(healer: Healer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor says of each URL whether it is understood and shows none; without any nobody is told, which is worth knowing."""
    assert _notifications(healer("doctor", "--json")) == [(None, "no notify URL is set: nobody is told of incidents (notify, notify_file)")]
    monkeypatch.setenv("HEALER_NOTIFY", "json://u:swordfish@127.0.0.1:1/ slack://swordfish")
    said = healer("doctor", "--json")
    assert _notifications(said) == [
        (True, "the 1st notify URL (json) of 2 is understood"),
        (False, "the 2nd notify URL (slack) of 2 is not understood; see the documentation of apprise"),
    ]
    assert (said.code, "swordfish" in said.out + said.err) == (1, False)


def test_the_doctor_sends_a_test_message(healer: Healer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --notify each URL gets a message, and the doctor says of each what became of it; without any that is bad."""
    assert [good for good, _ in _notifications(healer("doctor", "--json", "--notify"))] == [False]
    with web() as (port, got), web(status=403) as (bad, _):
        monkeypatch.setenv("HEALER_NOTIFY", f"json://127.0.0.1:{port}/ json://127.0.0.1:{bad}/")
        said = healer("doctor", "--json", "--notify")
    assert _notifications(said) == [
        (True, "the 1st notify URL (json) of 2 has taken a test message"),
        (False, "the 2nd notify URL (json) of 2 answered with the error 403"),
    ]
    assert "Nothing is wrong" in got[0]["message"]


def test_the_doctor_names_a_file_of_urls_that_others_may_read(healer: Healer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file of URLs that others may read is bad, with what to do."""
    (tmp_path / "urls").write_text("json://a/")
    (tmp_path / "urls").chmod(0o644)
    monkeypatch.setenv("HEALER_NOTIFY_FILE", str(tmp_path / "urls"))
    [(good, words)] = _notifications(healer("doctor", "--json"))
    assert (good, f"chmod 600 {tmp_path / 'urls'}" in words) == (False, True)


def _notifications(said: Said) -> list[tuple[bool | None, str]]:
    return [(check["good"], check["words"]) for check in json.loads(said.out) if check["name"] == "notifications"]
