"""Which method fits a log, and which bytes it gives back."""

from dataclasses import replace
from typing import Any

import pytest
from reclaim_cases import ALL, BLOCK, GB, MB, disk, log, opener, policy

from healer.model.files import Handle
from healer.model.logs import LogFile, Toolbox
from healer.reclaim.methods import Ground, Method, choose
from healer.reclaim.reopen import put_away

POKER = opener(append=False, position=5 * MB)
TAIL = opener(pid=9, started=900, command="tail", unit="", access="read", append=False, position=10 * MB + 7)
NOTHING = Toolbox("perl", (), ())
NGINX = (opener(pid=31, started=310, command="nginx"), opener(pid=30, started=300, command="nginx"))


def chosen(file: LogFile, *, kind: str = "ext4", toolbox: Toolbox = ALL, **rules: object) -> Method | str:
    """Return the method for the file on a file system of that kind."""
    return choose(file, Ground(kind, toolbox, policy(**rules)))


def told(file: LogFile, **ground: Any) -> tuple[str, int, int]:
    """Return the method and its span."""
    found = chosen(file, **ground)
    assert isinstance(found, Method), found
    return found.way, found.start, found.length


def test_a_log_that_is_appended_to_is_collapsed() -> None:
    """Whole blocks from the start go, never up to the end of the file: a file of whole blocks keeps its last one."""
    assert ("collapse", 0, 2 * BLOCK) == told(log(size=3 * BLOCK))
    assert ("collapse", 0, 3 * BLOCK) == told(log(size=3 * BLOCK + 1))


@pytest.mark.parametrize("hole", [{"data": 2 * BLOCK}, {"allocated": 6 * BLOCK}])
def test_a_log_that_was_punched_before_is_punched_again(hole: dict[str, int]) -> None:
    """A log with a hole is not collapsed, though its writers append and nobody reads it: bytes of holes cannot be told apart."""
    found = told(log(size=8 * BLOCK, **{"allocated": 6 * BLOCK, **hole}))
    assert ("punch", hole.get("data", 0)) == found[:2]


def test_the_span_is_reached_through_the_oldest_writer() -> None:
    """The descriptor is a writer's, of the process that has run longest; a file that nobody has open has none."""
    found = chosen(log(openers=(opener(pid=8, started=800), opener(pid=99, started=99, fd=5))))
    closed = chosen(log(openers=()))
    assert Handle(99, 99, 5) == found.handle if isinstance(found, Method) else None
    assert isinstance(closed, Method)
    assert (None, "punch") == (closed.handle, closed.way)


def test_a_writer_with_an_offset_of_its_own_gets_a_hole() -> None:
    """Where a writer does not append, blocks go where they are, from the first data on, in whole blocks."""
    assert ("punch", 2 * BLOCK, 6 * BLOCK) == told(log(size=8 * BLOCK + 9, allocated=8 * BLOCK, data=2 * BLOCK, openers=(opener(), POKER)))


def test_nothing_beyond_a_reader_is_freed() -> None:
    """The reader who is furthest behind is the bound, and a file with a reader is never collapsed."""
    ahead = opener(pid=10, access="read", position=15 * MB, command="vector")
    way, start, length = told(log(size=20 * MB, openers=(opener(), TAIL, ahead)))
    assert ("punch", 0) == (way, start)
    assert length <= TAIL.position < length + BLOCK


@pytest.mark.parametrize("kind", ["tmpfs", "btrfs"])
def test_a_hole_is_the_way_where_collapse_is_not_supported(kind: str) -> None:
    """A file system that can only punch gets holes, also under a writer that appends."""
    assert ("punch", 0, 20 * MB // BLOCK * BLOCK) == told(log(size=20 * MB), kind=kind)


def test_a_writer_is_stopped_only_where_neither_is_supported() -> None:
    """The whole file as it was seen is the span, and every byte of it comes back."""
    found = chosen(log(size=5 * MB + 3), kind="vfat")
    assert isinstance(found, Method)
    assert ("freeze", 0, 5 * MB + 3, 5 * MB + 3) == (found.way, found.start, found.length, found.gain)


LACKS = "the host can neither collapse nor punch a range on vfat"
REFUSED: list[tuple[LogFile, str]] = [
    (log(openers=()), f"{LACKS}, and nobody has it open"),
    (log(openers=(opener(), TAIL)), f"{LACKS}, and tail (pid 9) reads it and would lose its place"),
    (log(openers=(POKER,)), f"{LACKS}, and app (pid 7, app.service) does not append, so that its next line would land behind a hole"),
    (log(openers=(opener(command="postgres"),)), f"{LACKS}, and postgres (pid 7, app.service) must not stand still for the moment that it takes"),
    (log(size=0), "nothing of it can be given back now"),
    (log(block=0), "the size of its file system's blocks is not known"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "why"), REFUSED)
def test_what_no_method_fits_is_refused(file: LogFile, why: str) -> None:
    """Where nothing fits without a loss the file stays, and the sentence says why."""
    assert why == chosen(file, kind="vfat")


def test_a_closed_file_needs_a_way_to_open_it_without_links() -> None:
    """Without perl and python a file that nobody writes stays: its path could lead elsewhere."""
    why = "nobody has it open, and the host has neither perl nor python to open it without following links"
    assert why == chosen(log(openers=()), toolbox=Toolbox("", ("ext4",), ("ext4",)))


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (log(size=100), "nothing of it can be given back now"),
        (
            log(openers=(opener(), opener(pid=9, command="less", unit="", access="read"))),
            "less (pid 9) has not read what could be given back",
        ),
        (log(size=400 * GB, allocated=0), "it takes next to nothing from the disk, whatever its size seems to be"),
    ],
)
def test_a_span_that_gives_nothing_is_not_worth_it(file: LogFile, why: str) -> None:
    """A small, unread or sparse file is left alone."""
    assert why == chosen(file)


