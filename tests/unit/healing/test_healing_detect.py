"""What counts as wrong with a service, and what does not."""

from dataclasses import replace
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
    heal,
    judgement,
    looping,
    past,
    policy,
    reading,
    sample,
    state,
    states,
)

from healer.healing.detect import blind, findings, proved, unsure
from healer.healing.policy import ServicesPolicy, policy_of
from healer.model.facts import Facts, Unknown, Verdict
from healer.model.services import BlockedProcess, Finding, ProcessTroubles, ServicePast, ServiceState

NO_POLICY = ServicesPolicy()


def found(seen: Facts, rules: ServicesPolicy | None = None, before: ServicePast | None = None) -> list[tuple[str, str]]:
    """Return unit and kind of the findings."""
    return [(one.unit, one.kind) for one in findings(seen, rules or policy(), before or ServicePast(), NOW)]


def only(seen: Facts, rules: ServicesPolicy | None = None, before: ServicePast | None = None) -> Finding:
    """Return the one finding."""
    (one,) = findings(seen, rules or policy(), before or ServicePast(), NOW)
    return one


@pytest.mark.parametrize(
    ("shown", "kinds"),
    [
        (dead(), ["failed"]),
        (looping(), ["crash_loop"]),
        (looping(sub="auto-restart-queued"), ["crash_loop"]),
        (dead(enabled="enabled-runtime"), ["failed"]),
        (dead(enabled="static"), []),
        (dead(enabled="disabled"), []),
        (dead(type="oneshot"), []),
        (dead(triggered=True), []),
        (dead(load="masked"), []),
        (dead("dbus.service"), []),
        (dead("user@1000.service"), []),
        (state(), []),
        (state(active="inactive"), []),
    ],
)
def test_without_an_entry_only_what_should_run_and_is_down_is_found(shown: ServiceState, kinds: list[str]) -> None:
    """Enabled, no oneshot, started by nothing else, and not on the list of what is never healed in place."""
    assert kinds == [kind for _, kind in found(facts(shown, answers=()), NO_POLICY)]


def test_the_built_in_care_can_be_switched_off() -> None:
    """With `services_defaults: false` only what the policy names is looked after."""
    assert not found(DEAD, policy_of({"services_defaults": False}))


@pytest.mark.parametrize(
    ("entry", "unit", "kinds"),
    [
        ("dbus.service", "dbus.service", ["failed"]),
        ("*", "dbus.service", []),
        ("*", "web.service", ["failed"]),
        ("getty@*.service", "getty@tty1.service", ["failed"]),
        ("getty@tty1.service", "getty@tty1.service", ["failed"]),
    ],
)
def test_what_is_never_healed_in_place_has_to_be_named_itself(entry: str, unit: str, kinds: list[str]) -> None:
    """A wide pattern does not name it."""
    rules = policy_of({"services": [{"unit": entry}]})
    assert kinds == [kind for _, kind in found(facts(dead(unit, enabled="static"), answers=()), rules)]


def test_an_alias_is_the_service_that_it_stands_for() -> None:
    """An entry that names a service by another name of it holds for the service."""
    seen = facts(
        dead("mariadb.service", enabled="static"), services=states(dead("mariadb.service"), **{"mysql.service": ("mariadb.service",)})
    )
    assert [("mariadb.service", "failed")] == found(seen, policy_of({"services": [{"unit": "mysql"}]}))


def test_a_failure_tells_how_and_since_when() -> None:
    """The time is that of the change of state, and the words are the manager's."""
    assert Finding(WEB, "failed", "it is down: its manager says signal", NOW - 5, dead=True) == only(DEAD)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"result": "exit-code", "exit_status": 3}, "it is down: its program ended with status 3"),
        ({"result": "start-limit-hit", "exit_status": 3}, "it is down: its manager says start-limit-hit"),
        ({"result": ""}, "it is down: its manager does not say why"),
    ],
)
def test_how_it_ended_is_told_as_far_as_it_is_known(changes: dict[str, Any], words: str) -> None:
    """The result of the manager, or the status of the program."""
    assert words == only(facts(dead(**changes))).detail


def test_trouble_began_when_it_was_first_judged() -> None:
    """A failure that was there at an earlier look is as old as that; where the manager tells no time it begins now."""
    known = past(judged={WEB: (NOW - 900, judgement())})
    assert NOW - 900 == only(DEAD, before=known).since
    assert NOW == only(facts(dead(changed=0.0))).since


