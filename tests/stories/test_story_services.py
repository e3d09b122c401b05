"""Services that fall and hang, brought back by the bundled playbook."""

import pytest
from service_world import BUNDLED, POLICY, UNIT, brings_back, falls, fleet, hangs, is_well, rungs, shows, state
from world import World, dies_after_effect, ends, reason

from healer.model.errors import PlaybookError
from healer.model.events import ActIntended, ServiceAcknowledged, ServicesJudged
from healer.model.facts import Unknown
from healer.report import why


def judged(world: World, host: str = "a") -> list[tuple[str, str]]:
    """Return what was decided of the host's services over all runs, with the rule."""
    events = [one.event for one in world.journal.about(host, ("services_judged",))]
    return [(one.choice, one.rule) for event in events if isinstance(event, ServicesJudged) for one in event.judgements]


def acts(world: World) -> list[ActIntended]:
    """Return what was intended on host a, over all runs."""
    return [one.event for one in world.journal.about("a", ("act_intended",)) if isinstance(one.event, ActIntended)]


def pass_of_ten_minutes(world: World) -> None:
    """Let so much time go by that no wait between two tries holds the next one back."""
    world.clock.sleep(900)


def test_nothing_is_done_to_services_that_are_well() -> None:
    """Hosts whose services are well are looked at and left alone."""
    world = fleet("a", "b")
    assert {"a": "ok", "b": "ok"} == ends(world.run(BUNDLED))
    assert [] == world.log


def test_a_dead_service_is_started_in_the_first_play() -> None:
    """A service that is down is started, nobody is drained for it, and afterwards the host is well."""
    world = fleet("a", "b", "c")
    falls(world["a"])
    brings_back(world["a"], "start")
    report = world.run(BUNDLED.replace("drain: []", 'drain: [{command: "lb out"}]', 1))
    assert (["start"], "ok") == (rungs(world["a"]), world.ends()["a"])
    assert "lb out" not in world["a"].what
    assert 0 == report.exit_code


def test_all_dead_services_are_started_at_once_where_the_stuck_wait_for_a_slot() -> None:
    """A start needs no room in the budget; a restart of the same service does."""
    world = fleet("a", "b", "c", "d", services_meltdown=100)
    for name in ("a", "b"):
        falls(world[name])
        brings_back(world[name], "start")
    world.run(BUNDLED)
    assert [["start"], ["start"]] == [rungs(world[name]) for name in ("a", "b")]


def test_a_stuck_service_climbs_the_ladder() -> None:
    """Each rung is tried once, in order, until one helps; the host is well then."""
    world = fleet("a", "b", "c")
    hangs(world["a"])
    brings_back(world["a"], "restart", then=hangs)
    brings_back(world["a"], "kill")
    report = world.run(BUNDLED)
    assert (["restart", "kill"], "changed") == (rungs(world["a"]), ends(report)["a"])


def test_a_rung_that_fails_leaves_the_next_one_its_turn() -> None:
    """A restart that does not bring it up is told, and the kill follows in the same run."""
    world = fleet("a", "b", "c")
    hangs(world["a"])
    brings_back(world["a"], "restart", then=hangs, status=4)
    brings_back(world["a"], "kill")
    world.run(BUNDLED)
    assert ["restart", "kill"] == rungs(world["a"])


def test_what_no_rung_helps_fails_the_host() -> None:
    """A service that stays ill in spite of its whole ladder fails its host and is in quarantine."""
    world = fleet("a", "b", "c")
    hangs(world["a"])
    for rung in ("restart", "kill"):
        brings_back(world["a"], rung, then=hangs)
    report = world.run(BUNDLED)
    assert "failed" == ends(report)["a"]
    assert f"{UNIT}: in quarantine" in reason(report, "a")


def test_evidence_is_kept_before_the_kill() -> None:
    """What a restart or a kill destroys is read right before it, and shown by `healer why`."""
    world = fleet("a", "b", "c")
    hangs(world["a"])
    brings_back(world["a"], "restart")
    world.run(BUNDLED)
    assert ["gather", "run"] == [one.action.verb.verb for one in acts(world)]
    told = why.entries(world.journal.about("a", why.KINDS), UNIT)
    assert [one.output for one in told if one.kind == "evidence"] == ["evidence of a: pid 77 waits in futex\n"]


def test_evidence_that_cannot_be_had_does_not_stand_in_the_way() -> None:
    """The cure follows, whatever becomes of the look before it."""
    world = fleet("a", "b", "c")
    hangs(world["a"])
    world["a"].programs[f"healer {UNIT}"] = lambda _host, _argv: (1, "")
    brings_back(world["a"], "restart")
    assert "changed" == ends(world.run(BUNDLED))["a"]


def test_somebody_else_who_restarts_it_is_not_disturbed() -> None:
    """A service that a person has restarted meanwhile is left alone: nothing is done, and nothing has failed."""
    world = fleet("a", "b", "c")
    hangs(world["a"])
    brings_back(world["a"], "restart", status=3)
    report = world.run(BUNDLED)
    assert (["restart"], 0) == (rungs(world["a"]), report.exit_code)


def test_the_last_healthy_member_is_withheld_and_told() -> None:
    """Where no other host of the group is well a stuck service is not restarted: the host fails and says why."""
    world = fleet("a", "b", "c", services_meltdown=100)
    hangs(world["a"])
    for name in ("b", "c"):
        shows(world[name], state("failed", enabled="disabled", changed=100.0))
    report = world.run(BUNDLED, hosts=("a",))
    assert [] == rungs(world["a"])
    assert "withheld" in reason(report, "a")


