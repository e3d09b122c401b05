"""`packages`: bring packages to exactly the versions that were looked at, or that a canary proved, and to no others."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from healer.discovery import plugins
from healer.model.action import Act, Action, Decision, LookAgain, Owe, Refuse, Skip
from healer.model.facts import Facts, LockHolder, PackageDatabase, RebootOwed, RestartForecast, Units, Unknown, Update, Updates, Verdict
from healer.model.words import FEW, first_few
from healer.platforms.packages.contract import LOCK_TIMEOUT, PackageManager, Terms
from healer.steps._forecast import forecast_lines, foretold, restarts_to_come
from healer.steps._way_back import outlook
from healer.steps.contract import Arguments, Proof, Step, StepContext

Quarantined = Mapping[tuple[str, str], str]
NOTHING: Quarantined = MappingProxyType({})


class PackagesArguments(Arguments):
    """What to upgrade. `only` and `names` are shell patterns for names of packages or of their sources.

    `scope` picks by kind: security updates, all, or none but those in `names`. `only` narrows what was picked. `names` adds, whatever
    the scope. Held packages are never touched. `lock_timeout` is seconds.
    """

    scope: Literal["security", "all", "none"] = "security"
    only: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    state: Literal["upgraded", "downloaded", "refreshed"] = "upgraded"
    conffile: Literal["keep", "new"] = "keep"
    lock_timeout: int = Field(default=LOCK_TIMEOUT, ge=0, le=86400)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be installed on this host. `missing` are versions that the canary proved and this host is not offered.

    `barred` says of each package in scope whose version is in quarantine why it stays.
    """

    rows: tuple[Update, ...] = ()
    versions: Mapping[str, str] | None = None
    companions: Mapping[str, str] | None = None
    staying: tuple[Update, ...] = ()
    missing: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()


def plan(arguments: PackagesArguments, context: StepContext) -> Decision:
    """Return the jobs that bring the packages there. A reading that is not known is refused: nothing is installed on a guess."""
    manager = _manager(context.facts)
    if isinstance(manager, Unknown):
        return Refuse(f"which package manager rules the host is not known: {manager.reason}")
    terms = Terms(lock_timeout=arguments.lock_timeout, conffile=arguments.conffile)
    if arguments.state == "refreshed":
        if context.saved_plan or context.check:
            return Skip(f"package lists are not refreshed by looking or by a saved plan; they are {_list_age(context.facts)}")
        refresh = Action(
            "refresh the package lists", manager.refresh(terms), disruptive=False, makes_stale=("updates", "restart_forecast", "way_back")
        )
        return Act((refresh,))
    database = context.facts.read("package_database", PackageDatabase)
    if isinstance(database, Unknown):
        return Refuse(f"whether the package database is whole is not known: {database.reason}")
    if database.interrupted and arguments.state == "upgraded":
        return _repair_first(arguments, context, manager, terms)
    return _decide(arguments, context, manager, terms)


def _manager(facts: Facts) -> PackageManager | Unknown:
    name = facts.read("package_manager", str)
    if isinstance(name, Unknown):
        return name
    found = plugins("healer.platforms.packages", PackageManager).get(name)
    return found or Unknown(f"healer has no plug-in for {name}")


def _repair_first(arguments: PackagesArguments, context: StepContext, manager: PackageManager, terms: Terms) -> Decision:
    """Put the repair before whatever else is to be done; what cannot be known before it is left as a debt."""
    then = _decide(arguments, context, manager, terms)
    summary = _repair_summary(context.facts)
    if isinstance(then, Act):
        cured = _broken(context.facts) <= set(then.versions)
        repair = Action(summary, manager.repair(replace(terms, upgraded_after=cured)))
        return replace(then, actions=(repair, *then.actions), pays=())
    look = Action("look whether the package database is whole", LookAgain(("package_database",)), disruptive=False, makes_stale=())
    owes = (Owe("packages", f"after the repair: {then.reason}"),) if isinstance(then, Refuse) else then.owes
    return Act((Action(summary, manager.repair(terms)), look), owes=owes)


