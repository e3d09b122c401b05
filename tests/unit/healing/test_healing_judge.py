"""Which rule decides about a finding, and in which order."""

from dataclasses import replace
from typing import Any

import pytest
from healing_cases import (
    BLIND,
    DEAD,
    NOW,
    STUCK,
    WEB,
    WELL,
    dead,
    facts,
    fleet,
    heal,
    judgement,
    load,
    looping,
    past,
    policy,
    reading,
    sample,
    state,
    states,
)

from healer.healing.judge import judge
from healer.healing.policy import ServicesPolicy, policy_of
from healer.healing.survey import Survey
from healer.model.facts import Facts, Load, Unknown, Verdict
from healer.model.services import BlockedProcess, PackageChange, ProcessTroubles, Rung, ServiceJudgement, ServicePast

UPGRADE = PackageChange(NOW - 60, "libweb", "1", "2", (WEB,))


def judged(
    seen: Facts = STUCK, rules: ServicesPolicy | None = None, before: ServicePast | None = None, around: Survey | None = None, *tried: Rung
) -> ServiceJudgement:  # fmt: skip
    """Return the one judgement of host h1, which is well accompanied unless `around` says otherwise."""
    known = around if around is not None else fleet(seen, WELL, WELL, rules=rules, past=before)
    used = [(WEB, rung) for rung in tried] + [("other.service", "kill")] if tried else ()
    (one,) = judge("h1", "web", seen, rules or policy(), before or ServicePast(), known, NOW, used)  # type: ignore[arg-type]  # words of Rung
    return one


def told(one: ServiceJudgement) -> tuple[str, str, str | None]:
    """Return what was decided."""
    return one.choice, one.rule, one.rung


def test_where_nothing_is_known_or_wrong_nothing_is_judged() -> None:
    """No finding, no judgement."""
    assert () == judge("h1", "web", BLIND, policy(), past(), Survey(), NOW) == judge("h1", "web", WELL, policy(), past(), Survey(), NOW)


def test_one_that_is_down_is_started() -> None:
    """A start takes nothing away from anybody, also on the last host of its group."""
    alone = judged(DEAD, around=fleet(DEAD, DEAD, WELL, WELL, WELL, WELL, WELL, WELL, WELL, WELL))
    assert ("heal", "down", "start") == told(judged(DEAD)) == told(alone) == told(judged(facts(looping())))
    assert "it is down: its manager says signal: a start takes nothing away from anybody" == judged(DEAD).reason


def test_one_that_is_down_is_started_once_in_a_run() -> None:
    """It has to prove itself, or wait for the next run."""
    assert ("wait", "started", None) == told(judged(DEAD, None, None, None, "start"))


@pytest.mark.parametrize(
    ("ladder", "changes", "tried", "rung"),
    [
        (["restart", "kill"], {}, (), "restart"),
        (["restart", "kill"], {}, ("restart",), "kill"),
        (["reload", "restart"], {"reloads": True}, (), "reload"),
        (["reload", "restart"], {}, (), "restart"),
        (["start", "kill"], {}, (), "kill"),
        (["kill", "reboot"], {"refuse_manual_stop": True}, (), "reboot"),
    ],
)
def test_the_ladder_is_climbed_one_rung_after_the_other(
    ladder: list[str], changes: dict[str, Any], tried: tuple[Rung, ...], rung: str
) -> None:
    """The first rung of the policy that is possible and that this run has not used."""
    seen = facts(state(**changes), answers=(reading("bad"),))
    assert ("heal", "stuck", rung) == told(judged(seen, policy(ladder=ladder), None, None, *tried))


def test_after_the_last_rung_a_person_is_needed() -> None:
    """The quarantine says what was tried and what to do."""
    one = judged(STUCK, None, None, None, "restart", "kill")
    assert ("quarantine", "nothing-left", None) == told(one)
    assert "no rung of its ladder is left after restart and kill (GET http://127.0.0.1/: timed out): it is left alone" in one.reason
    assert one.reason.endswith("see healer why h1 web.service, mend it, then healer ack h1 web.service")


