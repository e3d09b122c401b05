"""Placing a file: the shipped script, run here."""

import os
import subprocess
from pathlib import Path

import pytest

from healer.model.action import PutFile
from healer.rollout.putting import put_spec

NOBODY = 65534


def put(path: Path, content: str, *, shell: str = "sh", **options: object) -> subprocess.CompletedProcess[bytes]:
    """Place the file as the gate would."""
    me = {"owner": str(os.geteuid()), "group": str(os.getegid()), "mode": "0644", **options}
    spec = put_spec(PutFile(str(path), content, **me), "act")  # type: ignore[arg-type]  # a test names the fields
    return subprocess.run([*shell.split(), *spec.argv[1:]], input=spec.stdin, capture_output=True, check=False)


def names(folder: Path) -> list[str]:
    """Return what lies in the folder."""
    return [path.name for path in folder.iterdir()]


def test_a_file_is_placed_whole_with_its_mode(tmp_path: Path) -> None:
    """A new file has the content and the mode that were asked for, and nothing else is left in its folder."""
    done = put(tmp_path / "file", "new\n", mode="0640")
    assert (100, "new\n", 0o640) == (done.returncode, (tmp_path / "file").read_text(), (tmp_path / "file").stat().st_mode & 0o777)
    assert ["file"] == names(tmp_path)


def test_a_file_that_is_as_wanted_is_left_alone(tmp_path: Path) -> None:
    """The second time nothing is changed, and the exit status says so."""
    put(tmp_path / "file", "new\n")
    before = (tmp_path / "file").stat().st_ino
    assert (0, before) == (put(tmp_path / "file", "new\n").returncode, (tmp_path / "file").stat().st_ino)


def test_content_that_is_not_accepted_is_not_placed(tmp_path: Path) -> None:
    """The check gets the new file by name; where it says no the old file stands."""
    (tmp_path / "file").write_text("old\n")
    done = put(tmp_path / "file", "bad\n", validate=("grep", "-q", "good", "%s"))
    assert (1, "old\n", ["file"]) == (done.returncode, (tmp_path / "file").read_text(), names(tmp_path))


@pytest.mark.parametrize("shell", ["dash", "busybox sh"])
def test_nobody_takes_the_new_file_for_one_more(tmp_path: Path, shell: str) -> None:
    """While it is checked the new file lies beside the old one, for its includes, under a name that logrotate leaves out, and is private."""
    (tmp_path / "file").write_text("old\n")
    seen = tmp_path / "seen"
    validate = ("sh", "-c", 'stat -c "%n %a" "${1%/*}"/.[!.]* >"$2"; cat "$1" >>"$2"', "check", "%s", str(seen))
    done = put(tmp_path / "file", "new\n", shell=shell, mode="0600", validate=validate)
    named, content = seen.read_text().splitlines()
    assert (100, "new", str(tmp_path)) == (done.returncode, content, str(Path(named).parent))
    assert named.endswith("~ 600")
    assert ["file", "seen"] == sorted(names(tmp_path))


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    """A dangling link is refused instead of making a file at a place that nobody named."""
    (tmp_path / "link").symlink_to(tmp_path / "target")
    assert (1, False) == (put(tmp_path / "link", "new\n").returncode, (tmp_path / "target").exists())


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    """A link that somebody other than root made does not lead healer to another file."""
    (tmp_path / "target").write_text("old\n")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    if os.geteuid() == 0:
        os.lchown(tmp_path / "link", NOBODY, NOBODY)
    done = put(tmp_path / "link", "new\n")
    assert (1, "old\n") == (done.returncode, (tmp_path / "target").read_text())
    assert b"is a link that belongs to user" in done.stderr


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_never_replaced(tmp_path: Path, kind: str) -> None:
    """A folder or a pipe in the file's place is refused."""
    (tmp_path / "it").mkdir() if kind == "folder" else os.mkfifo(tmp_path / "it")
    assert (1, True) == (put(tmp_path / "it", "new\n").returncode, (tmp_path / "it").exists())
