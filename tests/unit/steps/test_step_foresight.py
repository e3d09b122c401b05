"""What steps tell for the plan and the report beside their actions."""

from healer.model.action import Act, Owe
from healer.model.facts import Facts, PackageDatabase, RestartForecast, Unit, Units, Update, Updates
from healer.model.host import Host
from healer.steps.contract import StepContext, nothing_foreseen
from healer.steps.packages import PLUGIN as PACKAGES
from healer.steps.packages import PackagesArguments
from healer.steps.reboot import PLUGIN as REBOOT
from healer.steps.reboot import RebootArguments


def unit(name: str, invocation: str, *, kind: str = "simple", active: str = "active") -> Unit:
    """Return a service unit."""
    return Unit(name, "loaded", active, "running", kind, 0, invocation, 1, refuse_manual_stop=False, enabled="enabled")


def facts(*units: Unit) -> Facts:
    """Return the facts of a host with one security and one other update."""
    pending = tuple(Update(name, "amd64", "1", "2", (), name == "openssl", offered=("2",)) for name in ("openssl", "zip"))
    readings = {
        "package_manager": "apt",
        "updates": Updates(pending, list_age=60.0),
        "package_database": PackageDatabase("apt", False, (), "x"),
        "package_locks": (),
        "restart_forecast": RestartForecast(()),
        "units": Units({one.name: one for one in units}, ()),
    }
    return Facts(readings)


def test_an_upgrade_tells_what_was_there_and_what_is_security() -> None:
    """Plan and report show `old -> new` and the security mark from the task's results."""
    decision = PACKAGES.plan(PackagesArguments(scope="all"), StepContext(Host("h1"), facts()))
    assert isinstance(decision, Act)
    assert ({"openssl": "1", "zip": "1"}, ["openssl"]) == (decision.results["installed"], decision.results["security"])


def test_units_that_package_scripts_restarted_are_told() -> None:
    """A lasting service that runs anew after the transaction was restarted by a script; one-shots and stopped units were not."""
    before = facts(
        unit("nginx.service", "a"), unit("cron.service", "c"), unit("once.service", "o", kind="oneshot"), unit("gone.service", "g")
    )
    after = facts(
        unit("nginx.service", "b"),
        unit("cron.service", "c"),
        unit("once.service", "p", kind="oneshot"),
        unit("gone.service", "h", active="inactive"),
        unit("new.service", "n"),
    )
    assert PACKAGES.verify is not None
    proof = PACKAGES.verify(PackagesArguments(), StepContext(Host("h1"), before), after)
    assert {"restarted_by_scripts": ["nginx.service"]} == proof.detail


def test_a_reboot_that_is_forbidden_is_foreseen_as_owed() -> None:
    """Where an upgrade will make a reboot due, the plan says beforehand that it stays owed, and why."""
    context = StepContext(Host("h1"), Facts())
    assert (Owe("reboot", "the policy is never to reboot"),) == REBOOT.foresee(RebootArguments(policy="never"), context)
    assert () == REBOOT.foresee(RebootArguments(policy="always"), context)


def test_most_steps_foresee_nothing() -> None:
    """A step that cannot say what it will leave undone says nothing."""
    assert () == nothing_foreseen(None, StepContext(Host("h1"), Facts()))