def test_three_tries_within_an_hour_end_in_quarantine_until_somebody_has_looked() -> None:
    """A service that falls again and again is started three times, then left alone; an acknowledgement gives it new tries."""
    world = fleet("a", "b", "c")
    for _ in range(5):
        falls(world["a"])
        brings_back(world["a"], "start")
        report = world.run(BUNDLED)
        pass_of_ten_minutes(world)
    assert ["start"] * 3 == rungs(world["a"])
    assert "in quarantine" in reason(report, "a")
    world.journal.append("run-1", ServiceAcknowledged("a", UNIT, "ann"))
    falls(world["a"])
    world.run(BUNDLED)
    assert ["start"] * 4 == rungs(world["a"])


def test_a_crash_between_act_and_result_is_asked_about() -> None:
    """A restart of which the control node never saw the end is not done again: the host tells what became of it."""
    world = fleet("a", "b", "c")
    hangs(world["a"])
    brings_back(world["a"], "restart")
    dies_after_effect(world, 1)
    with pytest.raises(BaseException):  # noqa: B017,PT011  the control node dies
        world.run(BUNDLED)
    for host in world.hosts.values():
        host.on_effect = lambda _host, _what: None
    report = world.resume()
    assert (["restart"], "changed") == (rungs(world["a"]), ends(report)["a"])


def test_a_dry_run_says_what_would_be_brought_back_and_does_nothing() -> None:
    """`--check` finds the work, ends with 3, and touches nothing; what it has seen goes where samples are kept."""
    world = fleet("a", "b", "c")
    hangs(world["a"])
    report = world.run(BUNDLED, check=True)
    assert (3, []) == (report.exit_code, world.log)


def test_a_host_whose_services_cannot_be_seen_fails_and_is_left_alone() -> None:
    """What is not known is never a reason to act, and never taken for well."""
    world = fleet("a", "b", "c")
    world["a"].facts["services"] = Unknown("the bus is gone")
    report = world.run(BUNDLED)
    assert "how the services are is not known: the bus is gone" in reason(report, "a")


def test_a_service_that_only_waits_for_its_next_try_fails_nobody() -> None:
    """What this run has tried in vain fails its host; a later run, for which it is too early to try again, does not."""
    world = fleet("a", "b", "c")
    falls(world["a"])
    brings_back(world["a"], "start", then=falls, status=4)
    first, second = world.run(BUNDLED), world.run(BUNDLED)
    assert ("failed", "ok") == (ends(first)["a"], ends(second)["a"])
    assert [("heal", "down"), ("wait", "started"), ("wait", "back-off")] == judged(world)


def test_what_was_decided_is_written_down_once() -> None:
    """A second look at the same trouble writes no second judgement, and a service that is well again is told as that."""
    world = fleet("a", "b", "c", maintenance={"until": "2027-01-01 00:00"})
    falls(world["a"])
    for _ in range(2):
        world.run(BUNDLED)
    assert [("withhold", "maintenance")] == judged(world)
    is_well(world["a"])
    world.run(BUNDLED)
    last = world.journal.about("a", ("services_judged",), newest=1)[0].event
    assert isinstance(last, ServicesJudged)
    assert (UNIT,) == last.well


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"services": [{"unit": UNIT, "probes": [{"htttp": "x"}]}]}, "did you mean http"),
        ({"services": [{"unit": UNIT, "heals": -1}]}, "is -1: it should be greater"),
        ({"services": [{"unit": "a.socket"}]}, "only services are healed"),
        ({"services_meltdown": -5}, "meltdown"),
    ],
)
def test_a_policy_that_makes_no_sense_begins_nothing(variables: dict[str, object], words: str) -> None:
    """A mistake in the policy is told with its host before anything is connected."""
    world = fleet("a")
    world = World(["a"], {"a": {"services": POLICY, **variables}})
    with pytest.raises(PlaybookError, match=words):
        world.run(BUNDLED)
    assert (0, []) == (world["a"].looks, list(world.journal.kept))


def test_a_host_outside_the_limit_is_seen_through_others_eyes() -> None:
    """Somebody who watches the hosts that the run may not touch tells how they are, so that they are not looked at."""
    from dataclasses import replace

    from world import free

    from healer.pipeline import carry_out

    world = fleet("a", "b")
    hangs(world["a"])
    brings_back(world["a"], "restart")
    known = world["b"].look((*world["b"].facts, "identity"))
    looks = world["b"].looks
    doors = replace(world.doors(), witness=lambda host: known if host == "b" else None)
    report = carry_out(world.order(BUNDLED, hosts=("a",)), doors, free)
    assert (looks, "changed") == (world["b"].looks, ends(report)["a"]), reason(report, "a")


def test_a_heal_is_told_with_its_reason_and_what_came_of_it() -> None:
    """`healer why` tells newest first: well again, the heal with its end, the evidence, and the judgement with its rule."""
    world = fleet("a", "b", "c")
    falls(world["a"])
    brings_back(world["a"], "start")
    world.run(BUNDLED)
    told = why.entries(world.journal.about("a", why.KINDS), UNIT)
    assert ["heal", "evidence", "judged"] == [one.kind for one in told][-3:]
    assert "down" == told[-1].rule
    assert f"start {UNIT}" in " ".join(line for one in told for line in why.lines(one, evidence=False))