def test_a_ladder_without_a_possible_rung_is_told() -> None:
    """Nothing was tried, so that nothing is given up."""
    assert ("tell", "no-rung", None) == told(judged(STUCK, policy(ladder=[])))


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ((WELL, STUCK), "heal"),
        ((), "heal"),
        ((facts(state("other.service"), answers=()), WELL), "heal"),
        ((facts(dead(ago=5000)), facts(answers=(reading("unknown"),))), "withhold"),
        ((facts(dead(ago=5000)), facts(dead(ago=5000)), BLIND), "withhold"),
    ],
)
def test_the_last_healthy_member_is_not_taken_down(others: tuple[Facts, ...], expected: str) -> None:
    """Another host must be known to be well; where no other has the service there is nobody to spare it for."""
    one = judged(around=replace(fleet(facts(answers=(reading("bad", signature=""),)), *others), fell={}))
    assert expected == one.choice
    if expected == "withhold":
        assert ("last-healthy", "GET http://127.0.0.1/: timed out; no other host of web is known to be well, so that a restart waits for a person") == (
            one.rule, one.reason)  # fmt: skip


def test_a_reload_takes_nobody_away() -> None:
    """So that the last member may be reloaded."""
    seen = facts(state(reloads=True), answers=(reading("bad", signature=""),))
    one = judged(seen, policy(ladder=["reload"]), None, fleet(seen, facts(dead(ago=5000)), facts(dead(ago=5000))))
    assert ("heal", "stuck", "reload") == told(one)


@pytest.mark.parametrize(("others", "rule"), [((), "no-rung"), ((facts(answers=(reading("unknown"),)),), "no-rung"), ((WELL,), "stuck")])
def test_a_host_is_rebooted_only_where_another_is_well(others: tuple[Facts, ...], rule: str) -> None:
    """Never in a group of one."""
    assert rule == judged(rules=policy(ladder=["reboot"]), around=fleet(STUCK, *others)).rule


@pytest.mark.parametrize("where", ["host", "service"])
def test_maintenance_holds_everything_back(where: str) -> None:
    """Until its end, which is told with the reason."""
    pause = {"until": "2027-01-15 09:30", "why": "new disks"}
    rules = policy_of({"services": [{"unit": WEB}], "maintenance": pause}) if where == "host" else policy(maintenance=pause)
    one = judged(DEAD, rules)
    assert (("withhold", "maintenance", None), "maintenance until 2027-01-15 09:30 UTC: new disks") == (told(one), one.reason)


def test_maintenance_that_is_over_holds_nothing_back() -> None:
    """The moment is the policy's; without words there are none."""
    assert "down" == judged(DEAD, policy(maintenance={"until": "2027-01-15 07:59"})).rule
    assert "maintenance until 2027-01-15 08:01 UTC" == judged(DEAD, policy(maintenance={"until": "2027-01-15 08:01"})).reason


@pytest.mark.parametrize(
    ("others", "rule"),
    [
        ((None, None, None), "us"),
        ((None,), "us"),
        ((None, WELL), "down"),
        ((None, None, WELL), "cut-off"),
        ((WELL, WELL), "down"),
        ((), "down"),
    ],
)
def test_cut_off_from_the_others_nothing_is_done(others: tuple[Facts | None, ...], rule: str) -> None:
    """From all of them it is most likely us; from half or more of all it is something bigger than a service."""
    one = judged(DEAD, around=fleet(DEAD, *others))
    assert (rule, "heal" if rule == "down" else "withhold") == (one.rule, one.choice)


def test_a_survey_without_the_host_says_nothing_of_it() -> None:
    """Whoever asks without a survey is alone."""
    assert ("heal", "stuck", "restart") == told(judged(around=Survey()))


