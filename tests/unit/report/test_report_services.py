"""What the reports say of services: in `status`, in `show`, and in the plan of a dry run."""

from datetime import UTC, datetime

import pytest

from healer.model.action import Act, Action, Job, Run, Skip
from healer.model.events import Event, HostEnded, PlayStarted, ServiceAcknowledged, ServicesJudged, Stamped, TaskPlanned, Terminal
from healer.model.services import Choice, ServiceJudgement, ServicePast
from healer.report.explain import explain_host
from healer.report.host_plan import host_plan
from healer.report.services import service_remarks, window_remarks

AT = datetime(2026, 1, 7, 12, 0, tzinfo=UTC)


def stamped(*events: Event) -> list[Stamped]:
    """Return them as a journal holds them."""
    return [Stamped(number, "r1", AT, event) for number, event in enumerate(events, start=1)]


def judgement(unit: str, choice: Choice) -> ServiceJudgement:
    """Return a judgement."""
    return ServiceJudgement(unit, "failed", "it is down", choice, "rule", "because", "start" if choice == "heal" else None)


def test_status_names_services_that_wait_for_a_person() -> None:
    """Quarantines, what is withheld and what is left to a person; what is healed or only waits is no remark."""
    units: dict[str, Choice] = {"a": "withhold", "b": "tell", "c": "heal", "d": "wait", "e": "quarantine"}
    judged = {unit: (0.0, judgement(unit, choice)) for unit, choice in units.items()}
    said = list(service_remarks(ServicePast(quarantined={"e": "three tries"}, judged=judged)))
    assert ["e is in quarantine: three tries", "a is not healed: because", "b needs a person: because"] == said


@pytest.mark.parametrize(("variables", "remarks"), [({}, 1), ({"window": "always"}, 0)])
def test_status_says_where_no_window_is_declared(variables: dict[str, object], remarks: int) -> None:
    """Without a window nothing is patched or booted on a host by the pass and the watch, and nobody should wonder why."""
    assert remarks == len(list(window_remarks(variables)))


def test_show_tells_what_was_decided() -> None:
    """Each judgement with its rule, what is well again, and who has looked."""
    events = stamped(ServicesJudged("a", (judgement("x", "heal"),), ("y",)), ServiceAcknowledged("a", "x", "ann"))
    told = "\n".join(explain_host(events, "a"))
    assert "services: x: heal by start [rule]: because; y: well again" in told
    assert "ann has looked at x: it may be healed again" in told


def plan_of(*ends: Terminal) -> list[Stamped]:
    """Return a dry run of as many plays, with a heal in the first and a rung without a turn in the second."""
    start = Action("start x: it is down", Run(("sh",)), disruptive=False, unit="x", rung="start")
    decided = (Act((start,)), Skip("no service is to be brought back by kill now"))
    events: list[Event] = []
    for number, end in enumerate(ends):
        events += [
            PlayStarted(number, "p", ("a",)),
            TaskPlanned("a", f"{number}/tasks/0", "t", "heal", decided[number]),
            HostEnded("a", number, end),
        ]
    return stamped(*events)


def test_the_plan_tells_heals_and_no_rung_without_a_turn() -> None:
    """What would be brought back stands for itself; that most rungs have nothing to do is no news."""
    plan = host_plan(plan_of("changed", "ok"))
    assert (("start x: it is down",), (), True) == (plan.heals, plan.skipped, plan.work)


def test_the_plan_tells_a_way_back() -> None:
    """A package that would be taken back is named, although it is for a service."""
    back = Act((Action("go back to app 1.0", Job("true"), unit="app.service"),))
    events = [PlayStarted(0, "p", ("a",)), TaskPlanned("a", "0/tasks/0", "t", "heal", back), HostEnded("a", 0, "changed")]
    assert "go back to app 1.0" in host_plan(stamped(*events)).others


@pytest.mark.parametrize(
    ("ends", "terminal"), [(("changed", "ok"), "changed"), (("changed", "failed"), "failed"), (("ok", "ok"), "ok"), ((), "pending")]
)
def test_work_in_one_play_is_work(ends: tuple[Terminal, ...], terminal: str) -> None:
    """A host with nothing to do in the last play of a run has work all the same; one that fails there fails."""
    assert terminal == host_plan(plan_of(*ends)).terminal
