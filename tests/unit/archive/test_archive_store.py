"""Archives on the control node: private, whole or not there at all, and never more of them than is allowed."""

import subprocess
import sys
from pathlib import Path

import pytest

from healer.archive.store import ArchiveStore, StoredPart
from healer.model.errors import ArchiveError


def begun(store: ArchiveStore, name: str, most: int, host: str = "web1") -> StoredPart:
    """Return a part for which there is room."""
    part = store.begin(host, name, most)
    assert part is not None
    return part


def names(root: Path) -> list[str]:
    """Return the files of all hosts, hidden ones too."""
    return sorted(path.name for path in root.glob("*/*"))


def test_what_is_kept_is_whole_private_and_under_its_name(tmp_path: Path) -> None:
    """A kept archive has exactly the bytes that were written, mode 0600 in a folder of mode 0700."""
    part = begun(ArchiveStore(tmp_path / "archive"), "app.log", 1000)
    part.write(b"one ")
    part.write(b"two")
    kept = Path(part.keep(".gz"))
    assert (tmp_path / "archive/web1/app.log.gz", b"one two") == (kept, kept.read_bytes())
    assert (0o600, 0o700, 0o700) == tuple(path.stat().st_mode & 0o777 for path in (kept, kept.parent, kept.parent.parent))


def test_what_is_dropped_leaves_nothing(tmp_path: Path) -> None:
    """A part that is given up leaves no file, and its room is free again."""
    store = ArchiveStore(tmp_path, cap=100)
    part = begun(store, "a", 100)
    part.write(b"x")
    part.drop()
    assert [] == names(tmp_path)
    begun(store, "b", 100).drop()


def test_a_kept_one_cannot_be_dropped(tmp_path: Path) -> None:
    """Dropping after keeping does nothing."""
    part = begun(ArchiveStore(tmp_path), "a", 10)
    kept = part.keep("")
    part.drop()
    assert Path(kept).exists()


def test_over_the_cap_is_refused_beforehand_with_the_numbers(tmp_path: Path) -> None:
    """What does not fit beside what is kept is refused before a byte is taken, and the message has the numbers."""
    store = ArchiveStore(tmp_path, cap=100)
    part = begun(store, "a", 60)
    part.write(b"x" * 60)
    part.keep("")
    with pytest.raises(ArchiveError, match="holds 60 bytes of archives; 50 more would be over the cap of 100"):
        store.begin("web2", "b", 50)
    assert ["a"] == names(tmp_path)


def test_over_the_share_of_the_disk_is_refused_beforehand(tmp_path: Path) -> None:
    """Archives never fill the control node's own disk: over the share of it they are refused."""
    with pytest.raises(ArchiveError, match=r"more would be over 0% of it"):
        ArchiveStore(tmp_path, share=0.0).begin("web1", "a", 1)


def test_two_hosts_cannot_overrun_the_cap_together(tmp_path: Path) -> None:
    """Room that another archive has reserved is not given twice: the second one waits, and gets it when the first is small."""
    store = ArchiveStore(tmp_path, cap=100)
    first = begun(store, "a", 60)
    assert store.begin("web2", "b", 60) is None
    first.write(b"small")
    first.keep("")
    begun(store, "b", 60, host="web2").drop()


def test_another_process_counts_too(tmp_path: Path) -> None:
    """Two processes on one folder see what the other has reserved."""
    script = (
        "import sys, pathlib; from healer.archive.store import ArchiveStore\n"
        "part = ArchiveStore(pathlib.Path(sys.argv[1]), cap=100).begin('web2', 'b', 60); print(part, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert ArchiveStore(tmp_path, cap=100).begin("web1", "a", 60) is None


def test_what_a_dead_process_left_is_thrown_away(tmp_path: Path) -> None:
    """A part whose writer was killed counts no more and is removed."""
    script = (
        "import os, sys, pathlib; from healer.archive.store import ArchiveStore\n"
        "ArchiveStore(pathlib.Path(sys.argv[1]), cap=100).begin('web2', 'b', 60).write(b'half'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert [".b.part"] == names(tmp_path)
    begun(ArchiveStore(tmp_path, cap=100), "a", 60).drop()
    assert [] == names(tmp_path)


def test_more_than_was_reserved_is_written_only_within_the_cap(tmp_path: Path) -> None:
    """A part that grows beyond its reservation widens it, or is refused where the cap is reached."""
    part = begun(ArchiveStore(tmp_path, cap=100), "a", 10)
    with pytest.raises(ArchiveError, match="over the cap of 100"):
        part.write(b"x" * 101)
    wide = begun(ArchiveStore(tmp_path / "other"), "a", 10)
    wide.write(b"x" * 101)
    assert 101 == Path(wide.keep("")).stat().st_size
    part.drop()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file in the folder's place is a clear error with its name."""
    (tmp_path / "archive").write_text("no folder")
    with pytest.raises(ArchiveError, match=r"archive.* cannot be written: "):
        ArchiveStore(tmp_path / "archive").begin("web1", "a", 1)


def test_a_host_name_leads_nowhere_else(tmp_path: Path) -> None:
    """A name of dots and slashes is one folder below the root."""
    part = begun(ArchiveStore(tmp_path / "archive"), "a", 1, host="../../etc")
    assert [tmp_path / "archive"] == [Path(part.keep("")).parent.parent]
    assert ["archive"] == [path.name for path in tmp_path.iterdir()]