def test_a_service_that_the_host_does_not_have_is_absent() -> None:
    """A name or pattern that stands for nothing, or for a unit without a file; one that was not asked for is not known."""
    nothing = states(**{"app@*.service": ()})
    no_file = states(state("app@1.service", load="not-found", active="inactive"), **{"app@*.service": ("app@1.service",)})
    rules = policy_of({"services": [{"unit": "app@*.service"}]})
    assert [("app@*.service", "absent")] == found(facts(services=nothing), rules) == found(facts(services=no_file), rules)
    assert not found(facts(services=states(**{"other.service": ()})), rules)


@pytest.mark.parametrize(
    ("changes", "kinds"), [({}, ["absent"]), ({"enabled": "disabled"}, []), ({"type": "oneshot"}, []), ({"triggered": True}, [])]
)
def test_a_named_service_that_somebody_stopped_is_told(changes: dict[str, Any], kinds: list[str]) -> None:
    """It is enabled, so that it should run; whoever stopped it may have had a reason, so that it is not started."""
    assert kinds == [kind for _, kind in found(facts(state(active="inactive", sub="dead", **changes)))]


@pytest.mark.parametrize(
    ("restarts", "before", "kinds"),
    [
        (3, past(), ["crash_loop"]),
        (2, past(), []),
        (2, past(grown={WEB: (NOW - 200,)}), ["crash_loop"]),
        (2, past(grown={WEB: (NOW - 601,)}), []),
        (9, past(boot_id="b0"), []),
        (0, past(samples={WEB: sample(restarts=5)}, grown={WEB: (NOW - 90, NOW - 80)}), ["crash_loop"]),
        (0, past(samples={WEB: sample(restarts=5)}, grown={WEB: (NOW - 90,)}), []),
        (-1, past(), []),
        (9, past(samples={}), []),
        (9, past(ago=3600), []),
        (99, past(ago=3600), ["crash_loop"]),
        (9, past(heal(30)), []),
        (9, past(heal(30), grown={WEB: (NOW - 20, NOW - 10, NOW - 5)}), ["crash_loop"]),
        (0, past(heal(30), ago=20, grown={WEB: (NOW - 50, NOW - 40, NOW - 35)}), []),
    ],
)
def test_a_restart_counter_that_grows_is_a_crash_loop(restarts: int, before: ServicePast, kinds: list[str]) -> None:
    """Three within ten minutes of the same boot and since the last try; one that went down counts as one."""
    assert kinds == [kind for _, kind in found(facts(state(restarts=restarts, started=UPTIME - 70)), before=before)]


@pytest.mark.parametrize(
    ("shown", "kinds"),
    [
        (state(restarts=9), []),
        (state(restarts=9, started=0.0), ["crash_loop"]),
        (state(restarts=9, active="inactive", enabled="static"), []),
    ],
)
def test_a_service_that_has_been_up_for_minutes_is_in_no_loop(shown: ServiceState, kinds: list[str]) -> None:
    """A loop with longer periods would not have three restarts within the window."""
    assert kinds == [kind for _, kind in found(facts(shown), before=past())]


@pytest.mark.parametrize(
    ("changes", "earlier", "ago", "kinds"),
    [
        ({"started": UPTIME - 5, "invocation": "i3"}, sample(starts=2, invocation="i2", restarts=-1), 60, ["crash_loop"]),
        ({"started": UPTIME - 5, "invocation": "i2"}, sample(starts=2, invocation="i2", restarts=-1), 60, []),
        ({"started": UPTIME - 70, "invocation": "i3"}, sample(starts=2, invocation="i2", restarts=-1), 60, []),
        ({"started": UPTIME - 5, "invocation": "i3"}, sample(starts=2, invocation="i2", restarts=-1), 601, []),
        ({"started": 0.0, "invocation": "i3"}, sample(starts=2, invocation="i2", restarts=-1), 60, []),
    ],
)
def test_three_looks_that_each_find_a_fresh_start_are_a_crash_loop(
    changes: dict[str, Any], earlier: Any, ago: float, kinds: list[str]
) -> None:
    """Each must be another start, and the look before not long ago: that is all there is where restarts are not counted."""
    before = past(ago=ago, samples={WEB: earlier})
    assert kinds == [kind for _, kind in found(facts(state(restarts=-1, **changes)), before=before)]


