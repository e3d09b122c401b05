"""`packages`: what is upgraded, to which version, and when nothing is done instead."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from healer.model.action import Act, Job, LookAgain, Refuse, Skip
from healer.model.facts import Facts, LockHolder, PackageDatabase, RestartForecast, RunningCode, Unknown, Update, Updates, Verdict
from healer.model.host import Host
from healer.steps.contract import StepContext
from healer.steps.packages import PLUGIN, PackagesArguments, plan, verify

WHOLE = PackageDatabase("apt", False, (), "aa")
BROKEN = PackageDatabase("apt", True, ("openssl",), "bb")


def row(package: str, installed: str = "1", candidate: str = "2", *, security: bool = True, source: str = "", **more: object) -> Update:
    """Return a pending update."""
    return replace(Update(package, "amd64", installed, candidate, (), security, source, offered=(candidate,)), **more)


SSL = (row("openssl", source="openssl"), row("libssl3", source="openssl"))
ZIP = row("zip", security=False, source="zip")
NEW = row("linux-image-9", "", "9")
HELD = row("curl", held=True)
KEPT = row("server", kept_back=True)


def facts(*pending: Update, **readings: object) -> Facts:
    """Return the facts of a host with these pending updates."""
    updates = Updates(pending, list_age=7200.0)
    known: Mapping[str, object] = {
        "package_manager": "apt",
        "updates": updates,
        "package_database": WHOLE,
        "package_locks": (),
        "restart_forecast": RestartForecast(()),
    }
    return Facts({**known, **readings})


def context(
    *pending: Update, frozen: Mapping[str, str] | None = None, saved_plan: bool = False, check: bool = False, **readings: object
) -> StepContext:
    """Return the context of a host with these pending updates."""
    return StepContext(Host("web1"), facts(*pending, **readings), frozen or {}, saved_plan=saved_plan, check=check)


def versions(arguments: PackagesArguments, ctx: StepContext) -> Mapping[str, str]:
    """Return the versions that the plan installs."""
    decision = plan(arguments, ctx)
    assert isinstance(decision, Act), decision
    return dict(decision.versions)


def job(decision: object, index: int = 0) -> Job:
    """Return the job of one of the decision's actions."""
    assert isinstance(decision, Act), decision
    verb = decision.actions[index].verb
    assert isinstance(verb, Job)
    return verb


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, {"openssl": "2", "libssl3": "2"}),
        ({"scope": "all"}, {"openssl": "2", "libssl3": "2", "zip": "2"}),
        ({"scope": "all", "only": ["z*"]}, {"zip": "2"}),
        ({"only": ["openssl"]}, {"openssl": "2", "libssl3": "2"}),
        ({"only": ["libssl*"]}, {"libssl3": "2"}),
        ({"scope": "none", "names": ["zip"]}, {"zip": "2"}),
        ({"scope": "security", "only": ["libssl3"], "names": ["zip"]}, {"libssl3": "2", "zip": "2"}),
    ],
)
def test_scope(arguments: dict[str, object], expected: dict[str, str]) -> None:
    """Scope picks, `only` narrows by package or source, `names` adds; new and held packages are never picked by themselves."""
    assert expected == versions(PackagesArguments.model_validate(arguments), context(*SSL, ZIP, NEW, HELD))


@pytest.mark.parametrize(
    ("frozen", "expected"),
    [
        ({}, {"openssl": "3", "libssl3": "2"}),
        ({"openssl": "2"}, {"openssl": "2", "libssl3": "2"}),
        ({"openssl": "1"}, {"libssl3": "2"}),
        ({"bash": "7"}, {"openssl": "3", "libssl3": "2"}),
    ],
)
def test_versions_of_the_canary(frozen: dict[str, str], expected: dict[str, str]) -> None:
    """What the canary proved is installed, though a newer version is out since; what it did not touch goes to the candidate."""
    newer = row("openssl", candidate="3", offered=("3", "2"))
    assert expected == versions(PackagesArguments(), context(newer, SSL[1], frozen=frozen))


def test_a_host_that_is_not_offered_the_canarys_version_is_skipped_by_name() -> None:
    """No host gets a version that the canary did not prove."""
    decision = plan(PackagesArguments(), context(*SSL, frozen={"openssl": "1.9"}))
    assert Refuse("this host is not offered what the canary proved: openssl 1.9", "skipped") == decision


def test_dependencies_may_come_along_at_known_versions_only() -> None:
    """Pending packages outside of the scope, new ones among them, are the companions; held and kept-back ones are not."""
    arguments = job(plan(PackagesArguments(only=("openssl",)), context(*SSL, ZIP, NEW, HELD, KEPT))).arguments
    assert ("upgrade", "600", "keep", "libssl3=2", "openssl=2", "--", "linux-image-9=9", "zip=2") == arguments


