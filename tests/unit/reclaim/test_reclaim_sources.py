"""What the three sources of log files offer, and what they leave."""

from typing import Any

import pytest
from reclaim_cases import ALL, BLOCK, GB, MB, NOW, disk, log, method, opener, policy, situation, spans

from healer.discovery import plugins
from healer.model.action import Archive, Free
from healer.model.facts import Facts, Unknown
from healer.model.files import Handle
from healer.model.logs import LogFile, Toolbox
from healer.reclaim.candidates import CHUNK
from healer.reclaim.sources.contract import Candidate, Situation, Source

SOURCES = plugins("healer.reclaim.sources", Source)
TAIL = opener(pid=9, command="tail", unit="", access="read", append=False, position=5 * GB)


def offered(source: str, *files: LogFile, **seen: Any) -> list[Candidate]:
    """Return what the source offers."""
    return list(SOURCES[source].candidates(situation(*files, **seen)))


def old(path: str, days: int, **changes: Any) -> LogFile:
    """Return a closed file that was last written so many days ago."""
    return log(path, size=MB, openers=(), modified=NOW - days * 86400.0, **changes)


def test_the_order_of_relief_is_that_of_harm() -> None:
    """Rotated logs come before open ones, and those before deleted ones."""
    assert [30, 70, 80] == [SOURCES[name].rank for name in ("rotated", "open_logs", "deleted")]


