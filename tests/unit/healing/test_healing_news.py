"""What of a look and of judgements is written down."""

from typing import Any

import pytest
from healing_cases import (
    BLIND,
    DEAD,
    NOW,
    STUCK,
    UPTIME,
    WEB,
    WELL,
    dead,
    facts,
    judgement,
    past,
    policy,
    reading,
    sample,
    stamped,
    state,
    states,
)

from healer.healing.news import judged, seen
from healer.healing.past import service_past
from healer.healing.policy import ServicesPolicy
from healer.model.events import ServicesJudged
from healer.model.facts import Facts, Unknown
from healer.model.services import BlockedProcess, ProcessTroubles, ServicePast

D_STATE = BlockedProcess(9, 77, "web", WEB)


def wrote(look: Facts, before: ServicePast, rules: ServicesPolicy | None = None, now: float = NOW) -> bool:
    """Return whether something is written."""
    return seen("h1", look, rules or policy(), before, now) is not None


def test_the_first_look_of_a_boot_is_written() -> None:
    """It is what later ones are compared with."""
    first = seen("h1", WELL, policy(), ServicePast(), NOW)
    assert first is not None
    assert ("h1", "b1", {WEB: sample()}, (), {}, 0) == (
        first.host,
        first.boot_id,
        first.samples,
        first.blocked,
        first.zombies,
        first.memory_kills,
    )
    assert wrote(WELL, past(boot_id="b0"))
    assert not wrote(BLIND, ServicePast())


@pytest.mark.parametrize(
    ("look", "news"),
    [
        (WELL, False),
        (facts(state(cpu=99.0)), False),
        (facts(state(restarts=1)), True),
        (facts(state(invocation="i2")), True),
        (facts(state(started=UPTIME - 5)), False),
        (facts(answers=(reading("unknown"),)), False),
        (STUCK, True),
        (facts(state(), dead("new.service")), True),
        (facts(services=states()), False),
        (facts(process_troubles=ProcessTroubles(memory_kills=1)), True),
        (facts(process_troubles=ProcessTroubles(zombies={WEB: 101})), True),
        (facts(process_troubles=ProcessTroubles(zombies={WEB: 100, "other.service": 900})), False),
        (facts(process_troubles=Unknown("?")), False),
    ],
)
def test_a_look_is_written_when_something_counted_has_moved(look: Facts, news: bool) -> None:
    """Restarts, starts, answers, kills, many dead children; processor time alone is no news."""
    assert news == wrote(look, past())


@pytest.mark.parametrize(
    ("earlier", "ago", "expected"),
    [
        ({}, 60, (3, NOW)),
        ({"bad": 1, "since": NOW - 30}, 60, None),
        ({"bad": 3, "since": NOW - 30}, 60, None),
        ({"bad": 3, "since": NOW - 30}, 3600, None),
        ({"bad": 3, "since": NOW - 30}, 3601, (3, NOW - 30)),
    ],
)
def test_bad_answers_are_counted_up_to_what_is_enough(earlier: dict[str, Any], ago: float, expected: Any) -> None:
    """Then they are written once an hour, so that they are known to last."""
    event = seen("h1", STUCK, policy(), past(ago=ago, samples={WEB: sample(**earlier)}), NOW)
    if earlier.get("bad") == 1:
        assert event
        assert (3, NOW - 30) == (event.samples[WEB].bad, event.samples[WEB].since)
    else:
        assert expected == (event and (event.samples[WEB].bad, event.samples[WEB].since))


def test_good_answers_end_the_count() -> None:
    """Unknown ones do not."""
    before = past(samples={WEB: sample(bad=2, since=NOW - 30)})
    event = seen("h1", WELL, policy(), before, NOW)
    assert event
    assert (0, 0.0) == (event.samples[WEB].bad, event.samples[WEB].since)
    assert not wrote(facts(answers=(reading("unknown"),)), before)


def test_a_service_that_is_down_or_not_named_has_no_answers() -> None:
    """Its sample is of its restarts alone."""
    for look, rules in ((facts(dead(), answers=(reading("bad"),)), policy()), (STUCK, ServicesPolicy())):
        event = seen("h1", look, rules, ServicePast(), NOW)
        assert event
        assert 0 == event.samples[WEB].bad


@pytest.mark.parametrize(("starts", "expected"), [(0, False), (1, False), (2, True)])
def test_the_end_of_a_row_of_fresh_starts_is_written(starts: int, expected: bool) -> None:
    """So that the next start begins a new row; one start is none yet."""
    assert expected == wrote(WELL, past(samples={WEB: sample(starts=starts)}))


def test_processor_time_is_kept_with_what_is_news() -> None:
    """To see later whether the service works."""
    event = seen("h1", facts(state(cpu=9.5)), policy(), ServicePast(), NOW)
    assert event
    assert 9.5 == event.samples[WEB].cpu


