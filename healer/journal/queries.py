"""What outlives a run: hosts that are held until a person has looked, and debts that are still to be paid."""

from collections.abc import Iterable, Mapping

from healer.model.action import Owe
from healer.model.events import DebtOwed, DebtPaid, HostAcknowledged, HostHeld, Stamped
from healer.ports import Journal

HOLD_KINDS = ("host_held", "host_acknowledged")
DEBT_KINDS = ("debt_owed", "debt_paid")


def holds(journal: Journal, host: str | None = None) -> Mapping[str, Stamped]:
    """Return the hosts that nobody has acknowledged yet, each with the event that held it first. Raises JournalError."""
    return standing_holds(journal.about(host, HOLD_KINDS))


def debts(journal: Journal, host: str | None = None) -> Mapping[str, tuple[Owe, ...]]:
    """Return what is owed on each host, one debt a kind, in the order in which they arose. Raises JournalError."""
    return standing_debts(journal.about(host, DEBT_KINDS))


def standing_holds(history: Iterable[Stamped]) -> Mapping[str, Stamped]:
    """Fold events in order into the holds that stand. The first reason of a hold stays until it is acknowledged."""
    standing: dict[str, Stamped] = {}
    for stamped in history:
        if isinstance(stamped.event, HostHeld):
            standing.setdefault(stamped.event.host, stamped)
        elif isinstance(stamped.event, HostAcknowledged):
            standing.pop(stamped.event.host, None)
    return standing


def standing_debts(history: Iterable[Stamped]) -> Mapping[str, tuple[Owe, ...]]:
    """Fold events in order into the debts that stand. The newest detail of a kind is the one that is told."""
    standing: dict[str, dict[str, Owe]] = {}
    for stamped in history:
        match stamped.event:
            case DebtOwed(host=host, debt=debt):
                standing.setdefault(host, {})[debt.kind] = debt
            case DebtPaid(host=host, debt_kind=kind):
                standing.get(host, {}).pop(kind, None)
            case _:
                pass
    return {host: tuple(owed.values()) for host, owed in standing.items() if owed}