@pytest.mark.parametrize(
    ("ages", "size", "percent", "frozen"),
    [
        ((5, 5), 3, 20, True),
        ((5,), 3, 20, False),
        ((5, 5), 10, 20, False),
        ((5, 5, 5), 10, 20, True),
        ((5, 5, 5), 10, 50, False),
        ((5, 5, 606), 10, 20, False),
        ((500, 600, 900), 10, 20, True),
        ((900, 900, 900), 10, 20, True),
        ((1201, 1201, 1201), 10, 20, False),
        ((605, 1195, 1200), 10, 20, True),
        ((605, 1195, 1201), 10, 20, False),
    ],
)
def test_many_that_fall_together_are_left_alone(ages: tuple[int, ...], size: int, percent: int, frozen: bool) -> None:
    """More than one host and the policy's share of the group within ten minutes, until it has been calm for ten minutes."""
    fallen = [facts(dead(ago=ago)) for ago in ages]
    rules = policy_of({"services": [{"unit": WEB}], "services_meltdown": f"{percent}%"})
    around = fleet(*fallen, *[WELL] * (size - len(ages)), rules=rules)
    one = judged(fallen[0], rules, None, around)
    assert ("meltdown" if frozen else "down") == one.rule
    if frozen and size == 10:
        assert f"more than {size * percent // 100} of the 10 hosts of web went bad within ten minutes: nothing is healed there" == one.cause


def test_a_quarantine_stands() -> None:
    """With the reason for which it was given up."""
    one = judged(DEAD, None, past(quarantined={WEB: "tried too often"}))
    assert (("quarantine", "quarantined", None), "tried too often") == (told(one), one.reason)


@pytest.mark.parametrize(
    ("ages", "changes", "tried", "rule"),
    [
        ((3000, 2000, 1000), {}, (), "heals-an-hour"),
        ((3600, 2000, 1000), {}, (), "stuck"),
        ((3000, 2000, 1000), {"heals": 4}, (), "stuck"),
        ((3000,), {"heals": 1}, (), "heals-an-hour"),
        ((3000, 2000, 1000), {"within": "10m"}, (), "stuck"),
        ((2000, 1900), {}, ("restart",), "heals-an-hour"),
        ((2000, 70), {}, ("restart",), "stuck"),
    ],
)
def test_after_so_many_tries_within_an_hour_comes_the_quarantine(
    ages: tuple[float, ...], changes: dict[str, Any], tried: tuple[Rung, ...], rule: str
) -> None:
    """Those of the journal and of this run, each counted once."""
    before = past(*(heal(ago) for ago in ages), heal(5, unit="other.service"))
    one = judged(STUCK, policy(**changes), before, None, *tried)
    assert rule == one.rule


def test_the_quarantine_tells_how_often_within_which_time() -> None:
    """In words."""
    assert judged(DEAD, policy(heals=1), past(heal(900))).reason.startswith(
        "1 tries within an hour did not bring it back for good (it is down"
    )
    assert judged(DEAD, policy(heals=1, within="20m"), past(heal(900))).reason.startswith("1 tries within 20 min did not")


@pytest.mark.parametrize(
    ("ages", "since", "rule"),
    [
        ((29,), 20, "back-off"),
        ((30,), 20, "down"),
        ((100, 59), 20, "back-off"),
        ((100, 60), 20, "down"),
        ((5000, 59), 20, "down"),
        ((700, 59), 20, "down"),
        ((680, 59), 20, "back-off"),
        ((4000, 3500, 3000, 2500, 2000, 1500, 899), 890, "back-off"),
        ((4000, 3500, 3000, 2500, 2000, 1500, 900), 890, "down"),
    ],
)
def test_between_two_tries_the_wait_doubles(ages: tuple[float, ...], since: float, rule: str) -> None:
    """30 s, 1 min, 2 min up to 15 min; after ten good minutes it is 30 s again."""
    before = past(*(heal(ago) for ago in ages))
    assert rule == judged(facts(dead(ago=since)), policy(heals=50), before).rule


def test_after_ten_good_minutes_there_is_no_wait() -> None:
    """The trouble of now began long after the last try, however many there were."""
    tries = [heal(ago) for ago in (1500, 1400, 1300, 1200, 1100, 1000, 900, 800, 750, 700)]
    assert "back-off" == judged(facts(dead(ago=101)), policy(heals=50), past(*tries)).rule
    assert "down" == judged(facts(dead(ago=100)), policy(heals=50), past(*tries)).rule


