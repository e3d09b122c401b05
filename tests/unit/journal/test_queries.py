"""What outlives a run."""

from datetime import UTC, datetime

import pytest

from healer.journal.memory import MemoryJournal
from healer.journal.queries import debts, holds
from healer.model.action import Owe
from healer.model.events import DebtOwed, DebtPaid, HostAcknowledged, HostHeld, Note


class Noon:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def journal() -> MemoryJournal:
    """Give an empty journal."""
    return MemoryJournal(clock=Noon())


def test_hold_stands_until_acknowledged(journal: MemoryJournal) -> None:
    """A held host is held, over runs, until a person acknowledges it."""
    journal.append("r1", HostHeld("web1", "verify failed"))
    journal.append("r1", HostHeld("web2", "verify failed"))
    journal.append("r2", HostAcknowledged("web1", "alice"))
    assert list(holds(journal)) == ["web2"]


def test_first_reason_stays(journal: MemoryJournal) -> None:
    """A hold is told with the reason that it began with."""
    journal.append("r1", HostHeld("web1", "first"))
    journal.append("r2", HostHeld("web1", "second"))
    assert holds(journal)["web1"].event == HostHeld("web1", "first")


def test_held_again_after_acknowledgement(journal: MemoryJournal) -> None:
    """An acknowledgement lifts the holds before it, not those after it."""
    for event in (HostHeld("web1", "first"), HostAcknowledged("web1", "alice"), HostHeld("web1", "again")):
        journal.append("r1", event)
    assert holds(journal, "web1")["web1"].event == HostHeld("web1", "again")


def test_acknowledgement_without_hold(journal: MemoryJournal) -> None:
    """Acknowledging a host that is not held is no fault."""
    journal.append("r1", HostAcknowledged("web1", "alice"))
    assert holds(journal) == {}


def test_debts_stand_until_paid(journal: MemoryJournal) -> None:
    """Debts stand by host and kind, each told by its newest detail, until they are paid."""
    for event in (
        DebtOwed("web1", Owe("reboot", "kernel 1")),
        DebtOwed("web1", Owe("restart", "sshd")),
        DebtOwed("web1", Owe("reboot", "kernel 2")),
        DebtOwed("web2", Owe("reboot", "kernel 1")),
        DebtPaid("web2", "reboot"),
        DebtPaid("web3", "reboot"),
        Note("web1", "nothing"),
    ):
        journal.append("r1", event)
    assert debts(journal) == {"web1": (Owe("reboot", "kernel 2"), Owe("restart", "sshd"))}


def test_debts_of_one_host(journal: MemoryJournal) -> None:
    """One host's debts can be asked for alone."""
    journal.append("r1", DebtOwed("web1", Owe("reboot", "kernel")))
    assert debts(journal, "web2") == {}
