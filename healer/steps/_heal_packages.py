"""Takes back the one package change that a crash is blamed on, where that may be done and is proved to touch nothing else."""

from collections.abc import Mapping, Sequence

from healer.discovery import plugins
from healer.healing.policy import ServicesPolicy
from healer.model.action import Act, Action, Decision, LookAgain, Refuse, Skip
from healer.model.facts import Facts, PackageDatabase, Unknown
from healer.model.services import ServiceJudgement
from healer.platforms.packages.contract import PackageManager, Terms
from healer.steps._heal_acts import PROVES
from healer.steps.contract import StepContext

MANAGER = "package_manager"


def blamed(judged: Sequence[ServiceJudgement]) -> Mapping[str, tuple[str, str]]:
    """Return the versions before and after by package, of the changes that services are ill because of."""
    return {one.package[0]: one.package[1:] for one in judged if one.package is not None}


def undo(judged: tuple[ServiceJudgement, ...], policy: ServicesPolicy, context: StepContext) -> Decision:
    """Return the way back to the former version, or what a person would have to type."""
    changes = blamed(judged)
    if not changes:
        return Skip("no package change is to blame", judged=judged)
    name = context.facts.read(MANAGER, str)
    if isinstance(name, Unknown):
        return Refuse(f"{_told(changes)}: which package manager rules the host is not known: {name.reason}", judged=judged)
    manager = plugins("healer.platforms.packages", PackageManager).get(name)
    if manager is None or manager.back is None:
        return Refuse(f"{_told(changes)}: healer does not know how {name} goes back", judged=judged)
    former = {package: old for package, (old, _new) in changes.items()}
    if not policy.rollback:
        return Refuse(f"{_told(changes)}; to take it back: {manager.back.command(former)}, or healer services --rollback", judged=judged)
    never = next((reason for package in former if (reason := manager.back.never(package))), "")
    if never:
        return Refuse(f"{_told(changes)}; it is never taken back by healer: {never}", judged=judged)
    try:
        job = manager.back.job(former, Terms(latter={package: new for package, (_old, new) in changes.items()}))
    except ValueError as error:
        return Refuse(f"the host names versions that are none: {error}", judged=judged)
    look = Action("look whether the services are well", LookAgain((*PROVES, "package_database")), disruptive=False, makes_stale=())
    units = [one.unit for one in judged if one.package is not None]
    act = Action(f"go back to {', '.join(f'{package} {old}' for package, old in former.items())}", job, unit=units[0])
    return Act((act, look), results={"units": units, "packages": former}, forecast=(_told(changes),), judged=judged)


def _told(changes: Mapping[str, tuple[str, str]]) -> str:
    return "; ".join(f"{package} went from {old} to {new}, and that is to blame" for package, (old, new) in changes.items())


def taken_back(changes: Mapping[str, tuple[str, str]], after: Facts) -> list[str]:
    """Return what is wrong with the package database after the way back."""
    database = after.read("package_database", PackageDatabase)
    if isinstance(database, PackageDatabase) and database.interrupted:
        return [f"the package database is not whole after going back with {', '.join(changes)}"]
    return []
