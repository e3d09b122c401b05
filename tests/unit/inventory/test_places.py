"""Where a host's variable stands: file, line and column, down to a part of its value."""

import json
from pathlib import Path

import pytest

from healer.inventory.places import misplaced, place_of, written
from healer.inventory.resolve import load_inventory

SERVICES = "---\nservices:\n  - unit: nginx\n    probes:\n      - http: http://127.0.0.1/\n      - {tcp: 80,\n         htp: x}\n"


def place(root: Path, *path: str | int, host: str = "web1", source: str = "inv.ini") -> tuple[str, int, int]:
    """Return where it stands: the file's name below the root, line, column."""
    found = place_of(load_inventory([str(root / source)]), host, path)
    return found.file.removeprefix(f"{root}/"), found.line, found.column


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with an inventory of two web hosts."""
    (tmp_path / "inv.ini").write_text("[web]\nweb1 rack=a\nweb2 rack=b window='Sun 02:00-03:00'\n\n[web:vars]\nsize=3\n")
    for folder in ("group_vars", "host_vars"):
        (tmp_path / folder).mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("services",), 2, 1),
        (("services", 0), 3, 5),
        (("services", 0, "probes", 0, "http"), 5, 9),
        (("services", 0, "probes", 1, "htp"), 7, 10),
        (("services", 0, "probes", 9, "htp"), 4, 5),
        (("services", 0, "nothing", 1), 3, 5),
        (("services", 0, "unit", "deeper"), 3, 5),
    ],
)
def test_a_part_of_a_value_has_a_place_of_its_own(root: Path, path: tuple[str | int, ...], line: int, column: int) -> None:
    """What is not found has the place of what it stands in."""
    (root / "group_vars/web.yml").write_text(SERVICES)
    assert ("group_vars/web.yml", line, column) == place(root, *path)


def test_the_file_that_wins_is_named(root: Path) -> None:
    """Of several files that set the variable it is the one whose value the host has."""
    (root / "group_vars/all.yml").write_text("size: 1\n")
    (root / "group_vars/web").mkdir()
    (root / "group_vars/web/b.yml").write_text("\nsize: 2\n")
    (root / "host_vars/web2.json").write_text(json.dumps({"other": 1, "size": 5}))
    assert ("group_vars/web/b.yml", 2, 1) == place(root, "size")
    assert ("host_vars/web2.json", 1, 14) == place(root, "size", host="web2")


def test_lines_of_an_ini_inventory_are_found(root: Path) -> None:
    """A variable of the host itself, and one of its group."""
    assert ("inv.ini", 3, 0) == place(root, "window", host="web2")
    assert ("inv.ini", 6, 0) == place(root, "size")


def test_a_variable_deep_in_a_yaml_inventory_is_found(root: Path) -> None:
    """Of two of the same name it is the one with the host's value."""
    (root / "inv.yml").write_text("web:\n  vars:\n    size: 1\n  hosts:\n    web1:\n      size: 2\n    web3: {}\n")
    assert ("inv.yml", 6, 7) == place(root, "size", source="inv.yml")
    assert ("inv.yml", 3, 5) == place(root, "size", source="inv.yml", host="web3")


def test_what_stands_nowhere_has_no_place(root: Path) -> None:
    """An unknown host, a variable that it does not have, an empty path, and a list of hosts for an inventory."""
    nowhere = ("", 0, 0)
    assert [nowhere] * 3 == [place(root, "size", host="nobody"), place(root, "colour"), place(root)]
    inventory = load_inventory(["web1,"])
    assert "" == place_of(inventory, "web1", ("size",)).file


def test_files_that_cannot_be_read_any_more_are_passed_over(root: Path) -> None:
    """Somebody may have changed them since: the mistake is told all the same, without a place."""
    (root / "group_vars/web.yml").write_text("colour: red\n")
    inventory = load_inventory([str(root / "inv.ini")])
    for content in (b"\xff\xfe\x00", b"colour: [", b"- red\n", b"colour: blue\n"):
        (root / "group_vars/web.yml").write_bytes(content)
        assert 0 == place_of(inventory, "web1", ("colour",)).line
    (root / "group_vars/web.yml").unlink()
    (root / "inv.ini").unlink()
    assert "" == place_of(inventory, "web1", ("colour",)).file


def test_a_folder_of_inventories_is_searched(root: Path) -> None:
    """Every file of the folder is looked into."""
    folder = root / "all"
    folder.mkdir()
    (folder / "one.ini").write_text("web1\n")
    (folder / "two.ini").write_text("# here\nweb1 size=4\n")
    assert ("all/two.ini", 2, 0) == place(root, "size", source="all")


def test_a_complaint_has_host_path_and_place(root: Path) -> None:
    """It reads like every other mistake in a file."""
    (root / "group_vars/web.yml").write_text(SERVICES)
    error = misplaced(load_inventory([str(root / "inv.ini")]), "web1", ("services", 0, "probes", 1, "htp"), "is no word here.")
    assert f"{root}/group_vars/web.yml:7:10: host web1: services[0].probes[1].htp: is no word here." == str(error)
    assert "services[0].probes[1].htp" == written(("services", 0, "probes", 1, "htp"))