@pytest.mark.parametrize(("tried", "kinds"), [(30.0, []), (90.0, ["crash_loop"])])
def test_starts_of_ours_are_no_loop(tried: float, kinds: list[str]) -> None:
    """A service is freshly started because it was just brought back; what it does after that counts anew."""
    young = state(started=UPTIME - 5, invocation="i3")
    before = past(heal(tried), samples={WEB: sample(starts=2, invocation="i2")})
    assert kinds == [kind for _, kind in found(facts(young), before=before)]


def test_a_loop_began_with_its_first_restart() -> None:
    """So that it can be put down to what happened just before."""
    assert NOW - 250 == only(facts(looping()), before=past(grown={WEB: (NOW - 9000, NOW - 250, NOW - 200)})).since


@pytest.mark.parametrize(
    ("tries", "failures", "earlier", "kinds"),
    [
        (3, 3, sample(), ["stuck"]),
        (2, 3, sample(), []),
        (1, 3, sample(bad=2), ["stuck"]),
        (1, 3, sample(bad=1), []),
        (1, 3, sample(bad=2, invocation="i0"), []),
        (1, 1, None, ["stuck"]),
        (0, 1, None, ["stuck"]),
    ],
)
def test_a_service_whose_probes_are_bad_often_enough_is_stuck(tries: int, failures: int, earlier: Any, kinds: list[str]) -> None:
    """The tries of this look and of those before count together, as long as it is the same start of the service."""
    rules = policy(probes=[{"http": "http://127.0.0.1/", "failures": failures}])
    before = past(samples={WEB: earlier} if earlier else {})
    assert kinds == [kind for _, kind in found(facts(answers=(reading("bad", tries=tries),)), rules, before)]


@pytest.mark.parametrize(
    ("bad", "ago", "boot", "kinds"),
    [(2, 600, "b1", ["stuck"]), (2, 601, "b1", []), (2, 60, "b0", []), (3, 4000, "b1", ["stuck"]), (3, 4001, "b1", [])],
)
def test_bad_answers_of_earlier_looks_age(bad: int, ago: float, boot: str, kinds: list[str]) -> None:
    """Ten minutes while they are counted; where they had been enough already they are written down once an hour, and last as long."""
    before = past(ago=ago, boot_id=boot, samples={WEB: sample(bad=bad, since=NOW - 900)})
    assert kinds == [kind for _, kind in found(facts(answers=(reading("bad", tries=1),)), before=before)]


def test_a_stuck_service_tells_of_the_probe() -> None:
    """What was asked, what came, since when, how often, and the signature that other hosts have too."""
    before = past(samples={WEB: sample(bad=2, since=NOW - 20)})
    expected = Finding(WEB, "stuck", "GET http://127.0.0.1/ (asked from control): timed out", NOW - 20, ("http 127.0.0.1/",), tries=3)
    assert expected == only(
        facts(answers=(reading("bad", tries=1, origin="control"),)), policy(probes=[{"http": "http://x/", "from": "control"}]), before
    )
    assert "GET http://127.0.0.1/: no good answer" == only(facts(answers=(reading("bad", reason="", signature=""),))).detail


@pytest.mark.parametrize("shown", [dead(), state(active="activating"), state(active="reloading")])
def test_probes_count_only_while_the_service_runs(shown: ServiceState) -> None:
    """One that is down or not yet up is not stuck."""
    assert "stuck" not in dict(found(facts(shown, answers=(reading("bad"),)))).values()


@pytest.mark.parametrize(
    ("age", "grace", "heals", "kinds"),
    [
        (59, "1s", (), []),
        (61, "1s", (), ["stuck"]),
        (61, "2m", (), []),
        (121, "2m", (), ["stuck"]),
        (121, "1s", (heal(500, verdict=Verdict.GOOD, took=50.0),), []),
        (151, "1s", (heal(500, verdict=Verdict.GOOD, took=50.0),), ["stuck"]),
        (121, "1s", (heal(500, took=50.0),), ["stuck"]),
        (121, "1s", (heal(500, "reboot", verdict=Verdict.GOOD, took=50.0),), ["stuck"]),
        (UPTIME, "1s", (heal(59),), []),
    ],
)
def test_a_service_gets_time_after_its_start(age: float, grace: str, heals: tuple[Any, ...], kinds: list[str]) -> None:
    """A minute, the policy's grace, or three times what its start usually takes; the last try counts as a start too."""
    seen = facts(state(started=UPTIME - age), answers=(reading("bad"),))
    assert kinds == [kind for _, kind in found(seen, policy(grace=grace), past(*heals))]