@pytest.mark.parametrize(
    ("pending", "expected"),
    [
        ((), "no security update is pending (package lists refreshed 2 h ago)"),
        ((ZIP,), "no security update is pending (package lists refreshed 2 h ago)"),
        ((HELD,), "no security update is pending (package lists refreshed 2 h ago); curl is held"),
        ((row("snapd", phased=True),), "no security update is pending (package lists refreshed 2 h ago); snapd is not yet in phase"),
    ],
)
def test_nothing_to_do(pending: tuple[Update, ...], expected: str) -> None:
    """A skip says how old the lists are and what waits."""
    assert Skip(expected, pays=("packages", "quarantine")) == plan(PackagesArguments(), context(*pending))


@pytest.mark.parametrize(("age", "expected"), [(5.0, "5 s ago"), (300.0, "5 min ago"), (90000.0, "1 d ago")])
def test_the_age_of_the_lists(age: float, expected: str) -> None:
    """How old the lists are is said in the largest unit that fits."""
    decision = plan(PackagesArguments(), context(updates=Updates((), list_age=age)))
    assert isinstance(decision, Skip)
    assert f"no security update is pending (package lists refreshed {expected})" == decision.reason


@pytest.mark.parametrize(
    ("readings", "word"),
    [
        ({"package_manager": Unknown("no login")}, "no login"),
        ({"package_manager": "pkgsrc"}, "no plug-in"),
        ({"updates": Unknown("apt failed")}, "apt failed"),
        ({"package_database": Unknown("dpkg failed")}, "dpkg failed"),
        ({"updates": Updates(())}, "proves nothing"),
    ],
)
def test_what_is_not_known_is_refused(readings: dict[str, object], word: str) -> None:
    """Nothing is installed, and nothing is called up to date, on a reading that is not there."""
    decision = plan(PackagesArguments(), context(*SSL, **readings))
    assert isinstance(decision, Refuse)
    assert word in decision.reason


def test_an_update_that_removes_another_package_is_refused() -> None:
    """When nothing else is to be done a person must decide."""
    ctx = context(KEPT, updates=Updates((KEPT,), removals=("plugin",), list_age=1.0))
    decision = plan(PackagesArguments(), ctx)
    reason = "cannot be upgraded without removing or holding back another package: server (apt would remove plugin)"
    assert Refuse(reason) == decision


def test_the_rest_is_upgraded_and_the_removal_stays_a_debt() -> None:
    """One package that needs a removal does not keep the other fixes from the host."""
    decision = plan(PackagesArguments(), context(*SSL, KEPT))
    assert isinstance(decision, Act)
    assert ({"openssl", "libssl3"}, ["packages"]) == (set(decision.versions), [debt.kind for debt in decision.owes])


def test_an_interrupted_transaction_is_repaired_first() -> None:
    """The repair stands before the upgrade; it need not cure what the upgrade replaces."""
    decision = plan(PackagesArguments(), context(*SSL, package_database=BROKEN))
    assert isinstance(decision, Act)
    assert ["repair", "upgrade", "look"] == [action.summary.split()[0] for action in decision.actions]
    assert 46 in job(decision).accepted


def test_a_repair_that_nothing_follows_must_succeed() -> None:
    """Without an upgrade of what is broken a repair that did not help fails the host."""
    decision = plan(PackagesArguments(), context(package_database=BROKEN))
    assert isinstance(decision, Act)
    assert ["repair", "look"] == [action.summary.split()[0] for action in decision.actions]
    assert 46 not in job(decision).accepted


def test_a_repair_names_whom_it_waits_for() -> None:
    """While somebody else installs, the database is not whole and the summary does not claim a fault."""
    holder = LockHolder("/var/lib/dpkg/lock", 7, "unattended-upgrade", "", 3.0)
    decision = plan(PackagesArguments(), context(*SSL, package_database=BROKEN, package_locks=(holder,)))
    assert isinstance(decision, Act)
    expected = "wait for unattended-upgrade (process 7), then repair the package database if it is not whole"
    assert expected == decision.actions[0].summary


@pytest.mark.parametrize(("state", "first"), [("refreshed", "refresh"), ("downloaded", "download")])
def test_preparation_disrupts_nothing(state: str, first: str) -> None:
    """Refreshing and downloading need no drain, and freeze no versions."""
    decision = plan(PackagesArguments.model_validate({"state": state}), context(*SSL))
    assert isinstance(decision, Act)
    assert [(first, False)] == [(action.summary.split()[0], action.disruptive) for action in decision.actions]
    assert {} == decision.versions


