"""Where a playbook is found."""

from pathlib import Path

import pytest

from healer.model.errors import PlaybookError
from healer.playbook.search import bundled, find_playbook


def placed(folder: Path, name: str) -> Path:
    """Put an empty playbook into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("")
    return folder / name


def test_a_name_is_found_in_order(tmp_path: Path) -> None:
    """Beside the inventory comes before the system's folder, and that before the bundled ones."""
    shipped = placed(tmp_path / "shipped", "logs.yml")
    system = placed(tmp_path / "system", "logs.yml")
    beside_folder = placed(tmp_path / "inventory" / "playbooks", "logs.yml")
    beside = placed(tmp_path / "inventory", "logs.yml")
    found = []
    for gone in (beside, beside_folder, system, shipped):
        found.append(find_playbook("logs", inventories=[tmp_path / "inventory" / "hosts"], system=system.parent, shipped=shipped.parent))
        gone.unlink()
    assert [beside, beside_folder, system, shipped] == found


def test_the_current_folder_is_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is never found in the folder that somebody happens to stand in."""
    placed(tmp_path, "logs.yml")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PlaybookError, match="there is no playbook 'logs'"):
        find_playbook("logs", system=tmp_path / "none", shipped=tmp_path / "none")


@pytest.mark.parametrize("word", ["./logs.yml", "logs.yml"])
def test_a_path_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    """What has a slash or a suffix is a path, and a path is what the caller said."""
    placed(tmp_path, "logs.yml")
    monkeypatch.chdir(tmp_path)
    assert Path("logs.yml") == find_playbook(word)


def test_a_wrong_name_gets_the_nearest(tmp_path: Path) -> None:
    """A name that is not there is refused with the one that looks like it."""
    placed(tmp_path, "patch.yml")
    with pytest.raises(PlaybookError, match="Did you mean 'patch'"):
        find_playbook("pacth", system=tmp_path / "none", shipped=tmp_path)


def test_a_name_cannot_climb(tmp_path: Path) -> None:
    """A name is a word: dots do not lead out of the folders."""
    with pytest.raises(PlaybookError, match="is no name of a playbook"):
        find_playbook("..", system=tmp_path, shipped=tmp_path)


def test_a_missing_path_is_told() -> None:
    """A path to nothing is an error with that path."""
    with pytest.raises(PlaybookError, match=r"/nowhere/x\.yml: there is no such playbook"):
        find_playbook("/nowhere/x.yml")


def test_patch_is_bundled() -> None:
    """The playbook of `healer patch` comes with healer."""
    assert (bundled() / "patch.yml").is_file()