FROM_BOTH = [{"http": "http://127.0.0.1/"}, {"http": "http://web/", "from": "another"}]
TCP_INSIDE = [{"tcp": 80}, {"http": "http://web/", "from": "another"}]


@pytest.mark.parametrize(
    ("probes", "inside", "outside", "kinds"),
    [
        (FROM_BOTH, reading(), reading("bad", number=1, origin="h2"), ["network"]),
        (FROM_BOTH, reading("bad"), reading("bad", number=1, origin="h2"), ["stuck"]),
        (FROM_BOTH, reading("unknown"), reading("bad", number=1, origin="h2"), []),
        (FROM_BOTH, reading(), reading("unknown", number=1, origin="h2"), []),
        (FROM_BOTH[1:], reading("unknown", number=7), reading("bad", origin="h2"), ["stuck"]),
        (TCP_INSIDE, reading(kind="tcp"), reading("bad", number=1, origin="h2"), ["stuck"]),
    ],
)
def test_well_from_inside_and_bad_from_elsewhere_is_the_network(probes: list[Any], inside: Any, outside: Any, kinds: list[str]) -> None:
    """Where the view from inside is not known nothing is said; a port that is open is no witness for a page that is not served."""
    assert kinds == [kind for _, kind in found(facts(answers=(inside, outside)), policy(probes=probes))]


@pytest.mark.parametrize(
    ("running", "unit"), [(("app@1.service",), "app@1.service"), (("app@1.service", "app@2.service"), "app@*.service")]
)
def test_a_pattern_of_several_services_is_blamed_as_such(running: tuple[str, ...], unit: str) -> None:
    """Its probes do not tell which of them it is."""
    shown = states(*map(state, running), **{"app@*.service": running})
    rules = policy_of({"services": [{"unit": "app@*.service", "probes": [{"tcp": 80}]}]})
    assert [(unit, "stuck")] == found(facts(services=shown, answers=(reading("bad", unit="app@*.service"),)), rules)


def test_answers_to_no_probe_of_the_policy_count_for_nothing() -> None:
    """Such as one of a policy that has changed since."""
    assert not found(facts(answers=(reading(), reading("bad", number=1), reading("bad", unit="other.service"))))


@pytest.mark.parametrize("unknown", ["services", "service_probes", "process_troubles"])
def test_what_is_not_known_makes_no_finding(unknown: str) -> None:
    """Neither the state nor the answers nor the processes."""
    assert not found(facts(answers=(reading("bad", tries=1),), **{unknown: Unknown("timed out")}), before=past())


def test_whoever_cannot_see_says_why() -> None:
    """The reason is the reading's."""
    assert ("systemctl timed out", "") == (blind(BLIND), blind(WELL))


D_STATE = BlockedProcess(9, 77, "web", WEB, "nfs_wait")


@pytest.mark.parametrize(
    ("process", "since", "boot", "kinds"),
    [
        (D_STATE, 120, "b1", ["blocked"]),
        (D_STATE, 119, "b1", []),
        (D_STATE, 500, "b0", []),
        (replace(D_STATE, start_ticks=78), 500, "b1", []),
        (replace(D_STATE, unit="other.service"), 500, "b1", []),
        (replace(D_STATE, unit=""), 500, "b1", []),
    ],
)
def test_the_same_process_in_the_d_state_for_two_minutes_is_blocked(
    process: BlockedProcess, since: float, boot: str, kinds: list[str]
) -> None:
    """The same number and start, in the same boot, of a service that the policy names."""
    before = past(blocked_since={(9, 77): NOW - since}, boot_id=boot)
    assert kinds == [kind for _, kind in found(facts(process_troubles=ProcessTroubles((process,))), before=before)]


def test_a_blocked_process_is_told_before_the_probe_that_it_spoils() -> None:
    """A restart would not help; the kernel's word is told where there is one."""
    seen = facts(answers=(reading("bad"),), process_troubles=ProcessTroubles((D_STATE, replace(D_STATE, pid=10, waits_in=""))))
    before = past(blocked_since={(9, 77): NOW - 200, (10, 77): NOW - 300})
    assert "its process web (pid 9) waits in the kernel in nfs_wait, where no signal reaches it" == only(seen, before=before).detail
    assert (
        "waits in the kernel, where"
        in only(facts(process_troubles=ProcessTroubles((replace(D_STATE, waits_in=""),))), before=before).detail
    )