def test_the_wait_is_told_and_holds_for_no_other_rung_of_this_run() -> None:
    """Whoever climbs the ladder does not wait between two rungs."""
    one = judged(DEAD, None, past(heal(10)))
    assert (("wait", "back-off", None), "it was tried 10 s ago; the next try is due in 20 s") == (told(one), one.reason)
    assert ("heal", "stuck", "kill") == told(
        judged(facts(state(started=0.0), answers=(reading("bad"),)), None, past(heal(70)), None, "restart")
    )


def test_what_somebody_else_works_on_is_left_to_them() -> None:
    """Its manager has a job for it."""
    assert ("wait", "busy", None) == told(judged(facts(dead(busy=True))))


CROWDED = Load(4.0, 1, 1, 2, 1, 1, Unknown("no PSI"))
IDLE = Load(3.9, 1, 1, 2, 1, 1, Unknown("no PSI"))


@pytest.mark.parametrize(
    ("pressure", "cause"),
    [
        (load(cpu_some_60=61), "the host is starved (pressure over a minute: processor 61%)"),
        (load(io_some_60=70.4, memory_full_60=21), "the host is starved (pressure over a minute: disk 70%, memory 21%)"),
        (load(cpu_some_60=60, io_some_60=60, memory_full_60=20), ""),
        (load(cpu_some=99), ""),
        (CROWDED, "the host is starved: load 4 on 2 processors"),
        (IDLE, ""),
    ],
)
def test_starved_is_not_stuck(pressure: Load, cause: str) -> None:
    """Under pressure a slow service is waited for; one that is down is started all the same."""
    one = judged(facts(answers=(reading("bad"),), load=pressure))
    assert (("wait", "starved", None) if cause else ("heal", "stuck", "restart"), cause) == (told(one), one.cause)
    assert "down" == judged(facts(dead(), load=pressure)).rule


def test_where_the_load_is_not_known_nothing_is_restarted() -> None:
    """It could be starved."""
    one = judged(facts(answers=(reading("bad"),), load=Unknown("cut off")))
    assert ("wait", "starved", None) == told(one)
    assert "whether the host is starved is not known (cut off): a slow service is not restarted for that" == one.reason


@pytest.mark.parametrize(
    ("cpu", "earlier", "since", "rule"),
    [
        (22.0, sample(cpu=10.0), 60, "starved"),
        (21.9, sample(cpu=10.0), 60, "stuck"),
        (22.0, sample(cpu=10.0), 600, "stuck"),
        (22.0, sample(cpu=-1.0), 60, "stuck"),
        (22.0, sample(cpu=10.0, invocation="i0"), 60, "stuck"),
        (Unknown("not counted"), sample(cpu=10.0), 60, "stuck"),
    ],
)
def test_a_service_that_works_is_waited_for_ten_minutes(cpu: Any, earlier: Any, since: float, rule: str) -> None:
    """One that uses processor time does something; after that it turns in circles."""
    bad = earlier.bad or 2
    before = past(samples={WEB: replace(earlier, bad=bad, since=NOW - since)})
    assert rule == judged(facts(state(cpu=cpu), answers=(reading("bad"),)), None, before).rule


def test_two_looks_at_one_moment_show_no_work() -> None:
    """There is no time in between."""
    before = past(ago=0, samples={WEB: sample(cpu=1.0)})
    assert "stuck" == judged(facts(state(cpu=99.0), answers=(reading("bad"),)), None, before).rule


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"exit_status": 203, "result": "exit-code"}, "configuration"),
        ({"exit_status": 217, "result": "start-limit-hit"}, "configuration"),
        ({"exit_status": 226, "result": ""}, "configuration"),
        ({"exit_status": 1, "result": "exit-code"}, "down"),
        ({"exit_status": 203, "result": "watchdog"}, "down"),
    ],
)
def test_a_fault_of_the_configuration_is_told(changes: dict[str, Any], rule: str) -> None:
    """Its manager never came to the service's own code, so that a start cannot help."""
    one = judged(facts(dead(**changes)))
    assert (rule, "tell" if rule == "configuration" else "heal") == (one.rule, one.choice)
    assert "stuck" == judged(facts(state(**changes), answers=(reading("bad"),))).rule