def test_holes_that_nobody_can_find_are_not_punched_again() -> None:
    """Without a tool that tells where the data begin, a file with holes stays: a part could be archived twice."""
    blind, file = Toolbox("", (), ("ext4",)), log(size=20 * BLOCK, openers=(POKER,))
    assert "it has holes, and the host has neither perl nor python to tell where its data begin" == chosen(
        replace(file, allocated=19 * BLOCK), toolbox=blind
    )
    assert ("punch", 0, 20 * BLOCK) == told(file, toolbox=blind)


def test_one_span_is_never_larger_than_a_pass_may_be() -> None:
    """A log larger than the bytes of a pass gives as much as a pass may take."""
    limit = 10 * BLOCK + 5
    assert ("collapse", 0, 10 * BLOCK) == told(log(), most_bytes=limit)
    assert ("punch", BLOCK, 10 * BLOCK) == told(log(openers=(POKER,), data=BLOCK), most_bytes=limit)


def test_lines_are_lost_only_when_the_policy_allows_it() -> None:
    """Copy and cut is the last way, and its words name the bound on what is lost."""
    found = chosen(log(size=5 * MB, openers=(POKER,)), kind="vfat", lossy=True)
    assert isinstance(found, Method)
    assert ("truncate", 0, 5 * MB) == (found.way, found.start, found.length)
    assert "beyond 5.0 MB (5000000 bytes)" in found.why
    assert isinstance(chosen(log(openers=(opener(), TAIL)), kind="vfat", lossy=True), str)
    assert isinstance(chosen(log(openers=()), kind="vfat", lossy=True), str)


def test_a_log_is_put_away_where_its_writer_can_open_a_new_one() -> None:
    """On a file system without collapse nginx's master gets its signal, and the room comes with the next task."""
    found = put_away("open_logs", log(openers=NGINX), disk(kind="btrfs"), Ground("btrfs", ALL, policy()))
    assert found is not None
    (action,) = found.actions
    arguments = getattr(action.verb, "argv", ())[4:]
    assert ("/var/log/app.log", "2049", "12", "USR1", "30", "300", "30") == arguments
    assert (True, 0, False) == (found.later, found.inodes, action.disruptive)
    assert found.how.endswith("the renamed one is archived and deleted by the next task")
    bare = put_away("open_logs", log(openers=NGINX), disk(kind="btrfs"), Ground("btrfs", ALL, policy(archive=False)))
    assert bare is not None
    assert bare.how.endswith("the renamed one is deleted and not kept by the next task")


@pytest.mark.parametrize(
    ("file", "kind", "changes"),
    [
        (log(openers=NGINX), "ext4", {}),
        (log(openers=NGINX), "btrfs", {"available": 0}),
        (log(openers=NGINX), "btrfs", {"inodes_used": 1000}),
        (log(openers=NGINX, deleted=True), "btrfs", {}),
        (log(openers=(*NGINX, opener())), "btrfs", {}),
        (log(), "btrfs", {}),
        (log(openers=()), "btrfs", {}),
    ],
)
def test_a_log_is_not_put_away_otherwise(file: LogFile, kind: str, changes: dict[str, Any]) -> None:
    """Not where it can be collapsed, on a full disk, for a deleted file, or when a writer is not known to open a new one."""
    assert None is put_away("open_logs", file, disk(kind=kind, **changes), Ground(kind, ALL, policy()))
