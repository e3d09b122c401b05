"""What people are told of, and when."""

from typing import Any

import pytest
from healing_cases import judgement

from healer.healing.incidents import Changes, changes, standing


@pytest.mark.parametrize(
    ("choice", "rule", "told"),
    [
        ("quarantine", "heals-an-hour", True),
        ("withhold", "last-healthy", True),
        ("tell", "memory", True),
        ("wait", "back-off", False),
        ("heal", "down", False),
        ("withhold", "maintenance", False),
    ],
)
def test_what_is_left_as_it_is_needs_somebody(choice: str, rule: str, told: bool) -> None:
    """What is healed, waited for or under maintenance needs nobody yet."""
    expected = {"h1/web.service": "h1: web.service: because"} if told else {}
    assert expected == standing({"h1": [judgement(choice, rule=rule)]}, {})


@pytest.mark.parametrize("rule", ["us", "cut-off", "meltdown", "shared-cause"])
def test_what_is_the_same_for_many_hosts_is_one_incident(rule: str) -> None:
    """By its cause, in the same words wherever it is seen first."""
    many = {host: [judgement("withhold", rule=rule, cause="all is lost", reason=f"{host} too")] for host in ("h2", "h1")}
    assert {f"{rule} all is lost": "all is lost"} == standing(many, {})


@pytest.mark.parametrize(
    ("terminal", "reason", "judged", "expected"),
    [
        ("held", "no proof", [], {"h1": "h1 is held: no proof"}),
        ("unreachable", "", [], {"h1": "h1 is unreachable"}),
        ("unknown", "cut off", [], {"h1": "h1 is unknown: cut off"}),
        ("failed", "dpkg broke", [judgement("wait")], {"h1": "h1 is failed: dpkg broke"}),
        ("failed", "web.service: it is down", [judgement("wait")], {}),
        ("held", "web.service: it is down", [judgement("wait")], {"h1": "h1 is held: web.service: it is down"}),
        ("ok", "", [], {}),
        ("busy", "x", [], {}),
    ],
)
def test_hosts_that_ended_badly_are_told(terminal: str, reason: str, judged: list[Any], expected: dict[str, str]) -> None:
    """Unless they failed because of a service that is told of itself."""
    assert expected == standing({"h1": judged}, {"h1": (terminal, reason)})


def test_incidents_are_in_order() -> None:
    """By key, whatever came first."""
    found = standing({"h2": [judgement("tell")], "h1": [judgement("tell")]}, {"a": ("held", "x")})
    assert ["a", "h1/web.service", "h2/web.service"] == list(found)


def test_only_what_is_new_changed_or_over_is_told() -> None:
    """What stands as it was told is told no more."""
    before, now = {"a": "1", "b": "1", "c": "1"}, {"d": "1", "b": "2", "c": "1"}
    found = changes(before, now)
    assert Changes({"d": "1"}, {"b": "2"}, {"a": "1"}) == found
    assert (True, False) == (bool(found), bool(changes(now, now)))
