"""Which candidates a pass takes."""

from collections.abc import Iterable

from reclaim_cases import GB, MB, NOW, disk, log, opener, policy, situation

from healer.discovery import plugins
from healer.model.action import Action, Archive, Run
from healer.model.facts import Facts
from healer.model.files import Span
from healer.model.logs import DiskPast, Reclaimed
from healer.reclaim.candidates import CHUNK
from healer.reclaim.select import Choice, choose
from healer.reclaim.sources.contract import Candidate, Situation, Source

OWN = [plugins("healer.reclaim.sources", Source)[name] for name in ("open_logs", "rotated", "deleted")]
ACT = (Action("make room", Run(("true",))),)


def thing(what: str, gain: int = 10 * GB, **changes: object) -> Candidate:
    """Return a candidate on the full disk."""
    values: dict[str, object] = {"mount": "/var/log", "how": "safe", "actions": ACT, **changes}
    return Candidate("any", what, gain=gain, **values)  # type: ignore[arg-type]  # the values are those of the caller


def source(rank: int, *candidates: Candidate, name: str = "any", listed: bool = False) -> Source:
    """Return a source that offers these."""

    def offer(_situation: Situation) -> Iterable[Candidate]:
        return candidates

    return Source(name, rank, (), offer, listed)


def names(candidates: Iterable[Candidate]) -> list[str]:
    """Return what they are."""
    return [one.what for one in candidates]


def taken(choice: Choice) -> list[str]:
    """Return what is taken."""
    return names(choice.taken)


def test_relief_ends_at_the_target() -> None:
    """20 GB are needed: the two cheapest are taken, in order of rank, the third is not needed."""
    choice = choose(situation(), [source(70, thing("log")), source(10, thing("cache")), source(30, thing("old"))])
    assert (["cache", "old"], ["log"], ()) == (taken(choice), names(choice.spare), choice.left)
    assert (0, 0) == choice.missing(choice.troubles[0])
    assert (75, 1) == choice.after(choice.troubles[0])


def test_nothing_is_taken_from_a_disk_with_room() -> None:
    """A candidate on another disk is no relief, and is not even named."""
    choice = choose(situation(), [source(1, thing("far", mount="/srv"))])
    assert ((), (), ()) == (choice.taken, choice.left, choice.spare)


def test_no_source_is_asked_while_all_is_well() -> None:
    """Without trouble there is no choice; nor without disks."""
    assert Choice() == choose(situation(disks=(disk(percent=50),)), [source(1, thing("log"))])
    assert Choice() == choose(Situation(Facts(), policy()), [source(1, thing("log"))])


def test_what_is_missing_is_told() -> None:
    """When all is taken and it is not enough, the rest is what is missing; what comes later does not count for now."""
    choice = choose(situation(), [source(1, thing("small", 5 * GB), thing("put away", 4 * GB, later=True), thing("no", refused="data"))])
    assert (11 * GB, 0) == choice.missing(choice.troubles[0])
    assert (9 * GB, 5 * GB) == (choice.gain("/var/log"), choice.gain("/var/log", now=True))
    assert [("no", "data", ())] == [(one.what, one.refused, one.actions) for one in choice.left]


def test_a_disk_without_inodes_is_helped_only_by_deletes() -> None:
    """Bytes are no relief where inodes are short."""
    full = disk(percent=10, inodes_used=900)
    choice = choose(
        situation(disks=(full,)), [source(1, thing("cut"), thing("delete", inodes=100), thing("more", inodes=100), thing("last", inodes=1))]
    )
    assert (["delete", "more"], ["cut", "last"]) == (taken(choice), names(choice.spare))
    assert 200 == choice.inodes("/var/log")


def test_the_budget_of_a_pass_holds() -> None:
    """Neither more bytes nor more files are taken than the policy allows for one pass."""
    offers = [source(1, thing("large", 12 * GB), thing("a", 4 * GB), thing("b", 4 * GB), thing("c", GB))]
    by_bytes = choose(situation(rules=policy(most_bytes="9G")), offers)
    assert (["a", "b", "c"], ["large"]) == (taken(by_bytes), names(by_bytes.left))
    assert "it is more than what is left of the policy's bytes for one pass (9.7 GB)" == by_bytes.left[0].refused
    by_files = choose(situation(rules=policy(most_files=1)), offers)
    assert (["large"], {"the policy's number of files for one pass is used up"}) == (
        taken(by_files),
        {one.refused for one in by_files.left},
    )


def test_listed_sources_act_only_where_they_are_listed() -> None:
    """Cores are named, but taken only where the policy says so; what its source refuses stays refused."""
    cores = source(40, thing("core"), thing("odd", refused="written now"), name="cores", listed=True)
    refused = choose(situation(), [cores])
    assert ["only where the policy lists cores among its sources", "written now"] == [one.refused for one in refused.left]
    assert ["core"] == taken(choose(situation(rules=policy(sources=["cores"])), [cores]))


