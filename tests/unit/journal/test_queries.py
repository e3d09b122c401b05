"""What outlives a run."""

from datetime import UTC, datetime

import pytest

from healer.journal.memory import MemoryJournal
from healer.journal.queries import DEBT_KINDS, dated_debts, debt_history, debts, debts_before, health_before, holds, unpaid
from healer.model.action import Owe
from healer.model.events import DebtOwed, DebtPaid, HostAcknowledged, HostHeld, HostLooked, Note, RunEnded
from healer.model.facts import Verdict


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


def test_the_newest_events_can_be_asked_for(journal: MemoryJournal) -> None:
    """A long history is not read to its beginning: the newest so many, in order."""
    for number in range(5):
        journal.append(f"r{number}", RunEnded(number))
    assert [3, 4] == [stamped.event.exit_code for stamped in journal.about("", ("run_ended",), 2)]  # type: ignore[union-attr]  # ends
    assert ([], 5) == (list(journal.about("", ("run_ended",), 0)), len(journal.about("", ("run_ended",), 9)))


def test_what_a_run_finds_owed_is_not_what_it_owes(journal: MemoryJournal) -> None:
    """A resumed run pays what others left and it has not paid yet; its own debts wait for the next run."""
    journal.append("r1", DebtOwed("web1", Owe("reboot", "kernel")))
    journal.append("r1", DebtOwed("web2", Owe("reboot", "kernel")))
    journal.append("r2", DebtPaid("web2", "reboot"))
    journal.append("r2", DebtOwed("web3", Owe("restart", "sshd")))
    assert {"web1": (Owe("reboot", "kernel"),)} == debts_before(journal.about(None, DEBT_KINDS), "r2")


def test_a_debt_is_dated_from_its_beginning(journal: MemoryJournal) -> None:
    """A later run that owes it too does not make it younger."""
    first = journal.append("r1", DebtOwed("web1", Owe("reboot", "kernel 1")))
    journal.append("r2", DebtOwed("web1", Owe("reboot", "kernel 2")))
    assert {"web1": {"reboot": (Owe("reboot", "kernel 2"), first)}} == dated_debts(journal.about(None, DEBT_KINDS))


def test_what_had_failed_before_a_drain_is_known(journal: MemoryJournal) -> None:
    """The newest look before the drain of the run that owes the way back; nothing where no way back is owed, or nobody looked."""
    assert health_before(journal, "web1") is None
    journal.append("r1", HostLooked("web1", 0, Verdict.GOOD, before={"failed": ["old.service"]}))
    journal.append("r1", DebtOwed("web1", Owe("undrain", "out")))
    journal.append("r1", HostLooked("web1", 0, Verdict.BAD, before={"failed": ["new.service"]}))
    journal.append("r1", DebtOwed("web2", Owe("undrain", "out")))
    assert (["old.service"], None) == (health_before(journal, "web1"), health_before(journal, "web2"))


def test_debts_are_found_without_reading_the_whole_journal(journal: MemoryJournal) -> None:
    """From what a run's end has counted, whenever that was, and what came after it the same debts stand as from all events."""
    for number in range(1, 9):
        journal.append(f"r{number}", DebtOwed("web1", Owe("reboot", f"kernel {number}")))
        journal.append(f"r{number}", DebtOwed("web2", Owe("restart", "sshd", items=("ssh.service",))))
        journal.append(f"r{number}", DebtPaid("web2" if number % 3 else "web1", "restart" if number % 3 else "reboot"))
        whole = dated_debts(journal.about(None, DEBT_KINDS))
        assert whole == dated_debts(debt_history(journal))
        counted = 2 * number - 1
        seen = [one for one in debt_history(journal) if one.number <= counted]
        journal.append(f"r{number}", RunEnded(0, unpaid=unpaid(seen), counted=counted))
        assert whole == dated_debts(debt_history(journal))
