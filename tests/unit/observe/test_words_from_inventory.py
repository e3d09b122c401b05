"""From the inventory to the script: a host's variables are the words of its facts, in every look of a run."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from healer.inventory.resolve import load_inventory
from healer.model.host import Value
from healer.model.logs import LogFiles
from healer.settings import Settings
from healer.wiring import Access


def searched(tmp_path: Path, extra: Mapping[str, Value]) -> Mapping[str, list[str]]:
    """Return which folders are searched on two hosts, one machine, each with a variable that names its own folder."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / f"{name}.log").touch()
    inventory = tmp_path / "inventory.ini"
    inventory.write_text("".join(f"{name} connection=local logs_paths=\"['{tmp_path}/{name}']\"\n" for name in ("one", "two")))
    loaded = load_inventory((str(inventory),))
    access = Access(Settings(), loaded, extra=extra)
    found = {}
    for name in ("one", "two"):
        remote = access.connect(loaded.hosts[name])
        got = access.look(remote, ("log_files",)).get("log_files")
        remote.close()
        assert isinstance(got, LogFiles), got
        found[name] = [root.removeprefix(f"{tmp_path}/") for root in got.roots if root.startswith(str(tmp_path))]
    return found


@pytest.mark.parametrize(
    ("named", "folders"),
    [(None, {"one": ["one"], "two": ["two"]}), (["two"], {"one": ["two"], "two": ["two"]}), ([], {"one": [], "two": []})],
)
def test_a_look_takes_its_words_from_the_host(tmp_path: Path, named: list[str] | None, folders: Mapping[str, list[str]]) -> None:
    """Each host is searched in the folders that its own variables name; what the command line names for the run wins."""
    extra: dict[str, Value] = {} if named is None else {"logs_paths": [f"{tmp_path}/{name}" for name in named]}
    assert folders == searched(tmp_path, extra)
