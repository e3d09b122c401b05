"""Where a host's variable is written: the place that wins by precedence, and within it the very part that is meant."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from healer.inventory.places import place_of
from healer.inventory.resolve import load_inventory

SERVICES = """\
# what is looked after
services:
  - unit: nginx.service
    probes:
      - {http: "http://127.0.0.1/", timeout: 5}
  - unit: db.service
    heals: 0
logs_over: 120
"""
INI = "[web]\nweb1 logs_over=90 # inline\nweb2\n\n[site:children]\nweb\n\n[web:vars]\nlogs_keep = 1d\n\n[all:vars]\nlogs_keep=2d\nonly=3\n"
YAML = """\
all:
  vars: {only: 3}
  children:
    site:
      children:
        web:
          hosts:
            web[1:2]:
              logs_over: 90
            web2: {logs_over: 91}
          vars:
            logs_keep: 1d
"""


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """Write the files, and return the first."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder / next(iter(files))


def place(folder: Path, files: Mapping[str, str], path: tuple[str | int, ...], host: str = "web1") -> str:
    """Return the place relative to the folder, empty for none."""
    inventory = load_inventory([str(written(folder, files))])
    return str(place_of(inventory, host, path) or "").removeprefix(f"{folder}/")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("logs_over",), "8:1"),
        (("services",), "2:1"),
        (("services", 0, "probes", 0, "timeout"), "5:37"),
        (("services", 1, "heals"), "7:5"),
        (("services", 1), "6:5"),
        (("services", 1, "int", "heals"), "7:5"),
        (("services", 9, "heals"), "2:1"),
        (("services", 0, "missing"), "3:5"),
    ],
)
def test_every_part_has_its_place(tmp_path: Path, path: tuple[str | int, ...], expected: str) -> None:
    """A key is shown where it stands, an item where it begins; what the file does not have is stepped over."""
    files = {"inv.ini": "web1\n", "group_vars/all.yml": SERVICES}
    assert f"group_vars/all.yml:{expected}" == place(tmp_path, files, path)


@pytest.mark.parametrize("inventory", [INI, YAML])
@pytest.mark.parametrize(
    ("files", "host", "expected"),
    [
        ({}, "web2", None),
        ({"group_vars/all.yml": "logs_keep: 3d"}, "web1", "group_vars/all.yml:1:1"),
        ({"group_vars/site.yml": "logs_keep: 4d"}, "web1", "group_vars/site.yml:1:1"),
        ({"group_vars/site.yml": "logs_keep: 4d", "group_vars/web/a.yml": "logs_keep: 5d"}, "web1", "group_vars/web/a.yml:1:1"),
        ({"group_vars/web/a.yml": "logs_keep: 5d", "group_vars/web/b.yml": "x: 1\nlogs_keep: 6d"}, "web1", "group_vars/web/b.yml:2:1"),
        ({"group_vars/web.yml": "logs_keep: 5d", "host_vars/web1": "logs_keep: 7d"}, "web1", "host_vars/web1:1:1"),
        ({"group_vars/web.yml": "logs_keep: 5d", "host_vars/web1": "logs_keep: 7d"}, "web2", "group_vars/web.yml:1:1"),
    ],
)
def test_the_place_that_wins(tmp_path: Path, inventory: str, files: dict[str, str], host: str, expected: str | None) -> None:
    """Of several places the one whose value the host has is shown, in INI and YAML inventories alike."""
    inline = "inv:9" if inventory is INI else "inv:12:13"
    assert (expected or inline) == place(tmp_path, {"inv": inventory, **files}, ("logs_keep",), host)


@pytest.mark.parametrize(
    ("inventory", "path", "host", "expected"),
    [
        (INI, "logs_over", "web1", "inv:2"),
        (INI, "only", "web2", "inv:13"),
        (YAML, "logs_over", "web1", "inv:9:15"),
        (YAML, "logs_over", "web2", "inv:10:20"),
        (YAML, "only", "web2", "inv:2:10"),
    ],
)
def test_variables_in_the_inventory_itself(tmp_path: Path, inventory: str, path: str, host: str, expected: str) -> None:
    """Variables of hosts and of all stand in the inventory; INI has lines and no columns."""
    assert expected == place(tmp_path, {"inv": inventory}, (path,), host)


def test_the_later_source_wins(tmp_path: Path) -> None:
    """Of two inventories that set the same for a host the later one is shown."""
    first = written(tmp_path / "a", {"inv": "web1 logs_over=80\n"})
    second = written(tmp_path / "b", {"inv": "\nweb1 logs_over=90\n"})
    found = place_of(load_inventory([str(first), str(second)]), "web1", ("logs_over",))
    assert f"{second}:2" == str(found)


def test_what_is_in_no_file_has_no_place(tmp_path: Path) -> None:
    """A script's variables, a list of hosts, and a file that was changed since have no place, and a broken file is no new mistake."""
    script = written(
        tmp_path, {"inv.sh": '#!/bin/sh\necho \'{"web": {"hosts": ["web1"], "vars": {"a": 1}}, "_meta": {"hostvars": {}}}\'\n'}
    )
    script.chmod(0o755)
    assert place_of(load_inventory([str(script)]), "web1", ("a",)) is None
    assert place_of(load_inventory(["web1,"]), "web1", ("a",)) is None
    plain = written(tmp_path / "plain", {"inv": "web1\n", "group_vars/all.yml": "a: 1\n"})
    inventory = load_inventory([str(plain)])
    for text in ("a: 2\n", "a: [\n", "a: !!binary x\n", "", "- a\n"):
        (tmp_path / "plain" / "group_vars" / "all.yml").write_text(text)
        assert place_of(inventory, "web1", ("a",)) is None
    (tmp_path / "plain" / "group_vars" / "all.yml").write_bytes(b"\0")
    assert place_of(inventory, "web1", ("a",)) is None
    plain.write_text("[web\nweb1")
    assert place_of(inventory, "web1", ("a",)) is None


def test_json_and_anchors(tmp_path: Path) -> None:
    """JSON files are YAML too; what an alias stands for is shown where it was written."""
    files = {"inv": "web1\n", "group_vars/all.json": '{"a":\n [{"b": 1}]}'}
    assert "group_vars/all.json:2:4" == place(tmp_path / "j", files, ("a", 0, "b"))
    files = {"inv": "web1\n", "group_vars/all.yml": "x: &x\n  b: 1\na: [*x]\n"}
    assert "group_vars/all.yml:2:3" == place(tmp_path / "y", files, ("a", 0, "b"))