def test_a_runaway_is_reported_and_not_fought() -> None:
    """A file in which room was made three times within the hour is left, and its writer is named; also under the name it was put away."""
    past = DiskPast(reclaimed=tuple(Reclaimed(NOW - age, path, 0, 0, GB) for age, path in (
        (60.0, "/var/log/app.log"), (1200.0, "/var/log/app.log.healer-20261123T061500Z"), (2400.0, "/var/log/app.log"),
    )))  # fmt: skip
    choice = choose(situation(log(), past=past), OWN)
    words = "a runaway: room was made in it 3 times within the hour; stop its writer (app (pid 7, app.service))"
    assert ([words], []) == ([one.refused for one in choice.left], taken(choice))
    assert ["/var/log/app.log"] == taken(choose(situation(log(), past=past, rules=policy(runaway=4)), OWN))


def test_a_runaway_is_known_by_its_inode_too() -> None:
    """Under whatever name: the same file within the hour counts; the pieces of one pass count once, what is longer ago does not."""
    same = [Reclaimed(NOW - age, "/var/log/other", 2049, 12, GB) for age in (10.0, 20.0, 30.0)]
    assert [] == taken(choose(situation(log(), past=DiskPast(reclaimed=tuple(same))), OWN))
    pieces = [Reclaimed(NOW - age, "/var/log/app.log", 2049, 12, GB, run="one") for age in (10.0, 20.0, 30.0)]
    assert ["/var/log/app.log"] == taken(choose(situation(log(), past=DiskPast(reclaimed=tuple(pieces))), OWN))
    older = [Reclaimed(NOW - age, "/var/log/app.log", 2049, 12, GB) for age in (10.0, 20.0, 3700.0)]
    assert ["/var/log/app.log"] == taken(choose(situation(log(), past=DiskPast(reclaimed=tuple(older))), OWN))


def test_one_file_is_taken_once() -> None:
    """The same inode under two names is freed once."""
    choice = choose(situation(log(size=10 * GB), log("/var/log/again.log", size=10 * GB)), OWN)
    assert (1, ["the same file is taken under another name"]) == (len(choice.taken), [one.refused for one in choice.left])


def test_what_one_source_takes_is_not_said_to_stay_by_another() -> None:
    """A file of systemd's journal is nothing to take by hand, and is taken by journalctl: the plan says only the second."""
    archive = Action("archive it", Archive(Span("/var/log/j/old", 1, 2, 0, 3)))
    by_hand = [thing(name, actions=(), refused="by journalctl only", path=f"/var/log/j/{name}") for name in ("old", "new")]
    choice = choose(situation(), [source(20, thing("journal", actions=(archive, *ACT))), source(70, *by_hand)])
    assert (["journal"], ["new"]) == (taken(choice), names(choice.left))


def test_only_so_much_of_a_long_log_is_taken_as_is_needed() -> None:
    """A log of 60 GB gives five pieces of 4 GiB where 20 GB are needed; a sparse one gives more of them, a rotated one all or nothing."""
    needed = -(-20 * GB // CHUNK)
    (long,) = choose(situation(log(size=60 * GB)), OWN).taken
    assert (needed, needed * CHUNK // MB) == (len(long.actions) // 2, long.gain // MB)
    assert long.how.endswith("; only 21.5 GB of 60.0 GB, which is enough")
    (sparse,) = choose(situation(log(size=60 * GB, allocated=50 * GB)), OWN).taken
    assert (20 * GB <= sparse.gain, needed + 2) == (True, len(sparse.actions) // 2)
    (whole,) = choose(situation(log("/var/log/a.log.1", size=60 * GB, openers=())), OWN).taken
    assert (2, 60 * GB) == (len(whole.actions), whole.gain)


def test_acts_of_another_kind_are_not_cut_short() -> None:
    """A candidate of several acts that are no pieces of a log is taken whole."""
    (found,) = choose(situation(disks=(disk(percent=86),)), [source(1, thing("cache", 90 * GB, actions=(*ACT, *ACT)))]).taken
    assert 2 == len(found.actions)


def test_a_candidate_that_does_nothing_is_not_taken() -> None:
    """Without actions there is nothing to take, and that is told; a writer that nobody knows is told as such."""
    choice = choose(situation(), [source(1, thing("empty", actions=()))])
    assert ["nothing can be done about it"] == [one.refused for one in choice.left]


def test_rotated_logs_go_before_open_ones() -> None:
    """The order of the real sources is that of their ranks."""
    files = (
        log(size=30 * GB),
        log("/var/log/a.log.1", size=5 * GB, inode=13, openers=()),
        log("/var/log/d.log", inode=14, links=0, deleted=True),
    )
    choice = choose(situation(*files, rules=policy(target=10, over=20)), OWN)
    assert ["/var/log/a.log.1", "/var/log/app.log", "/var/log/d.log (deleted)"] == taken(choice)
    assert opener() in files[0].writers
