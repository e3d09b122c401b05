"""The step `heal`: what each rung plans, what is told instead, and what counts as proof."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from step_cases import STEPS

from healer.healing.survey import Survey
from healer.model.action import Act, Decision, Gather, LookAgain, Refuse, Run, Skip
from healer.model.facts import Facts, Identity, Load, PackageDatabase, Unknown, Verdict
from healer.model.host import Host
from healer.model.services import (
    Heal,
    PackageChange,
    ProbeReading,
    ProcessTroubles,
    ServicePast,
    ServiceState,
    ServiceStates,
)
from healer.steps.contract import StepContext, Surveyed, WindowState
from healer.steps.heal import HealArguments

UNIT, NOW, UPTIME = "app.service", 1_800_000_000.0, 100_000.0
STEP = STEPS["heal"]
ROOT = Identity("m" * 32, "boot", UPTIME, "", "web1", is_root=True)
PROBES = [{"tcp": 80}]
WELL = ServiceState(UNIT, active="active", sub="running", type="simple", enabled="enabled", restarts=0, invocation="one", started=1000.0, changed=1000.0, cpu=1.0)  # fmt: skip
FAILED = replace(WELL, active="failed", sub="failed", result="signal", changed=UPTIME - 60)
OPEN = WindowState(Verdict.GOOD, "always")


def seen(*states: ServiceState, probe: Verdict = Verdict.GOOD, manager: str = "systemd", **more: object) -> Facts:
    """Return what was read of the host."""
    reading = ProbeReading(UNIT, 0, "tcp", "port 80", probe, "refused" if probe is Verdict.BAD else "", "tcp 80", tries=3)
    plain: dict[str, object] = {
        "identity": ROOT,
        "services": ServiceStates("boot", UPTIME, {one.name: one for one in states}, {UNIT: (UNIT,)}, manager),
        "service_probes": (reading,),
        "service_checks": (),
        "process_troubles": ProcessTroubles(),
        "package_changes": (),
        "load": Load(0.1, 0.1, 0.1, 2, 2**30, 2**30, {"cpu_some_60": 0.0}),
    }
    return Facts({**plain, **more})


STUCK = seen(WELL, probe=Verdict.BAD)


def arguments(rung: str = "", **policy: Any) -> HealArguments:
    """Return the arguments as a playbook gives them."""
    entry = {"unit": UNIT, "probes": PROBES, **policy.pop("entry", {})}
    return HealArguments.model_validate({"rung": rung, "policy": {"services": [entry], "never": None, **policy}})


def planned(rung: str, facts: Facts, *, policy: Mapping[str, Any] | None = None, **context: Any) -> Decision:
    """Return the decision for a host beside which nobody else is known."""
    return STEP.plan(arguments(rung, **(policy or {})), about(facts, **context))


def about(facts: Facts, **context: Any) -> StepContext:
    """Return what the plan knows."""
    return StepContext(Host("web1"), facts, **{"survey": Survey(), "now": NOW, **context})


def verbs(decision: Decision) -> list[str]:
    """Return the verbs of an act, in order."""
    assert isinstance(decision, Act), decision
    return [one.verb.verb for one in decision.actions]


def test_each_rung_has_its_own_turn() -> None:
    """A service that is down is the start's, a stuck one the restart's; the other rungs leave it alone, and all keep the judgement."""
    for rung, facts, due in (("start", FAILED, True), ("restart", FAILED, False)):
        decision = planned(rung, seen(facts))
        assert (due, [UNIT]) == (isinstance(decision, Act), [one.unit for one in decision.judged])
    assert isinstance(planned("start", STUCK), Skip)
    assert ["gather", "run", "look_again"] == verbs(planned("restart", STUCK))


def test_a_start_disturbs_nobody_and_a_restart_does() -> None:
    """Only what takes a service away from somebody is preceded by the drain."""
    disturbing = {rung: _try(planned(rung, facts)).disruptive for rung, facts in (("start", seen(FAILED)), ("restart", STUCK))}
    assert {"start": False, "restart": True} == disturbing


def _try(decision: Decision) -> Any:
    assert isinstance(decision, Act)
    return next(one for one in decision.actions if one.rung)


def test_the_script_gets_what_was_seen() -> None:
    """Rung, unit, state, invocation, times and restart counter travel as arguments, never in the script's text."""
    verb = _try(planned("restart", STUCK, policy={"entry": {"stays": "3s", "rung_timeout": "20s"}})).verb
    assert isinstance(verb, Run)
    assert ("restart", UNIT, "active", "one", "20.0", "3.0", "0") == verb.argv[4:]
    assert UNIT not in verb.argv[2]


