"""What the source of systemd's journal offers, and that journalctl removes exactly what was archived before."""

import os
import struct
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from reclaim_cases import ALL, GB, MB, NOW, ROOT, disk, policy, situation, spans

from healer.discovery import plugins
from healer.model.action import Action, Archive, Run, Verb
from healer.model.events import ActEnded, ActIntended, Stamped
from healer.model.facts import Unknown, Verdict
from healer.model.logs import JournalFile, JournalUse, Toolbox
from healer.reclaim.history import moves
from healer.reclaim.lineage import Kept, whole
from healer.reclaim.reopen import shipped
from healer.reclaim.sources.contract import Candidate, Source
from healer.reclaim.strands import lineage
from healer.reclaim.vacuum import removal_order, vacuumed

JOURNAL = plugins("healer.reclaim.sources", Source)["journal"]
FOLDER = f"/var/log/journal/{ROOT.machine_id}"
HOUR = 3600.0


def file(name: str, head: float, size: int = 100 * MB, **changes: Any) -> JournalFile:
    """Return a file that begins so many hours ago; with @ in its name it is archived."""
    began = NOW - head * HOUR
    values: dict[str, Any] = {"device": 5, "inode": int(head * 1000) + 1, "modified": began + 1800.0, "archived": "@" in name}
    folder = changes.pop("folder", FOLDER)
    return JournalFile(f"{folder}/{name}", size=size, allocated=size, head=began, **{**values, **changes})


def offered(*files: JournalFile, mount: str = "/var/log", **seen: Any) -> list[Candidate]:
    """Return what the source offers."""
    return list(JOURNAL.candidates(situation(**{"journal_use": JournalUse(mount, files), **seen})))


def bounds(candidate: Candidate) -> list[str]:
    """Return the words after the script: folder, bound and files."""
    return [word for action in candidate.actions if isinstance(action.verb, Run) for word in action.verb.argv[4:]]


def test_archived_files_are_kept_and_then_removed_by_journalctl() -> None:
    """Oldest first, each is archived whole and removed up to the second after which it begins; what is written to stays."""
    found = offered(file("system.journal", 1), file("system@b.journal", 5), file("system@a.journal", 9))
    assert [f"{FOLDER}/system@a.journal", f"{FOLDER}/system@b.journal"] == [one.path for one in found[:2]]
    assert [["archive", "run"]] * 2 == [[action.verb.verb for action in one.actions] for one in found[:2]]
    assert [(0, 100 * MB)] == [(span.start, span.length) for span in spans(found[0], Archive)]
    assert [FOLDER, str(int(NOW - 9 * HOUR) + 1), f"5:9001:{100 * MB}:system@a.journal"] == bounds(found[0])
    assert (100 * MB, 1, "/var/log") == (found[0].gain, found[0].inodes, found[0].mount)
    assert not any(action.disruptive for one in found for action in one.actions)


def test_files_that_no_bound_can_tell_apart_go_together() -> None:
    """Two that begin within the margin are one candidate, whose bound lies behind the later one."""
    (found, _) = offered(file("system@a.journal", 9), file("user-1@b.journal", 9 - 0.001), file("system.journal", 1))
    assert (2, 200 * MB) == (found.inodes, found.gain)
    assert 2 == len(spans(found, Archive))
    assert str(int(NOW - 8.999 * HOUR) + 1) == bounds(found)[1]


def numbered(kind: str, number: int, head: float, sequence: str = "a") -> JournalFile:
    """Return an archived file with its place in the sequence of all entries."""
    return file(f"{kind}@{sequence * 32}-{number:016x}-{0:016x}.journal", head)


def test_files_that_journalctl_goes_through_in_another_order_go_together() -> None:
    """It goes by number and stops at the first that is too young: an older file with a later number waits for those before it."""
    first, late, middle, last = numbered("system", 1, 9), numbered("user-1", 90, 8), numbered("system", 50, 7), numbered("system", 95, 3)
    assert [[first.path], [late.path, middle.path], [last.path]] == [
        [span.path for span in spans(one, Archive)] for one in offered(last, middle, late, first)
    ]


def test_files_of_two_sequences_go_by_time() -> None:
    """Numbers of another installation, and files without one, say nothing about the order."""
    files = (numbered("system", 9, 9), numbered("system", 1, 8, "b"), file("system@x.journal~", 7), file("user@x.journal~", 7))
    assert list(files) == removal_order(reversed(files))


