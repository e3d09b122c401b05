"""The policy of services as a person writes it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from healer.healing.policy import policy_of, unknown_hosts


def entry(**written: Any) -> Any:
    """Return the entry of web with these words."""
    return policy_of({"services": [{"unit": "web", **written}]}).services[0]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({}, {"unit": "web.service", "ladder": ("restart", "kill"), "heals": 3, "within": 3600.0}),
        ({"unit": "app@*"}, {"unit": "app@*"}),
        (
            {"grace": "2m", "within": "1h", "stays": 5, "rung_timeout": "1.5 m"},
            {"grace": 120.0, "within": 3600.0, "stays": 5.0, "rung_timeout": 90.0},
        ),
        ({"depends_on": ["db", "h2/db.service"]}, {"depends_on": ("db.service", "h2/db.service")}),
        ({"debugger": ["gdb", "-p"]}, {"debugger": ("gdb", "-p")}),
    ],
)
def test_an_entry_is_read_as_people_write_it(written: dict[str, Any], read: dict[str, Any]) -> None:
    """Bare names are services, times may have a unit."""
    found = entry(**written)
    assert read == {name: getattr(found, name) for name in read}


@pytest.mark.parametrize(
    ("written", "kind", "read"),
    [
        ({"http": "https://x/", "status": 204, "from": "control"}, "http", {"status": (204,), "origin": "control"}),
        ({"tcp": 80}, "tcp", {"tcp": 80}),
        ({"tcp": "443"}, "tcp", {"tcp": 443}),
        ({"tcp": "[::1]:443"}, "tcp", {"tcp": "[::1]:443"}),
        ({"command": ["pg_isready", "-q"]}, "command", {"command": ("pg_isready", "-q")}),
        ({"heartbeat": "/run/beat", "older_than": "30s"}, "heartbeat", {"older_than": 30.0}),
        ({"unit": "db"}, "unit", {"unit": "db.service"}),
        ({"log_pattern": "panic", "file": "/var/log/a"}, "log_pattern", {"file": "/var/log/a"}),
        ({"backlog": 80}, "backlog", {"backlog": 80}),
    ],
)
def test_a_probe_has_one_kind(written: dict[str, Any], kind: str, read: dict[str, Any]) -> None:
    """The word that it begins with."""
    found = entry(probes=[written]).probes[0]
    assert (kind, read) == (found.kind, {name: getattr(found, name) for name in read})


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"probes": ["http"]}, "a probe is written as KIND: WHAT, with KIND one of http, tcp, command"),
        ({"probes": [{"htpp": "http://x/"}]}, "htpp is no word here; did you mean http?"),
        ({"probes": [{"xyzzy": 1}]}, "xyzzy is no word here"),
        (
            {"probes": [{"timeout": 3}]},
            "a probe has exactly one of http, tcp, command, heartbeat, unit, log_pattern, backlog; here are none of them",
        ),
        ({"probes": [{"http": "http://x/", "tcp": 80}]}, "here are http, tcp"),
        ({"probes": [{"http": "127.0.0.1"}]}, "'127.0.0.1' is no URL such as http://127.0.0.1/"),
        ({"probes": [{"tcp": 70000}]}, "70000 is no port from 1 to 65535"),
        ({"probes": [{"tcp": True}]}, "True is no port from 1 to 65535"),
        ({"probes": [{"backlog": True}]}, "True is no port from 1 to 65535"),
        ({"probes": [{"tcp": "x:y"}]}, "'y' is no port from 1 to 65535"),
        ({"probes": [{"command": "pg_isready -q"}]}, "'pg_isready -q' is no list of words such as [pg_isready, -q]: no shell reads it"),
        ({"probes": [{"heartbeat": "run/beat"}]}, "'run/beat' is no absolute path of a file"),
        ({"probes": [{"log_pattern": "x", "file": "a.log"}]}, "'a.log' is no absolute path of a file"),
        ({"probes": [{"log_pattern": ""}]}, "an empty log_pattern stands in every line"),
        ({"probes": [{"tcp": 80, "failures": -1}]}, "greater than or equal to 1"),
        ({"probes": [{"tcp": 80, "timeout": "-5s"}]}, "'-5s' is below 0: no time is"),
        ({"grace": "soon"}, "'soon' is no time such as 90s, 5m or 1h"),
        ({"grace": True}, "True is no time such as 90s, 5m or 1h"),
        ({"unit": "web.timer"}, "'web.timer' is no service: only services are healed"),
        ({"unit": "-web"}, "'-web' is no name of a unit, and no pattern of such names"),
        ({"ladder": ["kill", "restart"]}, "the ladder goes upwards, each rung once: start -> reload -> restart -> kill -> reboot"),
        ({"ladder": ["stop"]}, "Input should be 'start', 'reload', 'restart', 'kill' or 'reboot'"),
        ({"depends_on": ["/db"]}, "'/db' is no HOST/UNIT, and no unit of the same host"),
        ({"depends_on": ["a/b/db"]}, "'a/b/db' is no HOST/UNIT, and no unit of the same host"),
        ({"depends_on": ["db@*"]}, "'db@*' is a pattern: a dependency names one service"),
        ({"depends_on": ["web"]}, "web.service cannot depend on itself"),
        ({"depend_on": ["db"]}, "depend_on is no word here; did you mean depends_on?"),
        ({"maintenance": {"until": "2026-02-30 06:00"}}, "'2026-02-30 06:00' is no time such as `2026-12-24 06:00 Europe/Berlin`"),
        ({"maintenance": {"until": "2026-12-24 06:00 Europe/Berln"}}, "Europe/Berln is no time zone; did you mean Europe/Berlin?"),
        ({"maintenance": {"until": "tomorrow"}}, "'tomorrow' is no time such as"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(written: dict[str, Any], complaint: str) -> None:
    """With what was written, and the word that was meant where one is near."""
    with pytest.raises(ValidationError) as caught:
        entry(**written)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"services": ["web"]}, "a service is written as `- unit: web`"),
        ({"services": [{"unit": "web"}, {"unit": "web.service"}]}, "web.service has two entries; one service has one"),
        ({"services_meltdown": "-5%"}, "'-5%' is no percentage above 0% up to 100%"),
        ({"services_starved": 101}, "101 is no percentage above 0% up to 100%"),
        ({"services_starved": True}, "True is no percentage above 0% up to 100%"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(variables: dict[str, Any], complaint: str) -> None:
    """The complaint quotes what was written."""
    with pytest.raises(ValidationError) as caught:
        policy_of(variables)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2026-12-24 06:00 Europe/Berlin", 5),
        ("2026-12-24 06:00", 6),
        ("2026-12-24T06:00+02:00", 4),
        (datetime(2026, 12, 24, 6), 6),  # noqa: DTZ001  as YAML gives it
        (datetime(2026, 12, 24, 6, tzinfo=UTC), 6),
        ("2026-12-24", 0),
    ],
)
def test_a_moment_has_a_zone_or_is_utc(written: Any, hour: int) -> None:
    """As a text or as YAML's own time."""
    assert datetime(2026, 12, 24, hour, tzinfo=UTC) == entry(maintenance={"until": written}).maintenance.until


def test_a_share_may_have_its_sign() -> None:
    """With or without."""
    found = policy_of({"services_meltdown": "33.5%", "services_starved": 70})
    assert (33.5, 70.0) == (found.meltdown, found.starved)


def test_hosts_that_the_inventory_does_not_have_are_told() -> None:
    """Of dependencies and of probes that are asked from another host."""
    probes = [{"tcp": 80, "from": origin} for origin in ("host", "control", "another", "h3", "h9")]
    rules = policy_of({"services": [{"unit": "web", "depends_on": ["db", "h2/db", "h8/db"], "probes": probes}]})
    assert ("h8", "h9") == unknown_hosts(rules, ["h1", "h2", "h3"])