def _broken(facts: Facts) -> set[str]:
    database = facts.read("package_database", PackageDatabase)
    return set() if isinstance(database, Unknown) else {name.partition(":")[0] for name in database.broken}


def _repair_summary(facts: Facts) -> str:
    """Say for whom the repair waits: while somebody else installs, the database is not whole and nothing is wrong."""
    holders = facts.get("package_locks")
    if isinstance(holders, tuple) and holders and isinstance(holders[0], LockHolder):
        return f"wait for {holders[0].command} (process {holders[0].pid}), then repair the package database if it is not whole"
    return "repair the package database: a transaction was interrupted"


def _decide(arguments: PackagesArguments, context: StepContext, manager: PackageManager, terms: Terms) -> Decision:
    updates = context.facts.read("updates", Updates)
    if isinstance(updates, Unknown):
        return Refuse(f"which packages can be upgraded is not known: {updates.reason}")
    choice = choose(arguments, updates, context.frozen, context.quarantined)
    if choice.missing:
        return Refuse(f"this host is not offered what the canary proved: {', '.join(choice.missing)}", terminal="skipped")
    if not choice.versions:
        return _nothing(arguments, updates, choice)
    terms = replace(terms, companions=choice.companions or {})
    if arguments.state == "downloaded":
        job = manager.download(choice.versions, terms)
        return Act((Action(f"download {_told(choice)}", job, disruptive=False, makes_stale=("disks",)),))
    look = Action("look which versions are installed now", LookAgain(("updates", "package_database")), disruptive=False, makes_stale=())
    told = _foretold(context.facts, choice)
    return Act(
        (Action(f"upgrade {_told(choice)}", manager.upgrade(choice.versions, terms)), look),
        results={
            **_results(choice),
            **({"foretold": told} if told else {}),
            "rollback": _rollback(context.facts, choice, updates, manager),
        },
        versions=choice.versions,
        forecast=_forecast(context.facts, choice),
        owes=_left_behind(updates, choice),
        pays=_pays(arguments),
        incurs=restarts_to_come(told) if told else (),
    )


def _pays(arguments: PackagesArguments) -> tuple[str, ...]:
    """Return the debts of earlier runs that are none any more unless owed again; who looked at some packages only knows of none."""
    return () if arguments.only or arguments.state != "upgraded" else ("packages", "quarantine")


def choose(arguments: PackagesArguments, updates: Updates, frozen: Mapping[str, str], quarantined: Quarantined = NOTHING) -> Choice:
    """Return what is in scope and at which version: the canary's where it proved one, else the candidate.

    What its dependencies may bring along follows the same rule. What they brought on the canary and this host is not offered is missing.
    A version in quarantine is brought by neither, and no lower one in its place.
    """
    barred = _barred(updates, frozen, quarantined)
    wanted = [row for row in updates.pending if row.installed and _in_scope(arguments, row)]
    staying = tuple(row for row in wanted if _stays(row) or row.package in barred)
    rows = [row for row in wanted if row not in staying and not _is_at(row, frozen)]
    missing = tuple(f"{row.package} {frozen[row.package]}" for row in rows if not _has(row, frozen))
    versions = {row.package: frozen.get(row.package, row.candidate) for row in rows}
    others = [row for row in updates.pending if row.package not in {*versions, *barred} and not _stays(row)]
    companions = {row.package: frozen.get(row.package, row.candidate) for row in others if _has(row, frozen)}
    if rows:
        missing += tuple(f"{row.package} {frozen[row.package]}" for row in others if not _has(row, frozen) and not _is_at(row, frozen))
    reasons = tuple(barred[row.package] for row in wanted if row.package in barred)
    return Choice(tuple(rows), versions, companions, staying, missing, reasons)