@pytest.mark.parametrize(
    ("count", "earlier", "boot", "kinds"),
    [(120, 110, "b1", ["zombies"]), (120, 120, "b1", []), (100, 50, "b1", []), (120, None, "b1", []), (120, 110, "b0", [])],
)
def test_dead_children_that_become_more_are_told(count: int, earlier: int | None, boot: str, kinds: list[str]) -> None:
    """More than a hundred of them, and more than at an earlier look of the same boot."""
    before = past(zombies={WEB: earlier} if earlier else {}, boot_id=boot)
    assert kinds == [
        kind for _, kind in found(facts(process_troubles=ProcessTroubles(zombies={WEB: count, "x.service": 900})), before=before)
    ]


@pytest.mark.parametrize(
    ("kills", "before", "kinds"),
    [
        (2, past(memory_kills=1), ["memory"]),
        (1, past(memory_kills=1), []),
        (1, ServicePast(), []),
        (1, past(memory_kills=1, judged={WEB: (NOW - 3600, judgement(finding="memory"))}), ["memory"]),
        (1, past(memory_kills=1, judged={WEB: (NOW - 3601, judgement(finding="memory"))}), []),
        (1, past(memory_kills=1, judged={WEB: (NOW - 60, judgement())}), []),
    ],
)
def test_a_kill_for_memory_is_told_for_an_hour(kills: int, before: ServicePast, kinds: list[str]) -> None:
    """When the kernel's counter has grown since an earlier look; a first look cannot tell how old it is."""
    troubles = ProcessTroubles(memory_kills=kills, killed_units=(WEB, "x.service"))
    assert kinds == [kind for _, kind in found(facts(process_troubles=troubles), before=before)]


def test_a_service_that_was_killed_for_memory_and_is_down_is_told_as_that() -> None:
    """What is to blame says more than that it is down."""
    one = only(facts(dead(result="oom-kill")))
    assert ("memory", True, "the kernel killed it for memory, and it is down") == (one.kind, one.dead, one.detail)


def test_one_finding_for_each_service_in_order() -> None:
    """By name, and the one that says most about what can be done."""
    seen = facts(dead(), state("b.service"), dead("a.service"), answers=(reading("bad"),))
    assert [("a.service", "failed"), (WEB, "failed")] == found(seen)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (BLIND, (WEB,)),
        (WELL, ()),
        (facts(answers=(reading("unknown"),)), (WEB,)),
        (facts(answers=()), (WEB,)),
        (facts(state(started=UPTIME - 119)), (WEB,)),
        (facts(state(started=UPTIME - 120)), ()),
        (facts(services=states()), ()),
    ],
)
def test_what_was_in_trouble_is_well_only_when_that_is_known(seen: Facts, expected: tuple[str, ...]) -> None:
    """Its state, every answer, and for two minutes after its start not even then: a loop has its good moments."""
    known = past(judged={WEB: (NOW - 60, judgement())})
    assert expected == unsure(seen, policy(), known, NOW)


def test_without_an_entry_nobody_asks_a_probe() -> None:
    """A service that only the built-in rules look after is well when it is up."""
    assert not unsure(facts(answers=()), NO_POLICY, past(judged={WEB: (NOW - 60, judgement())}), NOW)


@pytest.mark.parametrize(
    ("seen", "verdict", "reason"),
    [
        (WELL, "good", ""),
        (BLIND, "unknown", "systemctl timed out"),
        (facts(services=states()), "unknown", "the host does not show web.service"),
        (DEAD, "bad", "it is failed (failed): its manager says signal"),
        (STUCK, "bad", "it is up, and GET http://127.0.0.1/: timed out"),
        (
            facts(state(started=UPTIME - 9), answers=(reading("bad", reason=""),)),
            "unknown",
            "it is up, and GET http://127.0.0.1/: no good answer",
        ),
        (facts(answers=(reading("unknown"),)), "unknown", "it is up, and not all of its probes could be asked"),
    ],
)
def test_a_try_is_proved_by_the_service_alone(seen: Facts, verdict: str, reason: str) -> None:
    """It is up and its probes are good; within its grace a bad answer proves nothing."""
    assert (Verdict(verdict), reason) == proved(seen, policy(), ServicePast(), NOW, WEB)


def test_a_try_of_a_service_without_an_entry_is_proved_by_its_state() -> None:
    """No probe says more."""
    assert (Verdict.GOOD, "") == proved(facts(answers=()), NO_POLICY, ServicePast(), NOW, WEB)
