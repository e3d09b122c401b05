"""What every journal promises, tried on each of them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from healer.journal.memory import MemoryJournal
from healer.journal.store import SqlJournal
from healer.model.errors import JournalError
from healer.model.events import ActEnded, HostAcknowledged, HostHeld, Note, RunStarted
from healer.model.facts import Verdict
from healer.model.secret import Secret
from healer.ports import Journal


class Steps:
    """A clock that moves one second at each look."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


MAKERS: dict[str, Callable[[Path], Journal]] = {
    "memory": lambda _folder: MemoryJournal(clock=Steps()),
    "sqlite": lambda folder: SqlJournal(f"sqlite:///{folder}/state/journal.db", clock=Steps()),
}


@pytest.fixture(params=sorted(MAKERS))
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    """Give each journal in turn, empty."""
    return MAKERS[request.param](tmp_path)


def started(command: str) -> RunStarted:
    """Give the first event of a run."""
    return RunStarted(command, "patch.yml", "d1", "d2", ("web1",), "root", {"policy": "{}"})


def test_append_returns_what_is_kept(journal: Journal) -> None:
    """What append returns is what is read back: number, run, time in UTC, event."""
    kept = journal.append("r1", started("patch"))
    assert [kept] == list(journal.events("r1"))
    assert (1, "r1", datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)) == (kept.number, kept.run, kept.at)


def test_events_are_one_runs_in_order(journal: Journal) -> None:
    """A run's events come back in the order in which they were kept, without those of other runs."""
    for run, text in (("r1", "a"), ("r2", "b"), ("r1", "c")):
        journal.append(run, Note("web1", text))
    assert [(stamped.number, stamped.event.text) for stamped in journal.events("r1")] == [(1, "a"), (3, "c")]


def test_unknown_run_is_empty(journal: Journal) -> None:
    """A run that was never kept has no events."""
    assert list(journal.events("r9")) == []


def test_runs_newest_first_and_bounded(journal: Journal) -> None:
    """Runs are listed by their first event, the newest first, as many as asked for."""
    for run in ("r1", "r2", "r3"):
        journal.append(run, started(run))
        journal.append(run, Note("", "something"))
    assert [stamped.run for stamped in journal.runs(limit=2)] == ["r3", "r2"]


def test_about_one_host_over_all_runs(journal: Journal) -> None:
    """A host's events of the wanted kinds come from every run, in order."""
    journal.append("r1", HostHeld("web1", "verify failed"))
    journal.append("r1", HostHeld("web2", "other"))
    journal.append("r1", Note("web1", "not asked for"))
    journal.append("r2", HostAcknowledged("web1", "alice"))
    assert [stamped.number for stamped in journal.about("web1", ["host_held", "host_acknowledged"])] == [1, 4]


def test_about_all_hosts(journal: Journal) -> None:
    """None asks for all hosts."""
    journal.append("r1", HostHeld("web1", "a"))
    journal.append("r1", HostHeld("web2", "b"))
    assert [stamped.event.host for stamped in journal.about(None, ["host_held"])] == ["web1", "web2"]


def test_about_no_kind_is_empty(journal: Journal) -> None:
    """Who asks for no kind gets nothing."""
    journal.append("r1", HostHeld("web1", "a"))
    assert list(journal.about("web1", [])) == []


def test_many_threads(journal: Journal) -> None:
    """Events of many threads are all kept, each with a number of its own."""
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda count: journal.append("r1", Note("web1", str(count))).number, range(40)))
    assert sorted(numbers) == [stamped.number for stamped in journal.events("r1")]
    assert len(set(numbers)) == 40


def test_secret_is_refused_and_not_kept(journal: Journal) -> None:
    """A secret in an event is refused, is not named in the refusal, and nothing of the event is kept."""
    event = ActEnded("web1", "0/tasks/1", 0, "a", Verdict.GOOD, changed=True, detail={"password": Secret("hunter2")})
    with pytest.raises(JournalError, match="no rule for a value of type Secret") as caught:
        journal.append("r1", event)
    assert "hunter2" not in str(caught.value)
    assert list(journal.events("r1")) == []


def test_broken_text_of_a_host_is_kept(journal: Journal) -> None:
    """Text with bytes that are no text does not stop a run: they are kept as question marks."""
    journal.append("r1", Note("web1", "a\udcffb\x00"))
    assert journal.events("r1")[0].event.text == "a?b\x00"