OOM = facts(dead(result="oom-kill"))
KILLED = facts(process_troubles=ProcessTroubles(memory_kills=2, killed_units=(WEB,)))


def test_what_was_killed_for_memory_is_started_once() -> None:
    """After that it would only be killed again; one that is up is told."""
    assert ("heal", "down", "start") == told(judged(OOM)) == told(judged(OOM, None, past(heal(3601))))
    again = judged(OOM, None, past(heal(900)))
    assert (("tell", "memory", None), "memory") == (told(again), again.cause)
    assert (
        "the kernel killed it for memory, and it is down; it was started once since, and killed again: give it more memory or a limit"
        == again.reason
    )
    assert ("tell", "memory", None) == told(judged(OOM, None, None, None, "start"))
    assert ("tell", "memory", None) == told(judged(KILLED, None, past(memory_kills=1)))


DB = [{"unit": WEB, "probes": [{"http": "http://127.0.0.1/"}], "depends_on": ["h2/db"]}]


@pytest.mark.parametrize(
    ("seen", "other", "rule"),
    [
        (STUCK, facts(state(), dead("db.service", ago=5000)), "dependency"),
        (DEAD, facts(state(), dead("db.service", ago=5000)), "dependency"),
        (STUCK, facts(state(), state("db.service", active="activating", started=0.0)), "dependency"),
        (DEAD, facts(state(), state("db.service", active="activating", started=0.0)), "down"),
        (STUCK, facts(state(), state("db.service")), "stuck"),
        (STUCK, WELL, "stuck"),
        (STUCK, None, "dependency"),
        (DEAD, None, "down"),
    ],
)
def test_what_it_depends_on_comes_first(seen: Facts, other: Facts | None, rule: str) -> None:
    """Where that is bad; where it is not known, only a start is tried. What a host does not show as in trouble is well."""
    rules = policy_of({"services": DB})
    one = judged(seen, rules, None, fleet(seen, other, WELL, WELL, rules=rules))
    assert (rule, "h2/db.service" if rule == "dependency" else "") == (one.rule, one.cause)


@pytest.mark.parametrize(
    ("word", "rule"),
    [("db.service", "dependency"), ("cache.service", "stuck"), ("h9/db.service", "dependency"), ("h1/db.service", "dependency")],
)
def test_a_dependency_is_of_the_same_host_unless_it_names_another(word: str, rule: str) -> None:
    """One of a host that was not looked at is not known."""
    seen = facts(state(), dead("db.service"), answers=(reading("bad"),))
    found = judge("h1", "web", seen, policy(depends_on=[word]), ServicePast(), fleet(seen, WELL), NOW)
    assert rule == next(one.rule for one in found if one.unit == WEB)


def test_a_shared_cause_is_named_and_nothing_restarted() -> None:
    """The same question answered badly by half of those who could be asked, and two at least."""
    old = past(samples={WEB: sample(bad=3, since=NOW - 3000)})
    around = replace(fleet(STUCK, STUCK, WELL, WELL, facts(answers=(reading("unknown"),))), fell={})
    one = judged(STUCK, None, old, around)
    assert ("withhold", "shared-cause", None) == told(one)
    assert "its probe is bad on h1, h2 too: a shared cause (what it depends on (timed out)); restarts would not help" == one.reason
    assert one.cause.startswith("web.service does not answer on half or more of web, and the cause is shared: ")


def shared(*others: Facts, seen: Facts = STUCK) -> ServiceJudgement:
    """Return the judgement of h1 among these, none of which fell just now."""
    return judged(seen, None, None, replace(fleet(seen, *others), fell={}))


@pytest.mark.parametrize(
    ("others", "rule"),
    [
        ((STUCK, WELL, WELL, WELL), "stuck"),
        ((STUCK, STUCK, WELL, WELL, WELL), "shared-cause"),
        ((WELL,), "stuck"),
        ((WELL, facts(answers=(reading("bad", signature="another question"),))), "stuck"),
    ],
)
def test_a_fault_of_few_is_their_own(others: tuple[Facts, ...], rule: str) -> None:
    """Less than half, or one alone, or another question."""
    assert rule == shared(*others).rule