def _barred(updates: Updates, frozen: Mapping[str, str], quarantined: Quarantined) -> dict[str, str]:
    """Return why packages stay, by name: their version is in quarantine, or that of another one of their source is, at the same version.

    Those depend on each other at exactly their version as a rule: one of them alone would bring the other along, and end the whole job.
    """
    barred = {row.package: why for row in updates.pending if (why := quarantined.get((row.package, _target(row, frozen))))}
    firsts = {(row.source, _target(row, frozen)): row.package for row in updates.pending if row.package in barred and row.source}
    for row in updates.pending:
        first = firsts.get((row.source, _target(row, frozen)))
        if first and row.package not in barred:
            barred[row.package] = f"{row.package} {_target(row, frozen)} comes with {first}, which is in quarantine"
    return barred


def _target(row: Update, frozen: Mapping[str, str]) -> str:
    return frozen.get(row.package, row.candidate)


def _in_scope(arguments: PackagesArguments, row: Update) -> bool:
    if arguments.names and _matches(row, arguments.names):
        return True
    picked = arguments.scope == "all" or (arguments.scope == "security" and row.security)
    return picked and (not arguments.only or _matches(row, arguments.only))


def _matches(row: Update, patterns: tuple[str, ...]) -> bool:
    names = (row.package, row.package.partition(":")[0], row.source)
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _stays(row: Update) -> bool:
    return row.held or row.phased or row.kept_back


def _has(row: Update, frozen: Mapping[str, str]) -> bool:
    version = _target(row, frozen)
    return version == row.candidate or version in row.offered


def _is_at(row: Update, frozen: Mapping[str, str]) -> bool:
    return row.installed == frozen.get(row.package)


def _nothing(arguments: PackagesArguments, updates: Updates, choice: Choice) -> Decision:
    if isinstance(updates.list_age, Unknown):
        return Refuse(f"that nothing is pending proves nothing: {updates.list_age.reason}")
    kind = {"security": "security update", "all": "update", "none": "named update"}[arguments.scope]
    among = f" of {', '.join(arguments.only)}" if arguments.only else ""
    if any(row.kept_back for row in choice.staying):
        return Refuse("; ".join(debt.detail for debt in _left_behind(updates, choice)))
    waiting = [f"{row.package} is {'held' if row.held else 'not yet in phase'}" for row in choice.staying if _stays(row)]
    what = "nothing else" if choice.barred else f"no {kind}{among}"
    told = [_in_quarantine(choice.barred)] if choice.barred else []
    reason = "; ".join([*told, f"{what} is pending (package lists refreshed {_ago(updates.list_age)})", *waiting])
    owes = _left_behind(updates, choice) if arguments.state == "upgraded" else ()
    return Skip(reason, owes=owes, pays=_pays(arguments))


def _in_quarantine(barred: tuple[str, ...]) -> str:
    return first_few(barred, sentences=True) + (" (`healer release` lists them)" if len(barred) > FEW else "")


def _list_age(facts: Facts) -> str:
    updates = facts.read("updates", Updates)
    age = updates if isinstance(updates, Unknown) else updates.list_age
    return "of unknown age" if isinstance(age, Unknown) else f"from {_ago(age)}"