def test_what_is_no_older_than_an_open_file_needs_a_rotation_first() -> None:
    """Journald may close a user's old file at any moment: what is younger than that one goes with the next task, when it is closed."""
    found = offered(file("system@a.journal", 9), file("user-1.journal", 7), file("system@b.journal", 5))
    assert [False, True] == [one.later for one in found]
    assert ("journalctl", "--rotate") == next(action.verb.argv for action in found[1].actions if isinstance(action.verb, Run))
    assert 200 * MB - 8 * 1024**2 == found[1].gain


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        ({"rules": policy(keep="30d")}, "the policy keeps 30 days"),
        ({"rules": policy(forbidden=["/var/log/journal"])}, "the policy forbids /var/log/journal"),
        ({"toolbox": Toolbox("", (), ())}, "neither perl nor python"),
    ],
)
def test_a_file_that_must_stay_keeps_all_later_ones(seen: dict[str, Any], why: str) -> None:
    """What the policy keeps stays, and so does all that is younger: journalctl would take the older one along."""
    found = offered(file("system@a.journal", 9), file("system@b.journal", 5), **seen)
    assert [True, True] == [why in one.refused and not one.actions for one in found]


def test_a_file_of_unknown_age_keeps_all_others() -> None:
    """Where a file's begin is not known no bound in time is safe."""
    found = offered(file("system@a.journal", 9), file("system@b.journal", NOW / HOUR))
    assert ["when it begins is not known, so that no bound in time is safe"] * 2 == [one.refused for one in found]


def test_without_an_archive_the_plan_says_so() -> None:
    """With the archive off only journalctl acts, and the words say that nothing is kept."""
    (found,) = offered(file("system@a.journal", 9), rules=policy(archive=False), toolbox=Toolbox("", (), ()))
    assert ["run"] == [action.verb.verb for action in found.actions]
    assert found.how.endswith("not kept: the policy's archive is off")


def test_foreign_journals_stay() -> None:
    """Journals of namespaces and other machines are named, and left."""
    (found,) = offered(
        file("system@a.journal", 9, folder="/var/log/journal/remote"), file("system@b.journal", 8, folder="/run/log/journal/x")
    )
    assert ("/var/log/journal/remote", 100 * MB, True) == (found.path, found.gain, "not this machine's own journal" in found.refused)


@pytest.mark.parametrize(("available", "size", "told"), [(GB, 100 * MB, "later"), (MB, 100 * MB, "refused"), (GB, 20 * MB, "")])
def test_a_rotation_needs_room_and_must_be_worth_it(available: int, size: int, told: str) -> None:
    """Journald begins new files: without room for them, or for little, nothing is closed."""
    found = offered(file("system.journal", 5, size=size), disks=(disk(available=available),))
    assert ([told] if told else []) == ["later" if one.later else "refused" for one in found]


@pytest.mark.parametrize("use", [Unknown("cut"), JournalUse("", ())])
def test_an_unknown_journal_offers_nothing(use: object) -> None:
    """Where nothing is known of it, or it lies on no disk, there is no candidate."""
    assert [] == list(JOURNAL.candidates(situation(journal_use=use, toolbox=ALL)))


def written(folder: Path, name: str, head: float) -> str:
    """Write a journal file with one entry of that time, and return its word for the script."""
    header = bytearray(65536)
    header[:8] = b"LPKSHHRH"
    struct.pack_into("<Q", header, 88, 272)
    struct.pack_into("<Q", header, 152, 5)
    struct.pack_into("<Q", header, 184, int(head * 1e6))
    (folder / name).write_bytes(bytes(header))
    return f"{(folder / name).stat().st_dev}:{(folder / name).stat().st_ino}:65536:{name}"


def archived(folder: Path, ago: float, number: int) -> str:
    """Write an archived file whose name says that it begins so many seconds ago."""
    head = time.time() - ago
    return written(folder, f"system@{'a' * 32}-{number:016x}-{int(head * 1e6):016x}.journal", head)