def test_one_that_is_down_is_started_whatever_the_others_say() -> None:
    """A start takes nothing away."""
    assert "down" == shared(STUCK, STUCK, seen=DEAD).rule


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("certificate has expired", "a certificate or TLS (certificate has expired)"),
        ("Temporary failure in name resolution", "DNS (Temporary failure in name resolution)"),
        ("got 502", "what it depends on (got 502)"),
        ("", "what it depends on"),
    ],
)
def test_the_words_of_the_answers_name_the_cause(reason: str, cause: str) -> None:
    """A certificate, DNS, or what it depends on."""
    bad = facts(answers=(reading("bad", reason=reason),))
    assert shared(bad, seen=bad).cause.endswith(f"the cause is shared: {cause}")


def test_a_package_that_all_of_them_got_just_before_is_named() -> None:
    """The same version on each of those that are bad."""
    upgraded = facts(answers=(reading("bad"),), package_changes=(PackageChange(NOW - 60, "openssl", "3.0", "3.1"),))
    assert shared(upgraded, seen=upgraded).cause.endswith("openssl 3.1, which all of them got just before")
    assert shared(STUCK, seen=upgraded).cause.endswith("what it depends on (timed out)")


@pytest.mark.parametrize(
    ("at", "units", "rule"),
    [
        (NOW - 60, (WEB,), "package"),
        (NOW - 905, (WEB,), "package"),
        (NOW - 906, (WEB,), "down"),
        (NOW + 55, (WEB,), "package"),
        (NOW + 56, (WEB,), "down"),
        (NOW - 60, ("other.service",), "down"),
    ],
)
def test_trouble_just_after_a_package_change_is_put_down_to_it(at: float, units: tuple[str, ...], rule: str) -> None:
    """A change of a package that owns the service, up to a quarter of an hour before, give or take a minute of the clocks."""
    assert rule == judged(facts(dead(), package_changes=(replace(UPGRADE, at=at, units=units),))).rule


def test_a_service_of_a_bad_package_is_started_once_and_told() -> None:
    """With the version change, and how to take it back."""
    seen = facts(dead(), package_changes=(replace(UPGRADE, at=NOW - 400, new="1.5"), UPGRADE))
    first, again = judged(seen), judged(seen, None, past(heal(50)))
    assert (("heal", "package", "start"), ("libweb", "1", "2"), "libweb 1 -> 2") == (told(first), first.package, first.cause)
    assert (("tell", "package", None), ("libweb", "1", "2")) == (told(again), again.package)
    assert again.reason.endswith("healer services --rollback --limit h1 takes exactly that package back")
    assert ("tell", "package", None) == told(judged(seen, None, None, None, "start"))
    assert ("heal", "package", "start") == told(judged(seen, None, past(heal(900))))


def test_what_a_package_is_blamed_for_does_not_wait_for_a_try_that_never_comes() -> None:
    """A start just now did not help: who asks next is told at once, and gets the way back at once where it is allowed."""
    seen = facts(dead(), package_changes=(UPGRADE,))
    for allowed in (None, ServicesPolicy(rollback=True)):
        assert ("tell", "package", None) == told(judged(seen, allowed, past(heal(5))))
    assert "back-off" == judged(facts(dead()), None, past(heal(5))).rule


def test_a_change_that_was_taken_back_is_blamed_for_nothing() -> None:
    """Nor is the way back itself, for to undo that would bring back what was bad; another package still is."""
    back = replace(UPGRADE, at=UPGRADE.at + 1, old=UPGRADE.new, new=UPGRADE.old)
    assert ("heal", "down", "start") == told(judged(facts(dead(), package_changes=(UPGRADE, back)), ServicesPolicy(rollback=True)))
    other = replace(UPGRADE, package="other", at=back.at + 1)
    assert ("other", "1", "2") == judged(facts(dead(), package_changes=(UPGRADE, back, other))).package


