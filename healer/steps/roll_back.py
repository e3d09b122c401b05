"""`roll_back`: what healer itself runs when a host is not well after an upgrade. In a playbook it finds nothing to go back to.

The versions and services come from the run's own record, never from arguments.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from healer.discovery import plugins
from healer.model.action import Act, Action, Decision, LookAgain, Refuse, Run, Skip
from healer.model.facts import Facts, PackageDatabase, Unit, Units, Unknown, Updates, Verdict
from healer.platforms.packages.contract import PackageManager, Terms
from healer.steps._forecast import services
from healer.steps.contract import Arguments, Proof, Step, StepContext

UP = frozenset({"active", "reloading"})


class RollBackArguments(Arguments):
    """`packages` go back to the versions that they had before the play; `services` that were running then are started.

    `allowed` false only says what a person would have to type.
    """

    what: Literal["packages", "services"] = "packages"
    allowed: bool = True


def plan(arguments: RollBackArguments, context: StepContext) -> Decision:
    """Return the one job that goes back, or a refusal where it cannot be proved that nothing else would suffer."""
    if not context.former:
        return Skip("nothing was upgraded that could be taken back")
    if arguments.what == "services":
        return _start(context)
    name = context.facts.read("package_manager", str)
    if isinstance(name, Unknown):
        return Refuse(f"which package manager rules the host is not known: {name.reason}")
    manager = plugins("healer.platforms.packages", PackageManager).get(name)
    if manager is None or manager.back is None:
        return Refuse(f"healer does not know how {name} goes back")
    if not arguments.allowed:
        return Refuse("the playbook says rollback: never")
    reasons = list(_against(context.former, manager))
    if reasons:
        return Refuse("; ".join(reasons))
    try:
        job = manager.back.job(context.former, Terms(latter=context.latter))
    except ValueError as error:
        return Refuse(f"the host names versions that are none: {error}")
    look = Action("look which versions are installed now", LookAgain(("updates", "package_database")), disruptive=False, makes_stale=())
    return Act((Action(f"go back to {_told(context.former)}", job), look), results={"packages": dict(context.former)})


def _against(former: Mapping[str, str], manager: PackageManager) -> Iterator[str]:
    for name, version in sorted(former.items()):
        reason = manager.back.never(name) if manager.back else ""
        if not version:
            yield f"{name} was not there before, and healer removes no package"
        elif reason:
            yield f"{name} is never rolled back: {reason}"


def _told(versions: Mapping[str, str], most: int = 2) -> str:
    words = [f"{name} {version}" for name, version in sorted(versions.items())]
    return ", ".join(words) if len(words) <= most else f"the former versions of {len(words)} packages"


def _start(context: StepContext) -> Decision:
    units = context.facts.read("units", Units)
    if isinstance(units, Unknown):
        return Refuse(f"the services are not known: {units.reason}")
    fallen = tuple(name for name in context.ran_before if _is_down(units.units.get(name)))
    if not fallen:
        return Skip("everything that was running before runs")
    actions = [action for name in services().order(fallen) for action in _starting(name, units.units.get(name))]
    look = Action("look whether they run", LookAgain(("units",)), disruptive=False, makes_stale=())
    return Act((*actions, look), results={"units": sorted(fallen)})


def _is_down(unit: Unit | None) -> bool:
    """Whether a service that was active is not any more. One that has done its work and ended is not down."""
    if unit is None or unit.type == "oneshot":
        return False
    return unit.active not in UP


def _starting(name: str, unit: Unit | None) -> Iterator[Action]:
    """Start it. One that failed too often would be refused by systemd until its failures are forgotten, systemctl(1)."""
    if unit is not None and unit.active == "failed":
        yield Action(f"forget the failures of {name}", Run(("systemctl", "reset-failed", "--", name), timeout=60.0))
    yield Action(f"start {name}", Run(("systemctl", "start", "--", name), timeout=300.0), unit=name)


def verify(arguments: RollBackArguments, context: StepContext, after: Facts) -> Proof:
    """Compare what is there now with what was there before the play."""
    if arguments.what == "services":
        units = after.read("units", Units)
        if isinstance(units, Unknown):
            return Proof(Verdict.UNKNOWN, units.reason)
        down = [name for name in context.ran_before if _is_down(units.units.get(name))]
        return Proof(Verdict.BAD, f"{', '.join(down)} does not run") if down else Proof(Verdict.GOOD, "all that ran before runs")
    database, updates = after.read("package_database", PackageDatabase), after.read("updates", Updates)
    if isinstance(database, Unknown) or isinstance(updates, Unknown):
        return Proof(Verdict.UNKNOWN, next(one.reason for one in (database, updates) if isinstance(one, Unknown)))
    if database.interrupted:
        return Proof(Verdict.BAD, f"the package database is not whole: {', '.join(database.broken) or 'a transaction was interrupted'}")
    wrong = [row for row in updates.pending if row.package in context.former and row.installed != context.former[row.package]]
    faults = [f"{row.package} is {row.installed}, not {context.former[row.package]}" for row in wrong]
    return Proof(Verdict.BAD, "; ".join(faults)) if faults else Proof(Verdict.GOOD, f"back at {_told(context.former)}")


PLUGIN = Step(
    name="roll_back",
    arguments=RollBackArguments,
    plan=plan,
    needs=("package_manager", "updates", "package_database", "units"),
    verify=verify,
)