@pytest.mark.parametrize(
    ("before", "answers", "expected"),
    [
        (past(), (reading("bad"),), True),
        (past(ago=59, samples={WEB: sample(bad=3, since=NOW - 99)}), (reading("bad"),), False),
        (past(ago=60, samples={WEB: sample(bad=3, since=NOW - 99)}), (reading("bad"),), True),
        (past(ago=600), (reading(),), False),
        (past(ago=600, blocked=((9, 77),)), (reading(),), True),
    ],
)
def test_waiting_processes_are_written_once_a_minute_where_they_matter(before: ServicePast, answers: Any, expected: bool) -> None:
    """A service whose probes are good waits for its disk now and then, and nobody minds."""
    assert expected == wrote(facts(answers=answers, process_troubles=ProcessTroubles((D_STATE,))), before)


def test_without_probes_every_waiting_process_may_matter() -> None:
    """Of a service that the policy names, whether or not the look shows it."""
    rules = policy(probes=[])
    for look in (
        facts(process_troubles=ProcessTroubles((D_STATE,))),
        facts(services=states(), process_troubles=ProcessTroubles((D_STATE,))),
    ):
        event = seen("h1", look, rules, past(), NOW)
        assert event
        assert ((9, 77),) == event.blocked
    event = seen("h1", facts(services=states(), process_troubles=ProcessTroubles((D_STATE,))), policy(), past(), NOW)
    assert event
    assert ((9, 77),) == event.blocked


@pytest.mark.parametrize(("count", "ago", "expected"), [(120, 60, False), (120, 3601, True), (110, 3601, False), (100, 60, True)])
def test_dead_children_are_written_once_an_hour(count: int, ago: float, expected: bool) -> None:
    """And when they are many for the first time, or no longer."""
    before = past(ago=ago, zombies={WEB: 110})
    assert expected == wrote(facts(process_troubles=ProcessTroubles(zombies={WEB: count})), before)


def test_processes_that_could_not_be_read_are_as_they_were() -> None:
    """In the same boot; after another one nothing is known of them."""
    look = facts(state(restarts=1), process_troubles=Unknown("?"))
    for boot, expected in (("b1", (((9, 77),), {WEB: 110}, 3)), ("b0", ((), {}, 0))):
        event = seen("h1", look, policy(), past(boot_id=boot, blocked=((9, 77),), zombies={WEB: 110}, memory_kills=3), NOW)
        assert event
        assert expected == (event.blocked, event.zombies, event.memory_kills)


def test_the_same_look_twice_writes_nothing() -> None:
    """Also one with bad answers, which would count twice."""
    look = facts(answers=(reading("bad", tries=1),))
    event = seen("h1", look, policy(), past(), NOW)
    assert event
    assert not wrote(look, service_past("h1", stamped(event)))


OLD = past(judged={WEB: (NOW - 50, judgement("wait"))})


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        ([judgement("wait")], past(), ServicesJudged("h1", (judgement("wait"),))),
        ([judgement("wait")], OLD, None),
        ([judgement("wait", reason="in 9 s", detail="x")], OLD, None),
        ([judgement("heal", rung="start")], OLD, ServicesJudged("h1", (judgement("heal", rung="start"),))),
        ([judgement("wait", rule="busy")], OLD, ServicesJudged("h1", (judgement("wait", rule="busy"),))),
        ([judgement("wait", package=("a", "1", "2"))], OLD, ServicesJudged("h1", (judgement("wait", package=("a", "1", "2")),))),
        ([], OLD, ServicesJudged("h1", (), (WEB,))),
        ([], past(), None),
        ([judgement(unit="b"), judgement("wait")], OLD, ServicesJudged("h1", (judgement(unit="b"),))),
    ],
)
def test_judgements_are_written_when_they_say_something_new(now: Any, before: ServicePast, expected: ServicesJudged | None) -> None:
    """Another choice, rule, rung, cause or package; words alone are none. What is judged no longer is well."""
    assert expected == judged("h1", now, before, NOW)


def test_a_quarantine_is_written_once() -> None:
    """Whatever is wrong with the service meanwhile, and whichever rule gave it up."""
    before = past(judged={WEB: (NOW - 50, judgement("quarantine", rule="heals-an-hour"))})
    assert None is judged("h1", [judgement("quarantine", rule="quarantined", finding="crash_loop")], before, NOW)


def test_of_what_cannot_be_told_nobody_says_that_it_is_well() -> None:
    """The caller knows of which services that is so."""
    assert None is judged("h1", [], OLD, NOW, unsure=(WEB,))


def test_a_clock_that_was_set_back_is_news_of_what_creeps() -> None:
    """A look from the future cannot say how old it is."""
    before = past(ago=-500, samples={WEB: sample(bad=3, since=NOW)})
    assert wrote(STUCK, before)
    assert DEAD != WELL
