"""What a dry run's events say would be done: per host, and for hosts that are alike together."""

from datetime import UTC, datetime

from healer.model.action import Act, Action, Decision, Job, LookAgain, Owe, Reboot, Refuse, Relogin, Run, Skip
from healer.model.events import Event, HostEnded, PlayStarted, Stamped, TaskPlanned, Terminal
from healer.report.forecast import PlanGroup, as_data, plan_view, totals
from healer.report.host_plan import HostPlan, Left, PackageChange, RebootOutlook, Restart, host_plan
from healer.rollout.foretelling import AT_RUN_TIME as ROLLOUTS_WORDS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AT_RUN_TIME = "decided at run time: it depends on what an earlier task changes"
LOOK = Action("look", LookAgain(), disruptive=False)
UPGRADE = Act(
    (Action("upgrade 2 packages", Job("sh")), LOOK),
    results={"installed": {"openssl": "1", "zip": "5"}, "security": ["openssl"]},
    versions={"openssl": "2", "zip": "6"},
    forecast=(
        "restart nginx.service (libssl3 openssl)",
        "re-execute systemd (openssl)",
        "reboot: dbus.service is not restarted in place; a reboot is owed instead (openssl)",
        "manual: bash in a login session ends at logout (openssl)",
        "nginx's own script restarts nginx.service",
    ),
)
RESTARTS = Act(
    (Action("restart nginx.service (zlib)", Run(("x",)), unit="nginx.service"), Action("prove", Relogin(), disruptive=False), LOOK)
)
BOOT = Act((Action("reboot: kernel 5 runs, 6 would boot", Reboot()), LOOK))


def stamped(*events: Event) -> list[Stamped]:
    """Return the events of a run."""
    return [Stamped(number, "r1", NOW, event) for number, event in enumerate(events)]


def planned(*decisions: Decision, host: str = "h1", section: str = "tasks", step: str = "reboot", end: Terminal = "changed") -> list[Event]:
    """Return the events of a dry run on one host with a task for each decision."""
    tasks = [TaskPlanned(host, f"0/{section}/{number}", f"task {number}", step, one) for number, one in enumerate(decisions)]
    return [*tasks, HostEnded(host, 0, end, "why")]


def plan_of(*decisions: Decision, section: str = "tasks", end: Terminal = "changed") -> HostPlan:
    """Return the plan of a host with these decisions."""
    return host_plan(stamped(*planned(*decisions, section=section, end=end)))


def test_packages_are_told_with_both_versions_and_their_mark() -> None:
    """The old version and the security mark come from the task's results."""
    assert (PackageChange("openssl", "1", "2", security=True), PackageChange("zip", "5", "6")) == plan_of(UPGRADE).packages


def test_a_version_without_an_old_one() -> None:
    """A step that does not tell what was there before leaves the old version empty."""
    assert (PackageChange("openssl", "", "2"),) == plan_of(Act(UPGRADE.actions, versions={"openssl": "2"})).packages


def test_restarts_are_told_once_with_all_causes() -> None:
    """A unit that is stale already and touched by the upgrade is one restart."""
    assert (Restart("nginx.service", ("libssl3", "openssl", "zlib")),) == plan_of(UPGRADE, RESTARTS).restarts


def test_restarts_by_package_scripts_stand_apart() -> None:
    """They happen whatever healer does."""
    assert ("nginx.service",) == plan_of(UPGRADE).by_scripts


def test_the_transaction_is_not_told_twice() -> None:
    """Where the packages are listed the action that installs them is left out; what else is done is told."""
    repair = Action("repair the package database", Job("sh"))
    act = Act((repair, *UPGRADE.actions), versions=UPGRADE.versions)
    assert ("repair the package database",) == plan_of(act).others
    assert ("re-execute systemd (openssl)",) == plan_of(UPGRADE).others


def test_manual_work_is_told() -> None:
    """What only a person can do comes from the forecast and from the debts."""
    skip = Skip("nothing", (Owe("manual", "thing (pid 7) belongs to no unit"),))
    assert ("bash in a login session ends at logout (openssl)", "thing belongs to no unit") == plan_of(UPGRADE, skip).manual


def test_preparations_stand_apart() -> None:
    """What the prepare section does disturbs nobody, and is not counted as work on the host's services."""
    plan = plan_of(Act((Action("refresh the package lists", Job("sh"), disruptive=False),)), section="prepare")
    assert (("refresh the package lists",), ()) == (plan.prepared, plan.others)


def test_a_planned_boot_is_sure() -> None:
    """An action that boots is told with its reason."""
    assert RebootOutlook("yes", ("kernel 5 runs, 6 would boot",)) == plan_of(BOOT).reboot