def test_a_crash_loop_is_held_to_no_state() -> None:
    """What starts itself again and again is another at each look."""
    looping = replace(WELL, active="activating", sub="auto-restart", started=0.0)
    verb = _try(planned("start", seen(looping))).verb
    assert ("crash_loop", "one", "0") == (*verb.argv[6:8], verb.argv[-1])


def test_a_service_without_systemd_gets_the_other_script() -> None:
    """OpenRC and init scripts are asked in their own way."""
    verb = _try(planned("start", seen(replace(FAILED, invocation=""), manager="sysv"))).verb
    assert "rc-service" in verb.argv[2]


def test_the_debugger_of_the_policy_goes_with_the_evidence() -> None:
    """Its words are arguments; without them none is named."""
    for words in ((), ("gdb", "-p")):
        decision = planned("restart", STUCK, policy={"entry": {"debugger": list(words)}})
        assert isinstance(decision, Act)
        gather = decision.actions[0].verb
        assert isinstance(gather, Gather)
        assert (UNIT, *words) == gather.arguments


def test_a_reload_needs_no_evidence() -> None:
    """It destroys nothing."""
    facts = seen(replace(WELL, reloads=True), probe=Verdict.BAD)
    assert ["run", "look_again"] == verbs(planned("reload", facts, policy={"entry": {"ladder": ["reload", "restart"]}}))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (seen(services=Unknown("the bus is gone")), "the bus is gone"),
        (seen(WELL, identity=replace(ROOT, is_root=False)), "use become"),
    ],
)
def test_what_cannot_be_seen_is_left_alone_and_told_once(facts: Facts, words: str) -> None:
    """Every rung passes it over; the account fails the host."""
    rung, account = planned("restart", facts), planned("", facts)
    assert (Skip, Refuse) == (type(rung), type(account))
    assert words in getattr(rung, "reason", "")
    assert words in getattr(account, "reason", "")


BOOTS = {"entry": {"ladder": ["reboot"]}}
OTHERS = Survey(groups={"web": ("web1", "web2")}, units={UNIT: {"web1": Verdict.BAD, "web2": Verdict.GOOD}})


def test_a_host_is_booted_only_in_its_window() -> None:
    """The boot goes through the proof that nobody is at work on packages; outside the window, and on the control node, it is told."""
    context = {"survey": OTHERS, "group": "web"}
    allowed = planned("reboot", STUCK, policy=BOOTS, window=OPEN, **context)
    assert ["gather", "look_again", "reboot", "look_again"] == verbs(allowed)
    closed = planned("reboot", STUCK, policy=BOOTS, **context)
    own = planned("reboot", STUCK, policy=BOOTS, window=OPEN, control_node=True, **context)
    assert ["would need a reboot, but no window is declared", "would need a reboot, but healer runs on this host"] == [
        str(getattr(one, "reason", "")).partition(" ")[2].partition(":")[0] for one in (closed, own)
    ]


def proof(rung: str, after: Facts, *, before: Facts = STUCK, policy: Mapping[str, Any] | None = None, **context: Any) -> Any:
    """Return what the step says of the facts afterwards."""
    assert STEP.verify is not None
    return STEP.verify(arguments(rung, **(policy or {})), about(before, **context), after)


@pytest.mark.parametrize(("locks", "interrupted", "verdict"), [((), False, Verdict.GOOD), ((), True, Verdict.BAD)])
def test_nobody_boots_over_packages(locks: tuple[object, ...], interrupted: bool, verdict: Verdict) -> None:
    """Before the boot the look judges the packages: what is half installed may not come up again."""
    database = PackageDatabase("apt", interrupted=interrupted, broken=(), fingerprint="one")
    after = seen(WELL, probe=Verdict.BAD, package_manager="apt", package_locks=locks, package_database=database)
    assert verdict is proof("reboot", after, policy=BOOTS, survey=OTHERS, group="web", window=OPEN).verdict


def test_after_the_boot_the_services_are_judged() -> None:
    """Another boot id says that it was booted: then the service itself is the proof."""
    booted = seen(WELL, identity=replace(ROOT, boot_id="next"))
    assert Verdict.GOOD is proof("reboot", booted, policy=BOOTS, survey=OTHERS, group="web", window=OPEN).verdict


@pytest.mark.parametrize(
    ("after", "verdict", "settling"),
    [
        (seen(replace(WELL, invocation="two")), Verdict.GOOD, False),
        (seen(replace(WELL, invocation="two"), probe=Verdict.BAD), Verdict.BAD, True),
        (seen(replace(WELL, invocation="two"), probe=Verdict.UNKNOWN), Verdict.BAD, True),
        (seen(FAILED), Verdict.BAD, False),
        (seen(services=Unknown("cut off")), Verdict.UNKNOWN, False),
    ],
)
def test_the_proof_of_a_restart(after: Facts, verdict: Verdict, settling: bool) -> None:
    """Good is a service that is up and answers; bad answers of one that is up may yet become good; one that is down is bad at once."""
    found = proof("restart", after)
    assert (verdict, settling) == (found.verdict, found.settling)


