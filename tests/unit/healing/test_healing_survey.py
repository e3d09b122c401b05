"""What all hosts say together."""

from typing import Any

import pytest
from healing_cases import (
    BLIND,
    DEAD,
    NOW,
    SIGNATURE,
    STUCK,
    UPTIME,
    WEB,
    WELL,
    dead,
    facts,
    fleet,
    heal,
    looping,
    past,
    policy,
    reading,
    state,
)

from healer.healing.policy import ServicesPolicy, policy_of
from healer.healing.survey import Seen, package_changes, survey
from healer.model.facts import Facts, Unknown, Verdict
from healer.model.services import PackageChange, ServicePast

UPGRADE = PackageChange(NOW - 60, "web", "1", "2", (WEB,))
APPS = policy_of({"services": [{"unit": "app@*", "probes": [{"tcp": 80}]}]})


def test_hosts_are_told_by_group_and_those_that_were_not_reached_with_the_reason() -> None:
    """Unreached is unknown: never good and never bad."""
    seen = [Seen("a", "x", policy(), WELL, ServicePast()), Seen("b", "y", policy(), None, ServicePast(), "no route")]
    whole = survey([*seen, Seen("c", "x", policy(), None, ServicePast())], NOW)
    assert {"x": ("a", "c"), "y": ("b",)} == whole.groups
    assert ("a", "c", "b") == whole.hosts
    assert {"b": "no route", "c": "it could not be reached"} == whole.unreached
    assert {"a": Verdict.GOOD, "c": Verdict.UNKNOWN} == whole.members("x", WEB)
    assert {} == whole.members("x", "other.service") == whole.members("nowhere", WEB)


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (WELL, Verdict.GOOD),
        (STUCK, Verdict.BAD),
        (facts(answers=(reading("bad", tries=1),)), Verdict.BAD),
        (facts(answers=(reading("unknown"),)), Verdict.UNKNOWN),
        (facts(answers=()), Verdict.UNKNOWN),
        (DEAD, Verdict.BAD),
        (facts(looping()), Verdict.BAD),
        (facts(state(active="inactive")), Verdict.BAD),
        (facts(state(active="deactivating", started=1.0)), Verdict.BAD),
        (facts(state(active="reloading")), Verdict.GOOD),
        (facts(state(active="activating", started=1.0)), Verdict.UNKNOWN),
        (BLIND, Verdict.UNKNOWN),
        (None, Verdict.UNKNOWN),
    ],
)
def test_a_service_is_well_where_it_is_up_and_its_answers_are_good(seen: Facts | None, verdict: Verdict) -> None:
    """One bad answer is enough for not being well; what is not known, or only on its way up, is unknown."""
    assert verdict == survey([Seen("a", "x", policy(), seen, ServicePast())], NOW).units[WEB]["a"]


def test_services_without_an_entry_are_told_too() -> None:
    """They may be what another one depends on."""
    whole = survey([Seen("a", "x", ServicesPolicy(), facts(state(), dead("db.service"), answers=()), ServicePast())], NOW)
    assert {WEB: {"a": Verdict.GOOD}, "db.service": {"a": Verdict.BAD}} == whole.units


def test_a_pattern_that_is_to_blame_stands_for_each_of_its_services() -> None:
    """None of them is known to be well; a host that could not be asked should have those that others have."""
    running = facts(state("app@1.service"), state("app@2.service"), answers=(reading("bad", unit="app@*"),),
                    services=facts(state("app@1.service"), state("app@2.service")).get("services"))  # fmt: skip
    whole = survey([Seen("a", "x", APPS, running, ServicePast()), Seen("b", "x", APPS, None, ServicePast())], NOW)
    assert {"a": Verdict.BAD, "b": Verdict.UNKNOWN} == whole.units["app@1.service"]
    assert "app@*" not in whole.units


def test_a_host_that_is_reached_and_has_no_such_service_is_no_member() -> None:
    """It takes nothing over for the others."""
    assert {"h1": Verdict.GOOD} == fleet(WELL, facts(state("other.service"), answers=())).members("web", WEB)


def test_answers_are_told_by_their_question() -> None:
    """One bad answer of a host to a question is bad; what bad ones said is kept, each once."""
    twice = facts(answers=(reading("bad"), reading(), reading("bad", signature="")))
    whole = fleet(twice, STUCK, WELL, facts(answers=(reading("unknown"),)), None)
    assert {SIGNATURE: {"h1": Verdict.BAD, "h2": Verdict.BAD, "h3": Verdict.GOOD, "h4": Verdict.UNKNOWN}} == whole.signatures
    assert {SIGNATURE: ("timed out",)} == whole.said


@pytest.mark.parametrize(
    ("seen", "before", "expected"),
    [
        (DEAD, past(), (NOW - 5,)),
        (WELL, past(heal(100), heal(1201)), (NOW - 100,)),
        (facts(dead(ago=1300)), past(), ()),
        (facts(services=Unknown("?")), past(), ()),
        (facts(state(active="inactive", changed=UPTIME - 4)), past(), ()),
    ],
)
def test_a_host_fell_when_a_service_went_bad(seen: Facts, before: ServicePast, expected: tuple[float, ...]) -> None:
    """Now or as the tries of the last twenty minutes show; one that somebody stopped has not fallen."""
    assert expected == fleet(seen, past=before).fell["h1"]


def test_package_changes_are_those_of_the_look() -> None:
    """None where they are not known."""
    assert (UPGRADE,) == package_changes(facts(package_changes=(UPGRADE, "nonsense")))
    assert () == package_changes(facts(package_changes=Unknown("?")))
    assert {"h1": (UPGRADE,)} == fleet(facts(package_changes=(UPGRADE,)), None).changes


def test_an_empty_survey_says_nothing() -> None:
    """Of nobody."""
    nothing: Any = survey((), NOW)
    assert ((), {}) == (nothing.hosts, nothing.units)