def test_a_standing_debt_is_owed() -> None:
    """A reboot that the step leaves undone is told as owed, and not once more as a skipped task."""
    plan = plan_of(Skip("a reboot is owed", (Owe("reboot", "new kernel; no window is declared"),)))
    assert (RebootOutlook("owed", ("new kernel; no window is declared",)), ()) == (plan.reboot, plan.skipped)


def test_a_boot_that_the_upgrade_brings_about_is_done_where_it_may_be() -> None:
    """The reboot task's turn comes later, and nothing forbids it."""
    assert RebootOutlook("yes", ("dbus.service is not restarted in place (openssl)",)) == plan_of(UPGRADE, Skip(AT_RUN_TIME)).reboot


def test_a_boot_that_the_upgrade_brings_about_is_owed_where_it_is_forbidden() -> None:
    """The reboot task says in advance what stands against it."""
    outlook = plan_of(UPGRADE, Skip(AT_RUN_TIME, (Owe("reboot", "no window is declared"),))).reboot
    assert ("owed", "no window is declared") == (outlook.state, outlook.against)


def test_a_boot_without_a_task_for_it_is_owed() -> None:
    """A playbook that never boots leaves the debt."""
    assert ("owed", "no task of the playbook reboots") == (plan_of(UPGRADE).reboot.state, plan_of(UPGRADE).reboot.against)


def test_no_boot() -> None:
    """Where nothing needs a boot there is none."""
    assert RebootOutlook() == plan_of(RESTARTS).reboot


def test_skips_refusals_and_open_tasks_are_told_apart() -> None:
    """A reason, a refusal, and what only the run can decide."""
    plan = plan_of(Skip("no update"), Refuse("not known"), Skip(AT_RUN_TIME))
    assert (Left("task 0", "no update"),) == plan.skipped
    assert (Left("task 1", "not known"),) == plan.refused
    assert ("task 2",) == plan.at_run_time


def test_the_words_for_run_time_are_the_rollouts() -> None:
    """The reason that the rollout gives is the one that is recognised here."""
    assert ("task 0",) == plan_of(Skip(ROLLOUTS_WORDS)).at_run_time


def test_results_in_words() -> None:
    """A dry run changes nothing, so that its ends have words of their own; work that may be none is only possible."""
    results = [
        plan_of(UPGRADE).result,
        plan_of(Skip(AT_RUN_TIME)).result,
        plan_of(Skip(AT_RUN_TIME), end="ok").result,
        plan_of(Skip("none"), end="ok").result,
        plan_of(end="unreachable").result,
        host_plan([]).result,
    ]
    assert ["would change", "may change", "may change", "nothing to do", "unreachable", "pending"] == results


def view_of(*events: Event) -> list[Stamped]:
    """Return a dry run of h1 to h3."""
    return stamped(PlayStarted(0, "Patch", ("h1", "h2", "h3")), *events)


def test_equal_hosts_make_one_group() -> None:
    """Hosts with the same plan are told together, whatever the order of their events."""
    events = view_of(*planned(UPGRADE, host="h1"), *planned(Skip("none"), host="h2", end="ok"), *planned(UPGRADE, host="h3"))
    view = plan_view(events)
    assert [("h1", "h3"), ("h2",)] == [group.hosts for group in view.groups]
    assert isinstance(view.groups[0], PlanGroup)
    assert view.open


def test_hosts_outside_of_the_play_are_not_told() -> None:
    """A member that is only looked at has no plan."""
    assert [("h1", "h2", "h3")] == [group.hosts for group in plan_view(view_of(HostEnded("other", 0, "ok"))).groups]


def test_the_totals() -> None:
    """Packages are counted once over the fleet, restarts and boots on each host."""
    events = view_of(*(event for host in ("h1", "h2") for event in planned(UPGRADE, host=host)), *planned(Skip(AT_RUN_TIME), host="h3"))
    expected = "2 of 3 hosts would change, 1 may (decided at run time): 2 packages, 2 restarts, 0 reboots (2 hosts would owe one)"
    assert expected == totals(plan_view(events))


def test_the_totals_of_nothing() -> None:
    """Where nothing would change the sentence ends there."""
    events = view_of(*(event for host in ("h1", "h2", "h3") for event in planned(Skip("none"), host=host, end="ok")))
    assert ("0 of 3 hosts would change", False) == (totals(plan_view(events)), plan_view(events).open)


def test_the_json_shape() -> None:
    """Each host is one mapping that begins with its name and result."""
    first = as_data(plan_view(view_of(*planned(UPGRADE, host="h1"))))[0]
    assert ["host", "result"] == list(first)[:2]
    assert ("h1", "would change") == (first["host"], first["result"])
    assert {"name": "zip", "old": "5", "new": "6", "security": False} in list(first["packages"])  # type: ignore[call-overload]
