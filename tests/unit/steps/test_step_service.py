"""service: what is missing, and whether it came about."""

import pytest
from step_cases import acts, complaint, judged, planned, services, unit

from healer.model.action import LookAgain, Refuse, Run, Skip
from healer.model.facts import Facts, Unknown, Verdict

RUNNING = services(unit("nginx.service"))
STOPPED = services(unit("nginx.service", active="inactive", sub="dead", enabled="disabled", invocation=""))
LOOPING = services(unit("nginx.service", active="activating", sub="auto-restart"))
STARTING = services(unit("nginx.service", active="activating", sub="start"))


def verbs(facts: Facts, **arguments: object) -> list[tuple[str, bool]]:
    """Return the words given to systemctl and whether each is disruptive; the last action must be a look."""
    *actions, proof = acts("service", {"name": "nginx", **arguments}, facts).actions
    assert LookAgain(("units",)) == proof.verb
    return [(action.verb.argv[1], action.disruptive) for action in actions if isinstance(action.verb, Run)]


@pytest.mark.parametrize(
    ("facts", "arguments", "expected"),
    [
        (STOPPED, {"state": "started"}, [("start", False)]),
        (STOPPED, {"state": "started", "enabled": True}, [("enable", False), ("start", False)]),
        (STOPPED, {"state": "restarted"}, [("restart", True)]),
        (STOPPED, {"state": "reloaded"}, [("start", False)]),
        (RUNNING, {"state": "stopped"}, [("stop", True)]),
        (RUNNING, {"state": "restarted"}, [("restart", True)]),
        (RUNNING, {"state": "reloaded"}, [("reload", False)]),
        (RUNNING, {"enabled": False}, [("disable", False)]),
        (RUNNING, {"state": "restarted", "disruptive": False}, [("restart", False)]),
        (STOPPED, {"state": "started", "enabled": True, "disruptive": True}, [("enable", False), ("start", True)]),
        (LOOPING, {"state": "started"}, [("start", False)]),
        (LOOPING, {"state": "stopped"}, [("stop", True)]),
        (services(), {"state": "started"}, [("start", False)]),
    ],
)
def test_only_what_is_missing_is_done(facts: Facts, arguments: dict[str, object], expected: list[tuple[str, bool]]) -> None:
    """The step does what is missing, enables before it starts, and counts stop and restart as disruptive."""
    assert expected == verbs(facts, **arguments)


@pytest.mark.parametrize(
    ("facts", "arguments", "reason"),
    [
        (RUNNING, {"state": "started"}, "nginx.service is running already"),
        (RUNNING, {"state": "started", "enabled": True}, "nginx.service is running and enabled already"),
        (STOPPED, {"state": "stopped", "enabled": False}, "nginx.service is stopped and disabled already"),
        (services(unit("nginx.service", enabled="static")), {"enabled": True}, "nginx.service is enabled already"),
        (services(), {"state": "stopped"}, "nginx.service is stopped already"),
    ],
)
def test_what_is_so_already_is_left_alone(facts: Facts, arguments: dict[str, object], reason: str) -> None:
    """A service that is as it should be is skipped."""
    assert Skip(reason) == planned("service", {"name": "nginx", **arguments}, facts)


@pytest.mark.parametrize(
    ("facts", "arguments", "reason"),
    [
        (Facts({"units": Unknown("no systemd")}), {"state": "started"}, "the services are not known: no systemd"),
        (services(unit("nginx.service", load="masked", active="inactive")), {"state": "started"}, "nginx.service is masked"),
        (
            services(unit("nginx.service", refuse_manual_stop=True)),
            {"state": "restarted"},
            "nginx.service must not be stopped by hand (RefuseManualStop)",
        ),
    ],
)
def test_what_systemd_would_refuse_is_refused(facts: Facts, arguments: dict[str, object], reason: str) -> None:
    """An unknown, masked or protected service is refused before anything is done."""
    assert Refuse(reason) == planned("service", {"name": "nginx", **arguments}, facts)


def test_the_name_is_an_argument_of_its_own() -> None:
    """The unit stands behind -- with its full name, its undo is told, and a restart names its unit."""
    action = acts("service", {"name": "nginx", "state": "stopped"}, RUNNING).actions[0]
    restart = acts("service", {"name": "nginx.service", "state": "restarted"}, RUNNING).actions[0]
    expected = (Run(("systemctl", "stop", "--", "nginx.service"), timeout=300.0), "systemctl start nginx.service", "nginx.service")
    assert expected == (action.verb, action.undo, restart.unit)


NEW = services(unit("nginx.service", invocation="two"))


@pytest.mark.parametrize(
    ("arguments", "after", "verdict", "reason"),
    [
        ({"state": "started"}, RUNNING, Verdict.GOOD, "nginx.service is running"),
        ({"state": "started"}, STOPPED, Verdict.BAD, "nginx.service is inactive (dead), not running"),
        ({"state": "started"}, services(), Verdict.BAD, "nginx.service is inactive, not running"),
        ({"state": "started"}, LOOPING, Verdict.BAD, "nginx.service is activating (auto-restart), not running"),
        ({"state": "started"}, STARTING, Verdict.UNKNOWN, "nginx.service is still starting"),
        ({"state": "restarted"}, NEW, Verdict.GOOD, "nginx.service is running"),
        ({"state": "restarted"}, RUNNING, Verdict.BAD, "nginx.service was not restarted: it is still the same invocation"),
        ({"state": "stopped"}, STOPPED, Verdict.GOOD, "nginx.service is stopped"),
        ({"state": "stopped"}, RUNNING, Verdict.BAD, "nginx.service is active, not stopped"),
        ({"enabled": True}, RUNNING, Verdict.GOOD, "nginx.service is enabled"),
        ({"enabled": True}, STOPPED, Verdict.BAD, "nginx.service is disabled, not enabled"),
        ({"enabled": True}, services(), Verdict.BAD, "nginx.service is not there, not enabled"),
        ({"enabled": False}, services(), Verdict.GOOD, "nginx.service is disabled"),
        ({"state": "started"}, Facts(), Verdict.UNKNOWN, "nginx.service could not be looked at: units was not looked at"),
    ],
)
def test_the_proof_is_the_unit_itself(arguments: dict[str, object], after: Facts, verdict: Verdict, reason: str) -> None:
    """Whether it worked is read from the unit afterwards; what cannot be read is unknown."""
    assert (verdict, reason) == judged("service", {"name": "nginx", **arguments}, RUNNING, after)


def test_a_oneshot_may_have_finished() -> None:
    """A oneshot service that ended well counts as started."""
    after = services(unit("nginx.service", type="oneshot", active="inactive"))
    assert judged("service", {"name": "nginx", "state": "started"}, STOPPED, after) == (Verdict.GOOD, "nginx.service is running")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "nginx"}, "give state or enabled"),
        ({"name": "a.timer", "state": "started"}, "service takes services only"),
        ({"name": "-x", "state": "started"}, "service takes services only"),
        ({"name": "a b", "state": "started"}, "should match pattern"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, object], words: str) -> None:
    """What wishes for nothing, or is no name of a service, is refused."""
    assert words in complaint("service", arguments)
