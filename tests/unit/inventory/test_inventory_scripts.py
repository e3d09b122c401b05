"""Dynamic inventories are real programs: they hang, they belong to strangers, they leave children behind."""

import os
import time
from pathlib import Path

import pytest
from inventory_cases import script

from healer.inventory.readers import script as reader
from healer.inventory.resolve import load_inventory
from healer.model.errors import InventoryError


def written(path: Path, text: str, mode: int = 0o755) -> str:
    """Write a script and return its path."""
    path.write_text(text)
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
def test_a_script_that_others_may_write_is_not_run(mode: int, tmp_path: Path) -> None:
    """Whoever may write the script could make it do anything as us."""
    source = written(tmp_path / "inv", f"#!/bin/sh\ntouch {tmp_path}/ran\n", mode)
    with pytest.raises(InventoryError, match="others may write"):
        load_inventory([source])
    assert not (tmp_path / "ran").exists()


def test_a_script_of_a_stranger_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script must belong to root or to the caller."""
    source = written(tmp_path / "inv", f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    if os.geteuid() == 0:
        os.chown(source, 4243, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    with pytest.raises(InventoryError, match="neither root nor you"):
        load_inventory([source])
    assert not (tmp_path / "ran").exists()


def test_a_script_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time limit the script and its children are killed and the inventory is refused."""
    monkeypatch.setattr(reader, "TIMEOUT", 0.5)
    source = written(tmp_path / "inv", f"#!/bin/sh\nsleep 1000 & echo $! > {tmp_path}/pid\nwait\n")
    with pytest.raises(InventoryError, match="did not end within"):
        load_inventory([source])
    child = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or " Z " in Path(f"/proc/{child}/stat").read_text():
            return
        time.sleep(0.05)
    pytest.fail("the script's child lives on")


def test_a_child_that_keeps_the_output_open_does_not_hold_us(tmp_path: Path) -> None:
    """A script that leaves a daemon behind has ended all the same."""
    source = written(tmp_path / "inv", '#!/bin/sh\nsleep 3 &\necho \'{"web": ["a"]}\' | grep -v \'^x\'\n[ "$1" = --list ] || echo\n')
    assert "a" in load_inventory([source]).hosts


def test_a_script_gets_no_input(tmp_path: Path) -> None:
    """A script that asks for something reads the end of file and does not wait."""
    source = written(tmp_path / "inv", '#!/bin/sh\nread answer\nprintf \'{"web": ["a%s"], "_meta": {"hostvars": {}}}\' "$answer"\n')
    assert list(load_inventory([source]).hosts) == ["a"]


def test_complaints_of_a_script_that_works_are_no_failure(tmp_path: Path) -> None:
    """What a successful script says on stderr is its own affair."""
    source = written(
        tmp_path / "inv", script('{"web": ["a"], "_meta": {"hostvars": {}}}').replace("#!/bin/sh\n", "#!/bin/sh\necho hm >&2\n")
    )
    assert list(load_inventory([source]).hosts) == ["a"]


def test_a_script_that_prints_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The output is bounded as files are."""
    monkeypatch.setattr(reader, "LARGEST", 1024 * 1024)
    source = written(tmp_path / "inv", "#!/bin/sh\nhead -c 2000000 /dev/zero | tr '\\0' ' '\n")
    with pytest.raises(InventoryError, match="printed more than 1 MiB"):
        load_inventory([source])


def test_a_script_written_in_python_works(tmp_path: Path) -> None:
    """Any executable will do."""
    text = "#!/usr/bin/env python3\nimport json\nprint(json.dumps({'web': {'hosts': ['p1', 'p2'], 'vars': {'n': 1}}, '_meta': {'hostvars': {'p1': {'x': [1]}}}}))\n"
    inventory = load_inventory([written(tmp_path / "inv.py", text)])
    assert dict(inventory.hosts["p1"].variables) == {"n": 1, "x": [1]}
