"""How right the restart forecast was: what the upgrades' plans said would need a restart or a boot, against what then did. Pure.

Only what was seen afterwards is judged: without a look at stale code after the upgrade nothing is said of restarts, and a boot that was
done makes them needless. What was due before the upgrade is no part of it either way.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from healer.model.action import Act, Decision, Reboot, Skip
from healer.model.events import Stamped, TaskEnded, TaskPlanned
from healer.model.report import ForecastScore

REBOOT = "reboot"
OF_ITSELF = "systemd (pid "
"""How the reason for a boot begins that executing systemd again cures as well; the forecast tells it as that."""


@dataclass(frozen=True, slots=True)
class Upgrades:
    """What a host's upgrades said and did. `after` is the number of the newest one's plan."""

    restarts: frozenset[str]
    by_scripts: frozenset[str]
    boots: bool
    boots_before: frozenset[str]
    packages: frozenset[str]
    restarted: frozenset[str]
    after: int


def forecast_score(events: Sequence[Stamped]) -> ForecastScore | None:
    """Return the score of one host's events in a run; None where no upgrade with a known forecast was made, or nobody looked after it."""
    upgrades = _upgrades(events)
    if upgrades is None:
        return None
    later = [decision for number, step, decision in _decisions(events) if number > upgrades.after and step in ("restart_stale", "reboot")]
    restarts = any(map(_looked_for_stale, later)) and not any(map(_boots, later))
    boots = not upgrades.boots_before and any(map(_judges_boot, later))
    if not (restarts or boots):
        return None
    foretold = (upgrades.restarts | upgrades.by_scripts if restarts else frozenset()) | _word(boots and upgrades.boots)
    needed = (upgrades.restarted | _stale(later, upgrades) if restarts else frozenset()) | _word(boots and any(map(_needs_boot, later)))
    return ForecastScore(tuple(sorted(foretold & needed)), tuple(sorted(needed - foretold)), tuple(sorted(foretold - needed)))


def _word(boot: bool) -> frozenset[str]:
    return frozenset({REBOOT}) if boot else frozenset()


def _decisions(events: Sequence[Stamped]) -> Iterator[tuple[int, str, Decision]]:
    """Yield the decisions of the play's own tasks; debts of earlier runs are paid in sections of their own."""
    for stamped in events:
        if isinstance(stamped.event, TaskPlanned) and not _section(stamped.event.address).startswith(("prepare", "debts-", "handlers")):
            yield stamped.number, stamped.event.step, stamped.event.decision


def _section(address: str) -> str:
    return address.split("/")[1] if "/" in address else ""


def _upgrades(events: Sequence[Stamped]) -> Upgrades | None:
    changed = {
        stamped.event.address: stamped.event.result for stamped in events if isinstance(stamped.event, TaskEnded) and stamped.event.changed
    }
    made = [
        (stamped.number, stamped.event.decision, changed[stamped.event.address])
        for stamped in events
        if isinstance(stamped.event, TaskPlanned) and stamped.event.address in changed and _told(stamped.event.decision)
    ]
    if not made:
        return None
    told = [_told(decision) for _number, decision, _result in made]
    return Upgrades(
        restarts=_keys(told, "restart"),
        by_scripts=_keys(told, "by_scripts"),
        boots=bool(_keys(told, "reboot")),
        boots_before=_keys(told, "reboot_before"),
        packages=frozenset(name.partition(":")[0] for _number, one, _result in made if isinstance(one, Act) for name in one.versions),
        restarted=frozenset(unit for _number, _one, result in made for unit in _names(result.get("restarted_by_scripts"))),
        after=max(number for number, _one, _result in made),
    )


def _told(decision: Decision) -> Mapping[str, object]:
    told = decision.results.get("foretold") if isinstance(decision, Act) else None
    return told if isinstance(told, Mapping) else {}


def _keys(told: Iterable[Mapping[str, object]], kind: str) -> frozenset[str]:
    return frozenset(name for one in told for name in _names(one.get(kind)))


def _names(value: object) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, (list, tuple, Mapping)) else ()


def _looked_for_stale(decision: Decision) -> bool:
    return (isinstance(decision, Act) and "causes" in decision.results) or (
        isinstance(decision, Skip) and "replaced code" in decision.reason
    )


def _stale(decisions: Iterable[Decision], upgrades: Upgrades) -> set[str]:
    """Return the units that ran code which these upgrades had replaced: of no package any more, or of one of theirs."""
    found: set[str] = set()
    for decision in decisions:
        causes = decision.results.get("causes") if isinstance(decision, Act) else None
        for unit, packages in causes.items() if isinstance(causes, Mapping) else ():
            names = {name.partition(":")[0] for name in _names(packages)}
            found |= {str(unit)} if not names or names & upgrades.packages else set()
        for debt in () if not isinstance(decision, (Act, Skip)) else decision.owes:
            found |= {unit for unit in debt.items if debt.kind == "restart" and unit in upgrades.restarts}
    return found


def _boots(decision: Decision) -> bool:
    return isinstance(decision, Act) and any(isinstance(action.verb, Reboot) for action in decision.actions)


def _judges_boot(decision: Decision) -> bool:
    return _boots(decision) or (isinstance(decision, Skip) and REBOOT in (*decision.pays, *(debt.kind for debt in decision.owes)))


def _needs_boot(decision: Decision) -> bool:
    return any(not reason.startswith(OF_ITSELF) for reason in _reasons(decision))


def _reasons(decision: Decision) -> list[str]:
    """Return why the reboot step found a boot to be owed."""
    if isinstance(decision, Act):
        return str(decision.results.get("reasons", "")).split("; ") if _boots(decision) else []
    if not isinstance(decision, Skip) or all(debt.kind != REBOOT for debt in decision.owes):
        return []
    return decision.reason.partition("(")[2].rpartition("), but ")[0].split("; ")