def test_a_dry_run_is_never_refreshed() -> None:
    """A dry run reads the package lists as they are, so that its answer is about what is there, and writes nothing."""
    decision = plan(PackagesArguments(state="refreshed"), context(check=True))
    assert isinstance(decision, Skip)
    assert "lists are not refreshed" in decision.reason


def test_a_saved_plan_is_never_refreshed() -> None:
    """Lists that change between plan and application would make it another plan."""
    assert isinstance(plan(PackagesArguments(state="refreshed"), context(saved_plan=True)), Skip)


def test_the_upgrade_is_disruptive_and_then_looked_at() -> None:
    """The drain comes before the upgrade, because package scripts restart services; the proof comes after it."""
    decision = plan(PackagesArguments(), context(*SSL))
    assert isinstance(decision, Act)
    assert [(True, Job), (False, LookAgain)] == [(action.disruptive, type(action.verb)) for action in decision.actions]
    assert "upgrade 2 packages: openssl 1 -> 2, libssl3 1 -> 2" == decision.actions[0].summary


def test_the_forecast_says_what_becomes_of_running_code() -> None:
    """Restarts come first, then what only a boot or a person can do; packages that stay do not count, nor does our own session."""
    running = (
        RunningCode("libssl3", 1, "systemd", "manager", "", "/x"),
        RunningCode("libssl3", 2, "nginx", "service", "nginx.service", "/x"),
        RunningCode("openssl", 2, "nginx", "service", "nginx.service", "/x"),
        RunningCode("libssl3", 3, "dbus-daemon", "service", "dbus.service", "/x"),
        RunningCode("libssl3", 4, "bash", "session", "", "/x"),
        RunningCode("libssl3", 5, "sudo", "own-session", "", "/x"),
        RunningCode("libssl3", 6, "thing", "process", "", "/x"),
        RunningCode("libssl3", 7, "agent", "user-service", "agent.service", "/x"),
        RunningCode("zip", 8, "zip", "service", "zip.service", "/x"),
    )
    forecast = RestartForecast(running, ("nginx.service",), (("openssl", "nginx.service"), ("zip", "zip.service")))
    decision = plan(PackagesArguments(), context(*SSL, ZIP, restart_forecast=forecast))
    assert isinstance(decision, Act)
    starts = [
        "restart nginx.service (libssl3 openssl)",
        "re-execute systemd",
        "reboot: dbus.service",
        "manual: ",
        "manual: ",
        "manual: ",
        "openssl's",
    ]
    assert len(starts) == len(decision.forecast)
    assert [] == [line for line, start in zip(decision.forecast, starts, strict=True) if not line.startswith(start)]


def test_a_new_kernel_is_forecast_as_a_reboot() -> None:
    """A kernel is running code of no process: its package's name tells."""
    decision = plan(PackagesArguments(), context(row("linux-image-amd64")))
    assert isinstance(decision, Act)
    assert ("reboot: a boot brings in linux-image-amd64",) == decision.forecast


def test_a_forecast_that_is_not_known_is_said_and_stops_nothing() -> None:
    """The forecast is for people: without it the plan stands."""
    decision = plan(PackagesArguments(), context(*SSL, restart_forecast=Unknown("no root")))
    assert isinstance(decision, Act)
    assert ("what will have to be restarted is not known: no root",) == decision.forecast


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (facts(ZIP), Verdict.GOOD),
        (facts(row("openssl", installed="2", candidate="3")), Verdict.GOOD),
        (facts(SSL[0]), Verdict.BAD),
        (facts(package_database=BROKEN), Verdict.BAD),
        (facts(updates=Unknown("apt failed")), Verdict.UNKNOWN),
        (facts(package_database=Unknown("dpkg failed")), Verdict.UNKNOWN),
    ],
)
def test_the_proof(after: Facts, expected: Verdict) -> None:
    """Good is: the database is whole and nothing planned stands at another version; what cannot be read is unknown."""
    assert expected is verify(PackagesArguments(), context(*SSL, ZIP), after).verdict


def test_the_proof_of_a_repair_alone() -> None:
    """When updates could not be read before the repair, a whole database is the proof."""
    before = context(updates=Unknown("broken"), package_database=BROKEN)
    assert Verdict.GOOD is verify(PackagesArguments(), before, facts()).verdict


def test_unknown_words_are_refused() -> None:
    """A mistyped argument never passes in silence."""
    with pytest.raises(ValueError, match="scopes"):
        PLUGIN.arguments.model_validate({"scopes": "all"})