def test_a_stuck_service_of_a_bad_package_is_told() -> None:
    """A restart does not mend it; the way back does, where the policy allows it."""
    seen = facts(answers=(reading("bad"),), package_changes=(UPGRADE,))
    back = policy().model_copy(update={"rollback": True})
    assert ("tell", "package", None) == told(judged(seen))
    assert ("heal", "package", "restart") == told(judged(seen, back))
    assert ("heal", "package", "start") == told(judged(facts(dead(), package_changes=(UPGRADE,)), back))
    assert judged(seen, back, None, None, "restart").reason.endswith("that is proved to touch nothing else")


@pytest.mark.parametrize("kind", ["network", "blocked"])
def test_some_trouble_is_for_people(kind: str) -> None:
    """Nothing that may be done to the service would help."""
    probes = [{"http": "http://127.0.0.1/"}, {"http": "http://web/", "from": "another"}]
    seen = facts(answers=(reading(), reading("bad", number=1, origin="h2")))
    if kind == "blocked":
        seen = facts(process_troubles=ProcessTroubles((BlockedProcess(9, 77, "web", WEB),)))
    one = judged(seen, policy(probes=probes), past(blocked_since={(9, 77): NOW - 200}), fleet(WELL, WELL))
    assert ("tell", kind, None) == told(one)


def test_an_absent_service_is_told_with_what_to_do() -> None:
    """One that is not there, and one that somebody stopped."""
    gone = judged(facts(services=states(**{WEB: ()})))
    assert (("tell", "absent", None), True) == (
        told(gone),
        gone.reason.endswith("correct the name, or take it out of the policy of this host"),
    )
    assert judged(facts(state(active="inactive"))).reason.endswith("start it, or take it out of the policy")


def test_of_several_services_of_one_pattern_none_is_restarted() -> None:
    """Which of them it is cannot be told."""
    shown = states(state("app@1.service"), state("app@2.service"), **{"app@*": ("app@1.service", "app@2.service")})
    rules = policy_of({"services": [{"unit": "app@*", "probes": [{"tcp": 80}]}]})
    seen = facts(services=shown, answers=(reading("bad", unit="app@*"),))
    assert ("tell", "several", None) == told(judged(seen, rules, None, Survey()))


@pytest.mark.parametrize(
    ("ladder", "unit", "expected"),
    [
        (["reload", "restart", "kill"], WEB, ("heal", "zombies", "restart")),
        (["kill"], WEB, ("tell", "no-rung", None)),
        (["restart"], "app.service", ("tell", "no-rung", None)),
    ],
)
def test_a_parent_of_dead_children_is_restarted_where_the_policy_allows_it(ladder: list[str], unit: str, expected: Any) -> None:
    """By no other rung, and only a service that the host shows."""
    rules = policy_of({"services": [{"unit": WEB, "ladder": ladder}, {"unit": "app.service", "ladder": ladder}]})
    seen = facts(process_troubles=ProcessTroubles(zombies={unit: 200}))
    assert expected == told(judged(seen, rules, past(zombies={unit: 150})))


def test_the_first_rule_decides() -> None:
    """Of all that speak against a try, the one that says most about whether anything may be done at all."""
    before = past(heal(10), quarantined={WEB: "given up"}, judged={WEB: (NOW - 50, judgement())})
    pause = {"maintenance": {"until": "2030-01-01"}}
    everything = facts(dead(busy=True, exit_status=203, result="exit-code"), package_changes=(UPGRADE,))
    rules = [
        judged(everything, policy(**pause), before, fleet(everything, None)).rule,
        judged(everything, None, before, fleet(everything, None)).rule,
    ]
    unchanged = facts(dead(busy=True, exit_status=203, result="exit-code"))
    rules += [judged(everything, None, before).rule, judged(unchanged, None, past(heal(10))).rule, judged(everything).rule]
    rules += [judged(facts(dead(exit_status=203, result="exit-code"), package_changes=(UPGRADE,))).rule]
    assert ["maintenance", "us", "quarantined", "back-off", "busy", "configuration"] == rules


def test_verdicts_of_the_past_are_no_rule() -> None:
    """A try that was good counts like one that was not: too many are too many."""
    assert "heals-an-hour" == judged(DEAD, None, past(*(heal(ago, verdict=Verdict.GOOD) for ago in (3000, 2000, 1000)))).rule
