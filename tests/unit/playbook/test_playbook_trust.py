"""Only files that nobody else can have written are obeyed."""

import os
from pathlib import Path

import pytest
from playbook_cases import STEPS

from healer.model.errors import PlaybookError
from healer.playbook.load import load_playbook
from healer.playbook.trust import LARGEST, read_trusted


def written(folder: Path, content: bytes = b"- hosts: web\n") -> Path:
    """Return a playbook that only its owner may write."""
    path = folder / "site.yml"
    path.write_bytes(content)
    path.chmod(0o644)
    return path


def test_a_private_file_is_read(tmp_path: Path) -> None:
    """A file of the caller's own, in a folder of his own, is read."""
    assert tuple(play.hosts for play in load_playbook(written(tmp_path), steps=STEPS).plays) == ("web",)


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_file_that_others_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    """A playbook that its group or the world may write is refused."""
    path = written(tmp_path)
    path.chmod(mode)
    with pytest.raises(PlaybookError, match=r"the playbook can be written by others"):
        read_trusted(path)


def test_a_folder_that_others_may_write_is_refused(tmp_path: Path) -> None:
    """Who may write the folder may put another file in the playbook's place."""
    path = written(tmp_path)
    tmp_path.chmod(0o777)
    with pytest.raises(PlaybookError, match="the folder of the playbook can be written by others"):
        read_trusted(path)


def test_a_link_is_judged_at_both_ends(tmp_path: Path) -> None:
    """A link in a safe folder to a file in an unsafe one is refused."""
    unsafe, safe = tmp_path / "unsafe", tmp_path / "safe"
    unsafe.mkdir()
    safe.mkdir()
    (safe / "link.yml").symlink_to(written(unsafe))
    unsafe.chmod(0o777)
    with pytest.raises(PlaybookError, match="the folder of the playbook can be written by others"):
        read_trusted(safe / "link.yml")


def test_a_stranger_s_file_is_refused(tmp_path: Path) -> None:
    """A file that belongs to neither root nor the caller is refused."""
    path = written(tmp_path)
    os.chown(path, 12345, -1)
    with pytest.raises(PlaybookError, match="belongs to user 12345"):
        read_trusted(path, owner=54321)


def test_a_file_too_large_is_refused(tmp_path: Path) -> None:
    """A file larger than any playbook is refused before it is parsed."""
    with pytest.raises(PlaybookError, match="larger than 4 MiB"):
        read_trusted(written(tmp_path, b"#" * (LARGEST + 1)))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"- hosts: \x00"])
def test_binary_data_is_refused(tmp_path: Path, content: bytes) -> None:
    """What is not text is refused."""
    with pytest.raises(PlaybookError, match="text"):
        load_playbook(written(tmp_path, content), steps=STEPS)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A file that is not there is an error with its path, not a traceback."""
    with pytest.raises(PlaybookError, match=r"nothing\.yml: the playbook cannot be read: No such file"):
        read_trusted(tmp_path / "nothing.yml")


def test_a_folder_is_no_playbook(tmp_path: Path) -> None:
    """A folder in the place of a playbook is refused."""
    with pytest.raises(PlaybookError, match="cannot be read: Is a directory"):
        read_trusted(tmp_path)


def test_a_pipe_is_no_playbook(tmp_path: Path) -> None:
    """A device is no playbook: what it gives cannot be judged."""
    (tmp_path / "link.yml").symlink_to("/dev/null")
    with pytest.raises(PlaybookError, match="not a regular file"):
        read_trusted(tmp_path / "link.yml")