def test_an_open_log_is_archived_and_then_freed() -> None:
    """The archive comes first and is of exactly the bytes that are freed, through the writer's descriptor."""
    (found,) = offered("open_logs", log(size=10 * MB + 5, allocated=10 * MB + 8192), rules=policy(min_size=MB))
    assert ["archive", "free"] == [action.verb.verb for action in found.actions]
    assert spans(found, Archive) == spans(found, Free)
    assert [Handle(7, 700, 3)] == [span.handle for span in spans(found, Free)]
    assert "collapse: written by app (pid 7, app.service) in append mode, read by nobody" == found.how
    assert (10 * MB // BLOCK * BLOCK, 0, "app (pid 7, app.service)") == (found.gain, found.inodes, found.writer)
    assert not any(action.disruptive for action in found.actions)


@pytest.mark.parametrize(("append", "starts"), [(True, [0, 0, 0]), (False, [0, CHUNK, 2 * CHUNK])])
def test_a_long_log_is_freed_piece_by_piece(append: bool, starts: list[int]) -> None:
    """Room comes before all of it is archived: each piece is archived and freed before the next; after a collapse all begin at 0."""
    (found,) = offered("open_logs", log(size=2 * CHUNK + 5 * BLOCK + 1, openers=(opener(append=append),)))
    assert ["archive", "free"] * 3 == [action.verb.verb for action in found.actions]
    assert spans(found, Archive) == spans(found, Free)
    assert (starts, [CHUNK, CHUNK, 5 * BLOCK]) == (
        [span.start for span in spans(found, Free)],
        [span.length for span in spans(found, Free)],
    )


def test_a_long_rotated_log_is_one_piece_with_its_time() -> None:
    """What is deleted as a whole is archived as a whole, and the archive has the time that its length asks for."""
    (found,) = offered("rotated", log("/var/log/a.log.1", size=20 * GB, openers=()))
    assert [(0, 20 * GB)] == [(span.start, span.length) for span in spans(found, Archive)]
    timeouts = [action.verb.timeout for action in found.actions if isinstance(action.verb, Archive)]
    assert [20 * GB / 1024**2] == timeouts


def test_without_an_archive_the_plan_says_that_lines_are_not_kept() -> None:
    """With the archive off nothing is archived, and the words say so."""
    (found,) = offered("open_logs", log(size=GB), rules=policy(archive=False))
    assert ["free"] == [action.verb.verb for action in found.actions]
    assert found.how.endswith("; not kept: the policy's archive is off")


def test_open_logs_come_largest_first() -> None:
    """Few large cuts are better than many small ones."""
    found = offered("open_logs", log("/var/log/a.log", size=2 * GB), log("/var/log/b.log", size=3 * GB))
    assert ["/var/log/b.log", "/var/log/a.log"] == [one.path for one in found]


def test_small_logs_are_left_without_a_word() -> None:
    """A log below the least size is no candidate; what must never be touched is named whatever its size."""
    found = offered(
        "open_logs", log(size=MB), log("/var/log/kafka/t-0/000.log", size=MB), log("/var/log/x.log", size=0, mount="", link="/etc/shadow")
    )
    assert {"/var/log/kafka/t-0/000.log", "/var/log/x.log"} == {one.path for one in found}
    assert all(one.refused and not one.actions and one.mount == "/var/log" for one in found)


def test_a_sparse_record_is_as_small_as_its_blocks() -> None:
    """400 GB of apparent size in lastlog are a few kilobytes, and it is never touched."""
    (found,) = offered("open_logs", log("/var/log/lastlog", size=400 * GB, allocated=8192, openers=()))
    assert (8192, True) == (found.gain, "binary record of logins" in found.refused)


def test_a_writable_rotated_log_is_an_open_one() -> None:
    """Who still writes into app.log.1 has it cut as an open log; it is not deleted under him."""
    late = log("/var/log/app.log.1")
    assert [] == offered("rotated", late)
    assert ["collapse"] == [method(one) for one in offered("open_logs", late)]


def test_a_log_is_put_away_where_that_fits_best() -> None:
    """On btrfs rsyslog opens a new file, and the room comes with the next task."""
    syslog = log(openers=(opener(command="rsyslogd"),))
    (found,) = offered("open_logs", syslog, disks=(disk(kind="btrfs"),))
    assert (True, ["run"]) == (found.later, [action.verb.verb for action in found.actions])


def test_what_no_method_fits_is_named_with_the_reason() -> None:
    """A file that cannot be cut on this file system is a refused candidate."""
    bare, files = disk(kind="vfat"), (log(openers=(opener(append=False),)), log(openers=(opener(append=False),), links=0, deleted=True))
    found = [one for source in ("open_logs", "deleted") for one in offered(source, *files, disks=(bare,))]
    assert [True, True] == ["can neither collapse nor punch" in one.refused and not one.actions for one in found]


def test_rotated_logs_go_oldest_first() -> None:
    """The oldest is missed least; each is deleted whole, and its inode comes back too."""
    found = offered("rotated", old("/var/log/a.log.1", 1), old("/var/log/b.log.2.gz", 9), old("/var/log/c-20261101", 5))
    assert ["/var/log/b.log.2.gz", "/var/log/c-20261101", "/var/log/a.log.1"] == [one.path for one in found]
    assert [("delete", 1, MB)] * 3 == [(method(one), one.inodes, one.gain) for one in found]
    assert "delete: rotated, last written 9 days ago, open nowhere" == found[0].how
    assert [(0, MB, None)] * 3 == [(span.start, span.length, span.handle) for one in found for span in spans(one, Free)]


def test_what_the_policy_keeps_stays() -> None:
    """A rotated log younger than `keep` stays; one that healer put away itself goes whatever its age."""
    young, aged, aside = old("/var/log/a.log.1", 1), old("/var/log/b.log.1", 8), old("/var/log/c.log.healer-20261123T061500Z", 0)
    found = {one.path: one.refused for one in offered("rotated", young, aged, aside, rules=policy(keep="7d"))}
    assert {young.path: "it is 24 h old, and the policy keeps 7 days", aged.path: "", aside.path: ""} == found


def test_today_s_log_may_have_a_date_in_its_name() -> None:
    """A log with the date in the middle of its name must be days old before it counts as rotated."""
    found = offered("rotated", old("/var/log/app.2026-11-22.log", 1), old("/var/log/app.2026-11-20.log", 3))
    assert [False, True] == [bool(one.refused) for one in found]


@pytest.mark.parametrize(
    ("changes", "toolbox", "why"),
    [
        ({"openers": (TAIL,)}, ALL, "tail (pid 9) still reads it, so that nothing would come free"),
        ({}, Toolbox("", (), ()), "the host has neither perl nor python to open it without following links"),
        ({"links": 2}, ALL, "it has 2 names (hard links): another one may not be a log's"),
    ],
)
def test_a_rotated_log_in_use_stays(changes: dict[str, Any], toolbox: Toolbox, why: str) -> None:
    """What somebody reads, or what cannot be opened safely, is not deleted."""
    (found,) = offered("rotated", log("/var/log/a.log.1", **{"openers": (), **changes}), toolbox=toolbox)
    assert (why, ()) == (found.refused, found.actions)


def test_a_deleted_log_is_cut_through_its_writer() -> None:
    """A deleted file that is still written is archived and freed through the writer's descriptor, also one that does not append."""
    gone = log(links=0, deleted=True)
    poked = log("/var/log/b.log", inode=13, links=0, deleted=True, openers=(opener(append=False),))
    found = offered("deleted", gone, poked)
    assert ["collapse", "punch"] == [method(one) for one in found]
    assert ["/var/log/app.log (deleted)", "/var/log/b.log (deleted)"] == [one.what for one in found]
    assert all(span.handle is not None for one in found for span in spans(one, Archive))
    assert [] == offered("open_logs", gone) == offered("rotated", log("/var/log/a.1", links=0, deleted=True, openers=()))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"openers": (TAIL,)}, "nobody writes to it any more: its room comes back when tail (pid 9) closes it"),
        ({"openers": ()}, "nobody writes to it any more: its room comes back when its last reader closes it"),
        ({"path": "/memfd:log"}, "memory that looks like a file"),
        (
            {"openers": (opener(access="both"),)},
            "app (pid 7, app.service) has it open for reading and writing, as databases do: it is taken for data",
        ),
    ],
)
def test_what_is_no_deleted_log_stays(changes: dict[str, Any], why: str) -> None:
    """Memory, data, and what nobody writes any more are refused."""
    values = {"path": "/var/log/app.log", "links": 0, "deleted": True, **changes}
    assert [why] == [one.refused for one in offered("deleted", log(**values))]


def test_a_small_deleted_file_is_left_without_a_word() -> None:
    """Below the least size it is not worth it."""
    assert [] == offered("deleted", log(size=MB, links=0, deleted=True))


@pytest.mark.parametrize("source", ["open_logs", "rotated", "deleted"])
@pytest.mark.parametrize("unknown", ["log_files", "toolbox", "disks"])
def test_nothing_is_offered_where_something_is_not_known(source: str, unknown: str) -> None:
    """Without the files, the disks or the host's means there is no candidate."""
    seen = situation(log(), log("/var/log/a.log.1", openers=()), log(links=0, deleted=True))
    blind = Situation(Facts({**seen.facts.readings, unknown: Unknown("cut off")}), seen.policy)
    assert [] == list(SOURCES[source].candidates(blind))


def test_a_file_on_a_disk_that_was_not_seen_stays() -> None:
    """A mount that is not among the disks may be another machine's."""
    (found,) = offered("open_logs", log(mount="/net"))
    assert "the disk that is mounted at /net was not seen" == found.refused
