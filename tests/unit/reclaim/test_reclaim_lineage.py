"""Cases of restoring, one by one: what is a piece, in which order, and what is told to be missing."""

import pytest
from log_model import HOST, PATH, File, Log

from healer.model.action import Free
from healer.model.facts import Verdict
from healer.model.files import Span
from healer.reclaim.history import moves
from healer.reclaim.lineage import Discarded, Kept, Rest, whole
from healer.reclaim.strands import is_rotation, lineage


def written(lines: int = 8) -> Log:
    """Return a log with so many lines, of which nothing was taken."""
    log = Log()
    log.write(lines)
    return log


def span(length: int, start: int = 0, *, path: str = PATH, inode: int = 1) -> Span:
    """Return a span of the log's first file."""
    return Span(path, 7, inode, start, length)


@pytest.mark.parametrize("told", [Verdict.BAD, None])
def test_what_was_not_given_back_is_no_piece(told: Verdict | None) -> None:
    """Archives of bytes that are still in the log are left out, however many there are of the same bytes."""
    log = written()
    for length in (8, 16):
        log.archive(span(length))
        log.free(span(length), "collapse", done=False, told=told)
    found = log.lineage()
    assert ([Rest], bytes(log.written)) == ([type(piece) for piece in found.pieces], log.restored(found))


def test_without_the_host_all_archives_count_once() -> None:
    """What was archived and not given back is a piece where nobody looks at the host; of two that overlap the second begins behind."""
    log = written()
    for length in (8, 16):
        log.archive(span(length))
    found = log.lineage(asked=False)
    assert log.restored(found) == bytes(log.written[:16])
    assert ("what is still on the host",) == found.missing


def test_a_file_that_others_deleted_gives_what_is_archived_and_is_missed() -> None:
    """The archives count, and the sentence says that more is gone."""
    log = written()
    log.archive(span(16))
    log.rename(f"{PATH}.1")
    del log.files[f"{PATH}.1"]
    found = log.lineage()
    assert bytes(log.written[:16]) == log.restored(found)
    assert (f"all that was in {PATH} (inode 1) when others took it away",) == found.missing


def test_a_gap_between_archives_is_named() -> None:
    """Bytes that no archive has are told by their place."""
    log = written()
    log.archive(span(8))
    log.archive(span(8, start=12))
    del log.files[PATH]
    assert f"bytes 8 to 12 of {PATH} (inode 1)" in log.lineage().missing


def test_what_healer_deleted_is_not_missed() -> None:
    """A file that was archived whole and deleted is complete without the host."""
    log = written()
    log.rename(f"{PATH}.healer-20260107T120010Z")
    length = len(log.written)
    log.archive(span(length, path=f"{PATH}.healer-20260107T120010Z"))
    log.free(span(length, path=f"{PATH}.healer-20260107T120010Z"), "delete", done=True, told=Verdict.GOOD)
    log.write(2)
    found = log.lineage()
    assert (bytes(log.written), ()) == (log.restored(found), found.missing)


def test_what_was_set_aside_stands_before_the_log() -> None:
    """A file that was renamed by healer and never archived yet comes before those that followed it, though they were archived before."""
    log = written()
    log.set_aside()
    log.write(4)
    log.archive(span(8, inode=2))
    log.free(span(8, inode=2), "collapse", done=True, told=Verdict.GOOD)
    assert bytes(log.written) == log.restored(log.lineage())


def test_discarded_bytes_are_told() -> None:
    """Where something was given back without an archive, or was lost by a lossy method, the piece says how many bytes and when."""
    log = written()
    log.free(span(8), "collapse", done=True, told=Verdict.GOOD)
    kinds = [(type(piece), getattr(piece, "length", 0)) for piece in log.lineage().pieces]
    assert [(Discarded, 8), (Rest, 0)] == kinds


def test_the_loss_of_a_lossy_method_is_told() -> None:
    """What a cut took beyond the archive stands behind it."""
    log = written()
    log.archive(span(16))
    log.end(log.intend(Free(span(16), "truncate")), Verdict.GOOD, {"lost": 5})
    log.files[PATH].content.clear()
    first, second = log.lineage().pieces
    assert (True, True) == (isinstance(first, Kept), isinstance(second, Discarded) and second.length == 5)


def test_a_rotated_log_that_was_met_only_as_such_stands_apart() -> None:
    """What was archived under a rotated name alone is not guessed into the log; its path is told."""
    log = written()
    log.archive(span(8))
    log.rotate()
    log.write(2)
    log.rotate()
    log.archive(span(4, path=f"{PATH}.1", inode=2))
    log.free(span(4, path=f"{PATH}.1", inode=2), "delete", done=True, told=Verdict.GOOD)
    assert (f"{PATH}.1",) == log.lineage().apart


def test_an_inode_that_another_log_has_now_is_not_ours() -> None:
    """Once another path has the inode, what is done to it is no part of this log."""
    log = written()
    log.archive(span(8))
    log.free(span(8), "punch", done=True, told=Verdict.GOOD)
    del log.files[PATH]
    log.files["/var/log/other.log"] = File(1, 0.0, bytearray(b"another " * 4))
    log.archive(span(8, path="/var/log/other.log"))
    found = lineage(moves(HOST, log.events), PATH, log.live())
    assert [1] == [len(strand.moves) for strand in found.strands]


def test_acts_on_other_hosts_are_none_of_this_one() -> None:
    """A delegated act belongs to the host that it was done on."""
    log = written()
    log.archive(span(8))
    assert () == moves("web2", log.events)
    assert (8,) == tuple(move.length for move in moves(HOST, log.events))


def test_the_same_act_counts_once() -> None:
    """An act that was intended again after a crash is one move, with the end that was written last."""
    log = written()
    log.archive(span(8))
    log.free(span(8), "collapse", done=True, told=None)
    log.note(log.events[-1].event)
    log.end("act-2", Verdict.GOOD, {})
    assert [("collapse", Verdict.GOOD)] == [(move.method, move.freed) for move in moves(HOST, log.events)]


def test_nothing_at_all_gives_nothing() -> None:
    """A log that was never met has no pieces but itself."""
    log = written(2)
    found = whole(lineage((), PATH), log.live(), log.digest)
    assert bytes(log.written) == log.restored(found)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (PATH, True),
        (f"{PATH}.1", True),
        (f"{PATH}.2.gz", True),
        (f"{PATH}-20260107.gz", True),
        (f"{PATH}.healer-20260107T120000Z", True),
        ("/var/log/old/app.log.1", True),
        ("/var/log/app.log.bak", False),
        ("/var/log/other.log", False),
        ("/var/log/app.logger", False),
    ],
)
def test_the_names_of_rotations(path: str, expected: bool) -> None:
    """The names that rotations give a log are told from those of other logs."""
    assert expected == is_rotation(path, PATH)
