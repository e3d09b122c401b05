"""What outlives a run: hosts that are held until a person has looked, debts that are still to be paid, versions in quarantine."""

from collections.abc import Iterable, Mapping, Sequence

from healer.model.action import Owe
from healer.model.events import (
    DebtOwed,
    DebtPaid,
    HostAcknowledged,
    HostHeld,
    HostLooked,
    RunEnded,
    Stamped,
    VersionQuarantined,
    VersionReleased,
)
from healer.ports import Journal

HOLD_KINDS = ("host_held", "host_acknowledged")
DEBT_KINDS = ("debt_owed", "debt_paid")
QUARANTINE_KINDS = ("version_quarantined", "version_released")
Quarantines = Mapping[tuple[str, str], Stamped]
"""By package and version: the event that put it into quarantine first."""


def holds(journal: Journal, host: str | None = None) -> Mapping[str, Stamped]:
    """Return the hosts that nobody has acknowledged yet, each with the event that held it first. Raises JournalError."""
    return standing_holds(journal.about(host, HOLD_KINDS))


def debts(journal: Journal, host: str | None = None) -> Mapping[str, tuple[Owe, ...]]:
    """Return what is owed on each host, one debt a kind, in the order in which they arose. Raises JournalError."""
    return standing_debts(journal.about(host, DEBT_KINDS))


def quarantines(journal: Journal) -> Quarantines:
    """Return the versions that nobody has released yet. Raises JournalError."""
    return standing_quarantines(journal.about(None, QUARANTINE_KINDS))


def quarantine_words(standing: Quarantines) -> Mapping[tuple[str, str], str]:
    """Return the sentence for each quarantine that says why the version is not installed and what lifts it."""
    return {
        (
            package,
            version,
        ): f"{package} {version} is in quarantine since run {stamped.run}, in which {stamped.event.host} was not well with it"
        f" (`healer release {package} {version}` lifts it)"
        for (package, version), stamped in standing.items()
    }


def standing_quarantines(history: Iterable[Stamped]) -> Quarantines:
    """Fold events in order into the quarantines that stand."""
    standing: dict[tuple[str, str], Stamped] = {}
    for stamped in history:
        match stamped.event:
            case VersionQuarantined(package=package, version=version):
                standing.setdefault((package, version), stamped)
            case VersionReleased(package=package, version=version):
                standing.pop((package, version), None)
            case _:
                pass
    return standing


def standing_holds(history: Iterable[Stamped]) -> Mapping[str, Stamped]:
    """Fold events in order into the holds that stand. The first reason of a hold stays until it is acknowledged."""
    standing: dict[str, Stamped] = {}
    for stamped in history:
        if isinstance(stamped.event, HostHeld):
            standing.setdefault(stamped.event.host, stamped)
        elif isinstance(stamped.event, HostAcknowledged):
            standing.pop(stamped.event.host, None)
    return standing


def debt_history(journal: Journal) -> Sequence[Stamped]:
    """Return the events that say which debts stand now, in order: not all that ever did, but what the newest run's end left and since.

    Raises JournalError.
    """
    ends = [stamped.event for stamped in journal.about("", ("run_ended",), 1) if isinstance(stamped.event, RunEnded)]
    unpaid, counted = (ends[-1].unpaid, ends[-1].counted) if ends else ((), 0)
    return (*journal.numbered(unpaid), *journal.about(None, DEBT_KINDS, after=counted))


def unpaid(history: Iterable[Stamped]) -> tuple[int, ...]:
    """Return the numbers of the events by which debts stand, in order: each debt's first, which dates it, and its newest."""
    standing: dict[tuple[str, str], tuple[int, int]] = {}
    for stamped in history:
        match stamped.event:
            case DebtOwed(host=host, debt=debt):
                first, _ = standing.get((host, debt.kind), (stamped.number, 0))
                standing[host, debt.kind] = (first, stamped.number)
            case DebtPaid(host=host, debt_kind=kind):
                standing.pop((host, kind), None)
            case _:
                pass
    return tuple(sorted({number for both in standing.values() for number in both}))


def standing_debts(history: Iterable[Stamped]) -> Mapping[str, tuple[Owe, ...]]:
    """Fold events in order into the debts that stand. The newest detail of a kind is the one that is told."""
    return {host: tuple(debt for debt, _since in owed.values()) for host, owed in dated_debts(history).items()}


def dated_debts(history: Iterable[Stamped]) -> Mapping[str, Mapping[str, tuple[Owe, Stamped]]]:
    """Fold events in order into the debts that stand, by host and kind, each with the event with which it arose."""
    standing: dict[str, dict[str, tuple[Owe, Stamped]]] = {}
    for stamped in history:
        match stamped.event:
            case DebtOwed(host=host, debt=debt):
                owed = standing.setdefault(host, {})
                owed[debt.kind] = (debt, owed[debt.kind][1] if debt.kind in owed else stamped)
            case DebtPaid(host=host, debt_kind=kind):
                standing.get(host, {}).pop(kind, None)
            case _:
                pass
    return {host: owed for host, owed in standing.items() if owed}


def debts_before(history: Iterable[Stamped], run: str) -> Mapping[str, tuple[Owe, ...]]:
    """Return what earlier runs have left and the run has not paid yet, by host; what the run itself owes is none of it."""
    return standing_debts(stamped for stamped in history if stamped.run != run or isinstance(stamped.event, DebtPaid))


def health_before(journal: Journal, host: str) -> list[str] | None:
    """Return the units that had failed before the run that still owes the host's way back into service drained it; None: not known."""
    owed = dated_debts(journal.about(host, DEBT_KINDS)).get(host, {}).get("undrain")
    if owed is None:
        return None
    looks = [one.event for one in journal.about(host, ("host_looked",)) if one.run == owed[1].run and one.number < owed[1].number]
    failed = looks[-1].before.get("failed") if looks and isinstance(looks[-1], HostLooked) else None
    return [str(name) for name in failed] if isinstance(failed, (list, tuple)) else None
