"""What a rollback goes back to, read from the journal, and the moves that a host may make on its way."""

from datetime import UTC, datetime

import pytest

from healer.journal.queries import quarantine_words, standing_quarantines
from healer.model.action import Act, Action, Job
from healer.model.events import (
    ActEnded,
    ActIntended,
    Event,
    GateJudged,
    HostEnded,
    HostLooked,
    PlayStarted,
    RollbackStarted,
    SlotTaken,
    Stamped,
    TaskEnded,
    TaskPlanned,
    VersionQuarantined,
    VersionReleased,
)
from healer.model.facts import Verdict
from healer.model.playbook import Play
from healer.report.taken_back import quarantined, rolled_back
from healer.rollout.fold import fold
from healer.rollout.machine import IllegalMove
from healer.rollout.rollback import Transaction, in_words, tasks_back, transaction_of

ADDRESS = "0/tasks/0"


def stamped(*events: Event) -> list[Stamped]:
    """Return the events as a journal would keep them."""
    return [Stamped(number, "r1", datetime(2026, 1, 1, tzinfo=UTC), event) for number, event in enumerate(events, 1)]


def slot() -> list[Event]:
    """Return the way of a host into its slot."""
    return [PlayStarted(0, "Patch", ("a",)), HostLooked("a", 0, Verdict.GOOD), SlotTaken("a", 0)]


def upgrade(output: str, pins: tuple[str, ...], *, address: str = ADDRESS, on: str = "", verdict: Verdict = Verdict.GOOD) -> list[Event]:
    """Return one package task with the job's words."""
    action = Action("upgrade", Job("install", pins))
    decision = Act((action,), results={"installed": {"lib": "0.9"}}, versions=dict(pin.split("=") for pin in pins))
    return [
        TaskPlanned("a", address, "Upgrade", "packages", decision),
        ActIntended("a", address, 0, address, action, on=on),
        ActEnded("a", address, 0, address, verdict, changed=True, output=output),
    ]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (upgrade("healer: version web 1 2\n", ("web=2",)), Transaction({"web": "1"}, {"web": "2"})),
        (upgrade("healer: version web 1 2\n", ("web=2",), verdict=Verdict.BAD), Transaction({"web": "1"}, {"web": "2"})),
        (upgrade("healer: version web - 2\n", ("web=2",)), Transaction({"web": ""}, {"web": "2"})),
        (upgrade("healer: version web 1 1\n", ("web=2",)), Transaction()),
        (upgrade("healer: version lib 2 2\n", ("lib=2",)), Transaction({"lib": "0.9"}, {"lib": "2"})),
        (upgrade("healer: version lib 1.5 2\n", ("lib=2",)), Transaction({"lib": "1.5"}, {"lib": "2"})),
        (upgrade("healer: version ssh 1 2\n", ("web=2",)), Transaction()),
        (upgrade("healer: version web 1 2\n", ("web=2",), on="b"), Transaction()),
        (upgrade("healer: version web 1 2\n", ("web=2",), address="0/rollback/0"), Transaction()),
        (
            [*upgrade("healer: version web 1 2\n", ("web=2",)), *upgrade("healer: version web 2 3\n", ("web=3",), address="0/tasks/1")],
            Transaction({"web": "1"}, {"web": "3"}),
        ),
    ],
)
def test_what_was_upgraded_is_read_from_receipts(events: list[Event], expected: Transaction) -> None:
    """The first version before and the last after; a failed job counts as far as it came, a cut one from what was seen before
    it; whoever moved a package between the plan and the job moved what is gone back to.

    What was not asked for, was done on another host, or was a rollback itself is none of it.
    """
    assert expected == transaction_of(fold(stamped(*slot(), *events)), 0, "a")


def test_another_play_is_none_of_it() -> None:
    """Each play answers for its own upgrades."""
    assert Transaction() == transaction_of(fold(stamped(*slot(), *upgrade("healer: version web 1 2\n", ("web=2",)))), 1, "a")


def test_a_hosts_words_are_no_arguments_of_tasks() -> None:
    """Arguments are templates: versions stay out of them, and so do names that are no names."""
    tasks = tasks_back({"web:i386": "{{ 7 }}", "{{ evil }}": "1"}, Play("p", "all"), allowed=True)
    assert "{{" not in repr(tasks)
    assert {"only": ["web"]} == tasks[1].arguments
    assert [{"always"}] * 3 == [set(task.tags) for task in tasks]


def test_few_are_named() -> None:
    """Three packages are named, the rest is counted."""
    assert "a 1, b 2" == in_words({"b": "2", "a": "1"})
    assert "a 1, b 1, c 1 and 2 more" == in_words(dict.fromkeys("abcde", "1"))


BACK = RollbackStarted("a", 0, "ill", {"web": "1"}, {"web": "2"})


@pytest.mark.parametrize("terminal", ["ok", "changed"])
def test_a_host_that_went_back_cannot_end_well(terminal: str) -> None:
    """However healthy it is: its upgrade was taken back."""
    with pytest.raises(IllegalMove, match="rolled back"):
        fold(stamped(*slot(), BACK, GateJudged("a", 0, Verdict.GOOD), HostEnded("a", 0, terminal)))  # type: ignore[arg-type]  # a terminal


def test_nothing_goes_back_outside_of_a_slot() -> None:
    """A rollback is an act like others: it needs the slot."""
    with pytest.raises(IllegalMove, match="in a slot"):
        fold(stamped(*slot()[:2], BACK))


def test_nothing_goes_back_while_an_act_is_open() -> None:
    """What became of the upgrade has to be known first."""
    with pytest.raises(IllegalMove, match="is not known yet"):
        fold(stamped(*slot(), *upgrade("", ("web=2",))[:2], BACK))


def test_quarantines_stand_until_they_are_released() -> None:
    """The first event of a version counts, and a release ends it; it may be put there again."""
    first, second = VersionQuarantined("a", "web", "2", "ill"), VersionQuarantined("b", "web", "2", "ill too")
    released = VersionReleased("web", "2", "ann")
    assert ["a"] == [one.event.host for one in standing_quarantines(stamped(first, second)).values()]
    assert {} == standing_quarantines(stamped(first, released))
    assert ["b"] == [one.event.host for one in standing_quarantines(stamped(first, released, second)).values()]
    assert {("web", "2"): "web 2 is in quarantine since run r1, in which a was not well with it (`healer release web 2` lifts it)"} == (
        quarantine_words(standing_quarantines(stamped(first)))
    )


def test_the_report_knows_what_was_taken_back() -> None:
    """Only a rollback whose task was good has taken anything back; what was released stands no more."""
    ended = TaskEnded("a", "0/rollback/0", Verdict.GOOD, changed=True)
    assert {"web": "1"} == rolled_back(stamped(BACK, ended))
    assert {} == rolled_back(stamped(BACK, TaskEnded("a", "0/rollback/0", Verdict.BAD, changed=False)))
    events = (VersionQuarantined("a", "web", "2", ""), VersionQuarantined("a", "lib", "2", ""), VersionReleased("lib", "2", "ann"))
    assert (("web", "2"),) == quarantined(stamped(*events))