def test_the_proof_waits_as_long_as_the_grace() -> None:
    """Until then the bad answers of a service that was just started say nothing; without probes there is nothing to wait for."""
    for entry, patience in (({"grace": "100s"}, 105.0), ({}, 65.0)):
        decision = planned("restart", STUCK, policy={"entry": entry})
        assert isinstance(decision, Act)
        look = decision.actions[-1].verb
        assert isinstance(look, LookAgain)
        assert patience == look.patience


def test_one_that_will_not_stop_is_the_kills() -> None:
    """A service that this run has told to restart and that hangs in its stop is killed, where its ladder allows that."""
    stopping = seen(replace(WELL, active="deactivating", sub="stop-sigterm"))
    tried = ((UNIT, "restart"),)
    assert "run" in verbs(planned("kill", stopping, tried=tried))
    assert isinstance(planned("kill", stopping, tried=tried, policy={"entry": {"ladder": ["restart"]}}), Skip)
    assert isinstance(planned("kill", stopping), Skip)


CHANGED = {"package_changes": (PackageChange(NOW - 120.0, "app", "1", "2", (UNIT,)),), "package_manager": "apt"}


def test_a_package_that_is_to_blame_is_taken_back_only_where_that_is_wanted() -> None:
    """With rollback exactly that package goes back; without it the command to type is told."""
    assert {"package_changes", "package_manager"} <= set(STEP.needs)
    facts = seen(FAILED, **CHANGED)
    told, done = planned("rollback", facts), planned("rollback", facts, policy={"rollback": True})
    assert isinstance(told, Refuse)
    assert "app went from 1 to 2" in told.reason
    assert "healer services --rollback" in told.reason
    assert ["job", "look_again"] == verbs(done)
    assert isinstance(done, Act)
    assert {"app": "1"} == done.results["packages"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"package_manager": Unknown("two rule here")}, "two rule here"),
        ({"package_manager": "zypper"}, "does not know how zypper goes back"),
        ({"package_changes": (PackageChange(NOW - 120.0, "libc6", "1", "2", (UNIT,)),)}, "never taken back"),
        ({"package_changes": (PackageChange(NOW - 120.0, "app", "1;x", "2", (UNIT,)),)}, "versions that are none"),
    ],
)
def test_a_way_back_that_cannot_be_proved_is_told(more: Mapping[str, object], words: str) -> None:
    """Nothing is changed then, and the reason is said."""
    decision = planned("rollback", seen(FAILED, **{**CHANGED, **more}), policy={"rollback": True})
    assert isinstance(decision, Refuse)
    assert words in decision.reason


def test_the_proof_of_a_way_back() -> None:
    """The service is well again and the package database whole."""
    before = seen(FAILED, **CHANGED)
    whole, cut = (PackageDatabase("apt", interrupted=cut, broken=(), fingerprint="x") for cut in (False, True))
    verdicts = [
        proof("rollback", seen(WELL, package_database=one), before=before, policy={"rollback": True}).verdict for one in (whole, cut)
    ]
    assert [Verdict.GOOD, Verdict.BAD] == verdicts
    assert isinstance(planned("rollback", seen(WELL)), Skip)


def test_the_account_of_what_is_well() -> None:
    """Nothing wrong is nothing to tell."""
    decision = planned("", seen(WELL))
    assert isinstance(decision, Skip)
    assert "every service is well" == decision.reason


def test_the_account_doubts_what_this_run_has_tried() -> None:
    """A service that was tried and whose probe could not be asked is not well: the host fails. One of an earlier run is not in doubt."""
    facts = seen(WELL, probe=Verdict.UNKNOWN)
    heals = (Heal("web1", UNIT, "restart", NOW - 5, Verdict.GOOD),)
    past = ServicePast(heals=heals)
    assert isinstance(planned("", facts, tried=((UNIT, "restart"),), services=past), Refuse)
    assert isinstance(planned("", facts, services=past), Skip)


def test_the_account_of_a_dry_run_leaves_out_what_would_be_healed() -> None:
    """What a run would bring back is no failure of the look before it."""
    assert isinstance(planned("", seen(FAILED), check=True), Skip)
    assert isinstance(planned("", seen(FAILED)), Refuse)


def test_the_survey_takes_hosts_with_arguments_that_make_no_sense() -> None:
    """They count with what is built in: all hosts are seen together, whatever the policy of one says."""
    assert STEP.survey is not None
    made = STEP.survey([Surveyed("web1", "web", arguments(), seen(WELL)), Surveyed("web2", "web", None, None, reason="cut off")], NOW)
    assert isinstance(made, Survey)
    assert {"web2": "cut off"} == dict(made.unreached)
