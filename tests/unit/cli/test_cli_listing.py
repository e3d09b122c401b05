"""Commands that need no host: the inventory as it is understood, and the doctor."""

import json
from pathlib import Path

from cli_calls import Healer


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
