"""What reports and plans say of rollbacks and quarantines."""

from datetime import UTC, datetime

from healer.model.action import Act, Action, Job, Owe, Skip
from healer.model.events import (
    ActEnded,
    ActIntended,
    Event,
    HostEnded,
    PlayStarted,
    RollbackStarted,
    RunHalted,
    RunStarted,
    SlotTaken,
    Stamped,
    TaskEnded,
    TaskPlanned,
    VersionQuarantined,
    VersionReleased,
)
from healer.model.facts import Verdict
from healer.report.explain import explain_host
from healer.report.formats.terminal import render
from healer.report.host_plan import host_plan
from healer.report.summary import summarise

HALT = "a canary failed: a (failed: ill; rolled back to web 1, and well again)"
UPGRADE = Action("upgrade web", Job("install", ("web=2",)))
PLANNED = TaskPlanned("a", "0/tasks/0", "Upgrade", "packages", Act((UPGRADE,), {"installed": {"web": "1"}}, {"web": "2"}))


def stamped(*events: Event) -> list[Stamped]:
    """Return the events as a journal would keep them."""
    return [Stamped(number, "r1", datetime(2026, 1, 1, 12, tzinfo=UTC), event) for number, event in enumerate(events, 1)]


def story(*more: Event) -> list[Stamped]:
    """Return a run whose canary was rolled back."""
    return stamped(
        RunStarted("healer patch", "patch.yml", "d", "d", ("a", "b"), "ann@node pid 7"),
        PlayStarted(0, "Patch", ("a", "b")),
        SlotTaken("a", 0, "canary"),
        PLANNED,
        ActIntended("a", "0/tasks/0", 0, "x", UPGRADE),
        ActEnded("a", "0/tasks/0", 0, "x", Verdict.GOOD, changed=True, output="healer: not-kept web 1\nhealer: version web 1 2\n"),
        TaskEnded("a", "0/tasks/0", Verdict.GOOD, changed=True),
        RollbackStarted("a", 0, "ill", {"web": "1"}, {"web": "2"}),
        VersionQuarantined("a", "web", "2", "ill"),
        TaskEnded("a", "0/rollback/0", Verdict.GOOD, changed=True),
        HostEnded("a", 0, "failed", "ill; rolled back to web 1, and well again"),
        RunHalted(HALT),
        HostEnded("b", 0, "not_started", f"the rollout was halted: {HALT}"),
        *more,
    )


def test_what_was_taken_back_is_not_installed() -> None:
    """The report counts no package that went back, and says with which versions the host is left."""
    first = summarise("r1", story()).hosts[0]
    assert ({}, {"web": "1"}, None) == (first.packages, first.rolled_back, first.score)


def test_the_screen_tells_it_once() -> None:
    """Why the run was halted stands below the table and not with every host; the quarantine is told with what lifts it."""
    page = render(summarise("r1", story()), 100)
    assert 1 == " ".join(page.split()).count(HALT)
    assert "the run was halted before" in page
    assert "in quarantine, installed nowhere: web 2 (lift it: healer release web 2)" in page


def test_many_versions_share_one_command() -> None:
    """With several versions the command is shown with its words in capitals."""
    page = render(summarise("r1", story(VersionQuarantined("a", "lib", "3", "ill"))), 120)
    assert "in quarantine, installed nowhere: web 2, lib 3 (lift it: healer release PACKAGE VERSION)" in page


def test_a_released_version_is_no_news() -> None:
    """What a person has released since is not told as in quarantine."""
    assert "in quarantine" not in render(summarise("r1", story(VersionReleased("web", "2", "ann"))), 100)


def test_a_host_tells_its_way_back() -> None:
    """The story of a host names what was not well, what went into quarantine, what could not be kept, and who released it."""
    told = "\n".join(explain_host(story(VersionReleased("web", "2", "ann")), "a"))
    for words in (
        "former versions that could not be had: web 1",
        "not well after its upgrade: ill",
        "in quarantine for all hosts: web 2",
        "ann releases web 2",
    ):
        assert words in told


def test_a_plan_tells_what_could_not_be_taken_back_and_what_stays_out() -> None:
    """Both are lines of their own; of a plan without packages there are none."""
    decision = Act((UPGRADE,), {"rollback": "possible: all of it"}, {"web": "2"}, owes=(Owe("quarantine", "lib 3 is in quarantine"),))
    plan = host_plan(stamped(TaskPlanned("a", "0/tasks/0", "Upgrade", "packages", decision)))
    assert (("possible: all of it",), ("lib 3 is in quarantine",)) == (plan.rollback, plan.quarantine)
    empty = host_plan(stamped(TaskPlanned("a", "0/tasks/0", "Upgrade", "packages", Skip("nothing"))))
    assert ((), ()) == (empty.rollback, empty.quarantine)