def _ago(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"


def _left_behind(updates: Updates, choice: Choice) -> tuple[Owe, ...]:
    """Return the debts for updates that would remove another package, and for those in quarantine: a person decides about both."""
    barred = (Owe("quarantine", _in_quarantine(choice.barred)),) if choice.barred else ()
    kept = [row.package for row in choice.staying if row.kept_back]
    if not kept:
        return barred
    removed = f" (apt would remove {', '.join(updates.removals)})" if updates.removals else ""
    return (Owe("packages", f"cannot be upgraded without removing or holding back another package: {', '.join(kept)}{removed}"), *barred)


def _results(choice: Choice) -> Mapping[str, object]:
    """Return what the task tells: the versions that come and those that go, and which of them are security updates."""
    return {
        "packages": dict(choice.versions or {}),
        "installed": {row.package: row.installed for row in choice.rows},
        "security": sorted(row.package for row in choice.rows if row.security),
    }


def _rollback(facts: Facts, choice: Choice, updates: Updates, manager: PackageManager) -> str:
    """Return whether what is planned could be taken back. What is new on the host would have to come with it."""
    coming = choice.companions or {}
    return outlook(facts, choice.rows, [row.package for row in updates.pending if not row.installed and row.package in coming], manager)


def _told(choice: Choice, most: int = 2) -> str:
    """Count the packages for people and name them while they are few; all of them stand in the versions."""
    versions = choice.versions or {}
    words = [f"{row.package} {row.installed} -> {versions[row.package]}" for row in choice.rows]
    names = f": {', '.join(words)}" if len(words) <= most else ""
    return f"{len(words)} package{'s' * (len(words) != 1)}{names}"


def _foretold(facts: Facts, choice: Choice) -> Mapping[str, Mapping[str, list[str]]]:
    """Return the forecast for programs, nothing where it is not known. What the host owed before is none of this upgrade's doing."""
    forecast, owed = facts.read("restart_forecast", RestartForecast), facts.read("reboot_owed", RebootOwed)
    if isinstance(forecast, Unknown):
        return {}
    before: dict[str, list[str]] = {} if isinstance(owed, Unknown) else {reason: [] for reason in owed.reasons}
    return {**foretold(forecast, {row.package: row.source for row in choice.rows}), "reboot_before": before}


def _forecast(facts: Facts, choice: Choice) -> tuple[str, ...]:
    forecast = facts.read("restart_forecast", RestartForecast)
    if isinstance(forecast, Unknown):
        return (f"what will have to be restarted is not known: {forecast.reason}",)
    return forecast_lines(forecast, {row.package: row.source for row in choice.rows})


def verify(arguments: PackagesArguments, context: StepContext, after: Facts) -> Proof:
    """Compare the package manager's own view after the job with the plan made from the facts before it.

    The detail names the units that run anew since: the packages' own scripts restarted them.
    """
    restarted = _restarted(context.facts, after)
    return replace(_judged(arguments, context, after), detail={"restarted_by_scripts": restarted} if restarted else {})


def _restarted(before: Facts, after: Facts) -> list[str]:
    old, new = before.read("units", Units), after.read("units", Units)
    if isinstance(old, Unknown) or isinstance(new, Unknown):
        return []
    lasting = {name: unit.invocation for name, unit in new.units.items() if unit.active == "active" and unit.type != "oneshot"}
    earlier = {name: unit.invocation for name, unit in old.units.items() if unit.invocation}
    return sorted(name for name, invocation in lasting.items() if name in earlier and invocation != earlier[name])


def _judged(arguments: PackagesArguments, context: StepContext, after: Facts) -> Proof:
    database, updates = after.read("package_database", PackageDatabase), after.read("updates", Updates)
    if isinstance(database, Unknown):
        return Proof(Verdict.UNKNOWN, database.reason)
    if database.interrupted:
        return Proof(Verdict.BAD, f"the package database is not whole: {', '.join(database.broken) or 'a transaction was interrupted'}")
    before = context.facts.read("updates", Updates)
    if isinstance(before, Unknown):
        return Proof(Verdict.GOOD, "the package database is whole")
    versions = choose(arguments, before, context.frozen, context.quarantined).versions or {}
    if isinstance(updates, Unknown):
        return Proof(Verdict.UNKNOWN, updates.reason) if versions else Proof(Verdict.GOOD, "the package database is whole")
    wrong = [
        f"{row.package} is {row.installed}, not {versions[row.package]}"
        for row in updates.pending
        if row.package in versions and row.installed != versions[row.package]
    ]
    return Proof(Verdict.BAD, "; ".join(wrong)) if wrong else Proof(Verdict.GOOD, f"{len(versions)} at their planned versions")


PLUGIN = Step(
    name="packages",
    arguments=PackagesArguments,
    plan=plan,
    needs=("package_manager", "updates", "package_database", "package_locks", "restart_forecast", "units", "way_back"),
    verify=verify,
)
