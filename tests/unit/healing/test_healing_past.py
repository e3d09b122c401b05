"""What the journal gives back of a host's services."""

from typing import Any

import pytest
from healing_cases import NOW, WEB, heal, judgement, sample, stamped

from healer.healing.past import service_past
from healer.model.action import Action, Run
from healer.model.events import (
    ActEnded,
    ActIntended,
    HostAcknowledged,
    Note,
    ServiceAcknowledged,
    ServicesJudged,
    ServicesSeen,
)
from healer.model.facts import Verdict
from healer.model.services import LEFT_ALONE, Heal, ServicePast


def seen(restarts: int = 0, boot: str = "b1", **changes: Any) -> ServicesSeen:
    """Return a look at web of h1."""
    return ServicesSeen("h1", boot, {WEB: sample(restarts=restarts)}, **changes)


def intended(act: str = "a", rung: str = "restart", unit: str = WEB, host: str = "h1") -> ActIntended:
    """Return the intent of a try."""
    return ActIntended(host, "0/tasks/0", 0, act, Action("try", Run(("x",)), unit=unit, rung=rung))


def ended(act: str = "a", verdict: Verdict = Verdict.GOOD, host: str = "h1", status: int | None = None) -> ActEnded:
    """Return the end of a try."""
    return ActEnded(host, "0/tasks/0", 0, act, verdict, changed=True, reason="so", status=status)


def test_an_empty_journal_knows_nothing() -> None:
    """Nor does one with events of other hosts and kinds."""
    other = [Note("h1", "x"), ServicesSeen("h2", "b1"), intended(host="h2"), ended(host="h2"), ended("never begun")]
    assert ServicePast() == service_past("h1", ()) == service_past("h1", stamped(*other))


def test_the_newest_look_is_how_it_was() -> None:
    """With its time and boot."""
    past = service_past("h1", stamped(seen(), seen(1, zombies={WEB: 120}, memory_kills=4)))
    assert (NOW + 1, "b1", {WEB: sample(restarts=1)}, {WEB: 120}, 4) == (
        past.at,
        past.boot_id,
        past.samples,
        past.zombies,
        past.memory_kills,
    )


@pytest.mark.parametrize(
    ("looks", "every", "times"),
    [
        ([seen(0), seen(0)], 1, ()),
        ([seen(0), seen(2)], 1, (1, 1)),
        ([seen(0), seen(9)], 1, (1, 1, 1)),
        ([seen(5), seen(2)], 1, (1,)),
        ([seen(0), seen(2, "b2")], 1, ()),
        ([seen(-1), seen(2)], 1, ()),
        ([seen(0), seen(9)], 5400, (5400,)),
        ([seen(number) for number in range(20)], 1, tuple(range(8, 20))),
    ],
)
def test_the_times_of_restarts_are_kept(looks: list[ServicesSeen], every: float, times: tuple[float, ...]) -> None:
    """Of the same boot, the newest twelve; a counter that went down is one restart, growth over hours is spread."""
    grown = service_past("h1", stamped(*looks, every=every)).grown
    assert tuple(NOW + time for time in times) == grown.get(WEB, ())


@pytest.mark.parametrize(
    ("looks", "since"),
    [
        ([((9, 77),), ((9, 77), (8, 1))], {(9, 77): NOW, (8, 1): NOW + 1}),
        ([((9, 77),), (), ((9, 77),)], {(9, 77): NOW + 2}),
        ([((9, 77),), ((9, 78),)], {(9, 78): NOW + 1}),
    ],
)
def test_a_blocked_process_is_as_old_as_the_first_look_in_a_row(looks: list[Any], since: dict[tuple[int, int], float]) -> None:
    """One that ran in between begins anew."""
    assert since == service_past("h1", stamped(*(seen(blocked=one) for one in looks))).blocked_since


def test_after_a_boot_no_process_is_the_old_one() -> None:
    """Numbers start anew."""
    looks = stamped(seen(blocked=((9, 77),)), seen(boot="b2", blocked=((9, 77),)))
    assert {(9, 77): NOW + 1} == service_past("h1", looks).blocked_since


def test_a_heal_is_an_act_with_a_rung() -> None:
    """With how it ended and how long it took; without an end it is not known; a restart after a patch is none."""
    events = stamped(intended(), ended(), intended("b", "start"), intended("c", ""), intended("d", "restart", ""), ended("c"))
    first = Heal("h1", WEB, "restart", NOW, Verdict.GOOD, "so", 1.0, "r1")
    assert (first, Heal("h1", WEB, "start", NOW + 2, Verdict.UNKNOWN, run="r1")) == service_past("h1", events).heals


def test_what_was_left_alone_was_no_try() -> None:
    """Somebody else was at it, and nothing was done; the same status of what did not end well is a try."""
    left, tried = [intended(), ended(status=LEFT_ALONE)], [intended("b"), ended("b", Verdict.BAD, status=LEFT_ALONE)]
    assert [Verdict.BAD] == [one.verdict for one in service_past("h1", stamped(*left, *tried, ended("c", status=LEFT_ALONE))).heals]


def test_a_quarantine_stands_until_its_service_is_acknowledged() -> None:
    """Not that of another service, and not the host; that it was well meanwhile does not lift it."""
    events: list[Any] = [ServicesJudged("h1", (judgement("quarantine"),)), ServicesJudged("h1", (), (WEB,)), HostAcknowledged("h1", "me")]
    events += [ServiceAcknowledged("h1", "other.service", "me")]
    assert {WEB: "because"} == service_past("h1", stamped(*events)).quarantined
    assert {} == service_past("h1", stamped(*events, ServiceAcknowledged("h1", WEB, "me"))).quarantined


def test_what_was_tried_before_the_acknowledgement_counts_no_longer() -> None:
    """Neither tries nor restarts nor the judgement; those of other services do, and so does what comes after."""
    before: list[Any] = [seen(0), seen(2), intended(), intended("b", unit="other.service"), ServicesJudged("h1", (judgement("wait"),))]
    past = service_past("h1", stamped(*before, ServiceAcknowledged("h1", WEB, "me"), intended("c", "kill")))
    assert (["other.service", WEB], {}, {}) == ([one.unit for one in past.heals], past.grown, past.judged)
    assert "kill" == past.heals[-1].rung


def test_the_newest_judgement_of_each_service_is_kept_until_it_is_well() -> None:
    """With the time at which it was news."""
    events = stamped(ServicesJudged("h1", (judgement("wait"), judgement(unit="b"))), ServicesJudged("h1", (judgement("heal"),), ("b", "c")))
    assert {WEB: (NOW + 1, judgement("heal"))} == service_past("h1", events).judged


def test_a_clock_that_was_set_back_takes_no_negative_time() -> None:
    """The end of a try is not before its begin."""
    assert 0.0 == service_past("h1", stamped(intended(), ended(), every=-5)).heals[0].took
    assert heal().took == 0.0