def vacuum(folder: Path, ago: float, *files: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run the script with a bound one second after that moment."""
    argv = ["sh", "-c", shipped("journal_vacuum.sh"), "journal", str(folder), str(int(time.time() - ago) + 1), *files]
    return subprocess.run(argv, capture_output=True, text=True, check=False, env={"PATH": f"{path}{os.environ['PATH']}"})


def names(folder: Path) -> list[str]:
    """Return which files are left, by their number in the name."""
    return sorted(path.name.split("-")[1][-1] if "@" in path.name else "active" for path in folder.iterdir())


def test_journalctl_removes_what_is_named_and_nothing_else(tmp_path: Path) -> None:
    """The real journalctl leaves all that begins later than the bound, and what is written to."""
    first, second, _third = archived(tmp_path, 9000, 1), archived(tmp_path, 6000, 2), archived(tmp_path, 3000, 3)
    written(tmp_path, "system.journal", time.time() - 100)
    done = vacuum(tmp_path, 6000, first, second)
    assert (0, "healer: freed 131072 0\n") == (done.returncode, done.stdout), done.stderr
    assert ["3", "active"] == names(tmp_path)


@pytest.mark.parametrize("which", ["not_named", "just_archived", "still_open", "empty_clock"])
def test_nothing_is_removed_where_another_file_would_go_too(tmp_path: Path, which: str) -> None:
    """A file that is as old and was not archived, or may become one at any moment, ends it before anything is done."""
    first = archived(tmp_path, 6000, 1)
    if which == "not_named":
        archived(tmp_path, 9000, 2)
    elif which == "just_archived":
        archived(tmp_path, 5990, 2)
    elif which == "still_open":
        written(tmp_path, "user-1.journal", time.time() - 7000)
    else:
        (tmp_path / "user-1.journal").write_bytes(b"short")
    before = names(tmp_path)
    done = vacuum(tmp_path, 6000, first)
    assert (10, before) == (done.returncode, names(tmp_path))
    assert "would go too, or might: it is as old" in done.stderr


@pytest.mark.parametrize("change", ["grown", "replaced", "gone"])
def test_a_file_that_changed_since_it_was_seen_is_left(tmp_path: Path, change: str) -> None:
    """Another inode or size is another file: it was not what is archived."""
    word = archived(tmp_path, 6000, 1)
    (seen,) = tmp_path.iterdir()
    if change == "grown":
        seen.write_bytes(seen.read_bytes() + b"x")
    else:
        seen.rename(tmp_path / "kept")
    if change == "replaced":
        seen.write_bytes((tmp_path / "kept").read_bytes())
    done = vacuum(tmp_path, 6000, word)
    assert 10 == done.returncode
    assert change == "gone" or seen.exists()


def test_a_folder_that_is_a_link_is_not_entered(tmp_path: Path) -> None:
    """The files that were archived lie in a real folder."""
    (tmp_path / "real").mkdir()
    word = archived(tmp_path / "real", 6000, 1)
    (tmp_path / "link").symlink_to("real")
    assert 10 == vacuum(tmp_path / "link", 6000, word).returncode
    assert ["1"] == names(tmp_path / "real")


def test_a_journalctl_that_leaves_a_file_is_told(tmp_path: Path) -> None:
    """What is still there afterwards was not removed, whatever journalctl says."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "journalctl").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "bin" / "journalctl").chmod(0o755)
    folder = tmp_path / "journal" / "id"
    folder.mkdir(parents=True)
    done = vacuum(folder, 6000, archived(folder, 6000, 1), path=f"{tmp_path}/bin:")
    assert (14, True) == (done.returncode, "is still there" in done.stderr)


def test_a_past_journalctl_is_given_the_folder_above(tmp_path: Path) -> None:
    """An older journalctl passes over the folder that is named; with that one alone in the folder above, that is named."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "journalctl").write_text('#!/bin/sh\ncase $2 in */id) ;; *) rm "${2#*=}"/id/*@*1-*.journal ;; esac\n')
    (tmp_path / "bin" / "journalctl").chmod(0o755)
    folder = tmp_path / "journal" / "id"
    folder.mkdir(parents=True)
    done = vacuum(folder, 6000, archived(folder, 6000, 1), path=f"{tmp_path}/bin:")
    assert (0, []) == (done.returncode, list(folder.iterdir())), done.stderr


def told(act: str, verb: Verb, detail: Mapping[str, object], verdict: Verdict = Verdict.GOOD) -> list[Stamped]:
    """Return an act in the journal, from its intent to its end."""
    ended = ActEnded("web1", "0", 0, act, verdict, changed=True, detail=detail)
    events = (ActIntended("web1", "0", 0, act, Action("", verb)), ended)
    return [Stamped(1, "r", datetime.fromtimestamp(NOW, UTC), event) for event in events]


@pytest.mark.parametrize("verdict", [Verdict.GOOD, Verdict.UNKNOWN])
def test_a_journal_file_comes_back_from_its_archive(verdict: Verdict) -> None:
    """What journalctl removed was given back: with the file gone from the host its archive is the whole of it."""
    (found,) = offered(file("system@a.journal", 9))
    archive, vacuum_ = (action.verb for action in found.actions)
    detail = {"kept": "kept.gz", "where": "control", "sha256": "ab", "length": 100 * MB}
    history = [*told("1", archive, detail), *told("2", vacuum_, {}, verdict)]
    moved = moves("web1", history)
    assert [("delete", verdict, 5, 100 * MB)] == [(one.method, one.freed, one.device, one.length) for one in moved]
    back = whole(lineage(moved, found.path), (), lambda *_span: "")
    assert [("kept.gz", 0)] == [(piece.part.kept, piece.skip) for piece in back.pieces if isinstance(piece, Kept)]
    assert () == (back.missing if verdict is Verdict.GOOD else ())


def test_any_other_command_gives_nothing_back() -> None:
    """Only the script under its own name is taken for journalctl's removal."""
    assert [] == [*vacuumed(Run(("sh", "-c", "true", "x", "/f", "1", "1:2:3:n"))), *vacuumed(Run(("journalctl",))), *vacuumed(None)]
