"""From the inventory to the script: a host's variables are the words of its facts, in every look of a run."""

from pathlib import Path

from healer.inventory.resolve import load_inventory
from healer.model.logs import LogFiles
from healer.settings import Settings
from healer.wiring import Access


def test_a_look_takes_its_words_from_the_host(tmp_path: Path) -> None:
    """Of two hosts that are one machine each is searched in the folders that its own variables name."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / f"{name}.log").touch()
    inventory = tmp_path / "inventory.ini"
    inventory.write_text("".join(f"{name} connection=local logs_paths=\"['{tmp_path}/{name}']\"\n" for name in ("one", "two")))
    loaded = load_inventory((str(inventory),))
    access = Access(Settings(), loaded)
    for name in ("one", "two"):
        remote = access.connect(loaded.hosts[name])
        got = access.look(remote, ("log_files",)).get("log_files")
        remote.close()
        assert isinstance(got, LogFiles), got
        assert [str(tmp_path / name)] == [root for root in got.roots if root.startswith(str(tmp_path))]
