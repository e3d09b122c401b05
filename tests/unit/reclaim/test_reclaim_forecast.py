"""What a plan says to a person."""

from reclaim_cases import GB, MB, disk, log, opener, policy, situation
from test_reclaim_select import OWN, source, thing

from healer.reclaim.forecast import forecast, fullest, lacking, largest_left
from healer.reclaim.select import Choice, choose

TAIL = opener(pid=9, command="tail", unit="", access="read", append=False, position=4 * GB)


def test_a_plan_says_what_comes_from_where_and_why() -> None:
    """Each disk with its shares, each candidate with size, file, method and reason, then what stays and why."""
    files = (
        log(size=15 * GB),
        log("/var/log/app.log.1", size=1900 * MB, inode=13, openers=()),
        log("/var/log/b.log", size=9 * GB, inode=14, openers=(opener(), TAIL)),
        log("/var/log/c.log", size=8 * GB, inode=15),
        log("/var/log/lastlog", size=400 * GB, allocated=8192, inode=16, openers=()),
        log("/var/log/wtmp", size=12_288, inode=17, openers=()),
    )
    assert (
        "/var/log  95% of 100.0 GB -> 75%: 95% of its room is used, more than 85%",
        "  1.   1.9 GB  /var/log/app.log.1  delete: rotated, last written 24 h ago, open nowhere",
        "  2.  15.0 GB  /var/log/app.log  collapse: written by app (pid 7, app.service) in append mode, read by nobody",
        "  3.   4.0 GB  /var/log/b.log  punch: written by app (pid 7, app.service); tail (pid 9) reads it and has read all of this; its apparent size stays",
        "left alone:",
        "      20.5 kB  /var/log/wtmp, /var/log/lastlog  a binary record of logins: it is read by position, and its apparent size is not what it takes",
        "not needed: 8.0 GB in 1 more",
    ) == forecast(choose(situation(*files), OWN))  # fmt: skip


def test_disks_stand_in_a_column() -> None:
    """The shortage of a disk stands below it; inodes are told where they are the trouble."""
    disks = (disk("/", 99), disk("/var/log", 10, inodes_used=900))
    choice = choose(situation(disks=disks), [source(1, thing("gone", 0, inodes=50), thing("big", GB, mount="/"))])
    assert (
        "/         99% of 100.0 GB -> 98%: 99% of its room is used, more than 85%",
        "          23.0 GB more would have to come free, and nothing else may be taken",
        "/var/log  10% of 100.0 GB -> 10%, inodes 90% -> 85%: 90% of its inodes are used, more than 85%",
        "          100 inodes more would have to come free, and nothing else may be taken",
    ) == forecast(choice)[:4]


def test_only_the_largest_reasons_are_told() -> None:
    """Of more than ten reasons the smaller ones are counted."""
    offers = [thing(f"f{number:02}", gain=number * GB, refused=f"reason {number}") for number in range(1, 14)]
    lines = forecast(choose(situation(), [source(1, *offers)]))
    assert ("      13.0 GB  f13  reason 13", "       6.0 GB  in 3 more") == (lines[3], lines[-1])
    assert 1 + 1 + 1 + 10 + 1 == len(lines)


def test_what_is_left_to_a_person_is_the_largest() -> None:
    """The three largest refused ones of that disk."""
    offers = [thing(f"f{number}", gain=number * GB, refused="data") for number in range(1, 5)]
    choice = choose(situation(), [source(1, *offers)])
    assert ("f4 (4.0 GB): data", "f3 (3.0 GB): data", "f2 (2.0 GB): data") == largest_left(choice, "/var/log")
    assert () == largest_left(choice, "/srv")
    assert "20.0 GB more would have to come free, and nothing else may be taken" == lacking(choice, choice.troubles[0])


def test_the_fullest_disks_are_named_first() -> None:
    """By blocks or inodes, whichever is fuller."""
    disks = (disk("/", 61), disk("/var", 40, inodes_used=700), disk("/a", 5), disk("/b", 6))
    assert "/var 40% (inodes 70%), / 61%, /b 6%" == fullest(disks)
    assert () == forecast(Choice())
    assert policy().over == 85
