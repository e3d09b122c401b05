"""History, show and ack, over a journal that a run has left."""

import json
from pathlib import Path

import pytest
from cli_calls import Healer

from healer.clock import SystemClock
from healer.journal.store import SqlJournal
from healer.model.action import Owe
from healer.model.events import DebtOwed, HostEnded, HostHeld, PlayStarted, RunEnded, RunStarted, SlotTaken

RUN, OLDER = "20260102-030405-ab12", "20260101-030405-ab12"


@pytest.fixture(autouse=True)
def _a_run(tmp_path: Path) -> None:
    """Leave two runs; in the newer one web2 is held."""
    journal = SqlJournal(f"sqlite:///{tmp_path / 'state' / 'journal.db'}", clock=SystemClock())
    for run in (OLDER, RUN):
        journal.append(run, RunStarted("healer patch", "patch.yml", "d1", "d2", ("web1", "web2"), "ann@node pid 7"))
        journal.append(run, PlayStarted(0, "Patch", ("web1", "web2")))
        journal.append(run, HostEnded("web1", 0, "ok", "nothing to do"))
    journal.append(RUN, SlotTaken("web2", 0))
    journal.append(RUN, HostHeld("web2", "health gate bad"))
    journal.append(RUN, HostEnded("web2", 0, "held", "health gate bad"))
    journal.append(RUN, RunEnded(1))


def test_history_is_newest_first(healer: Healer) -> None:
    """Each run has one row, the newest on top, with how its hosts ended; a run without an end is called unfinished."""
    rows = healer("history").out.splitlines()[1:]
    assert [RUN, OLDER] == [row.split()[0] for row in rows]
    assert "1 ok, 1 held" in rows[0]
    assert "unfinished" in rows[1]


def test_history_as_json(healer: Healer) -> None:
    """With --json standard output is one document."""
    rows = json.loads(healer("history", "--json").out)
    assert [(RUN, 1, {"ok": 1, "held": 1}), (OLDER, None, {"ok": 1, "pending": 1})] == [
        (row["run"], row["exit_code"], row["hosts"]) for row in rows
    ]


def test_show_tells_the_newest_run(healer: Healer) -> None:
    """Without a name the newest run is told, with what to type next."""
    said = healer("show")
    assert said.out.startswith(f"run {RUN}  healer patch\n")
    assert "next: healer ack web2" in said.out


def test_show_takes_the_beginning_of_a_name(healer: Healer) -> None:
    """A run is named by as much of its name as no other run begins with."""
    assert healer("show", "20260101").out.startswith(f"run {OLDER}")
    said = healer("show", "202601")
    assert (2, True) == (said.code, "2 runs begin" in said.err)


def test_show_tells_one_host(healer: Healer) -> None:
    """With a host its events are told in order, and only its own host events."""
    said = healer("show", RUN, "web2")
    assert "ends held: health gate bad" in said.out
    assert "nothing to do" not in said.out


def test_show_names_the_hosts_of_the_run(healer: Healer) -> None:
    """A host that was not in the run is refused with the names of those that were."""
    said = healer("show", RUN, "web9")
    assert (2, True) == (said.code, "It has web1, web2." in said.err)


def test_show_as_json(healer: Healer) -> None:
    """The report and one host's events are documents as well."""
    assert RUN == json.loads(healer("show", RUN, "--json").out)["run"]
    events = json.loads(healer("show", RUN, "web2", "--json").out)["events"]
    assert ["slot_taken", "host_held", "host_ended"] == [one["event"]["kind"] for one in events]


def test_ack_lifts_the_hold_once(healer: Healer) -> None:
    """The hold is shown with its run and reason, then lifted; a second time there is nothing to lift."""
    said = healer("ack", "web2", "--yes")
    assert (0, True) == (said.code, f"by run {RUN}: health gate bad" in said.out)
    assert 2 == healer("ack", "web2", "--yes").code


def test_ack_as_json(healer: Healer) -> None:
    """The words for people go to standard error where the result is JSON."""
    said = healer("ack", "web2", "--yes", "--json")
    assert ("web2", RUN) == (json.loads(said.out)["host"], json.loads(said.out)["run"])
    assert "freed" in said.err


@pytest.fixture
def _drained(tmp_path: Path) -> None:
    """Leave web2 out of service."""
    journal = SqlJournal(f"sqlite:///{tmp_path / 'state' / 'journal.db'}", clock=SystemClock())
    journal.append(RUN, DebtOwed("web2", Owe("undrain", f"taken out of service by run {RUN} and not put back", items=("way",))))
    journal.close()


@pytest.mark.usefixtures("_drained")
def test_ack_says_that_the_host_is_out_of_service(healer: Healer) -> None:
    """Whoever frees a host learns that the next run will put it back, and what to type when that was done by hand; it stays owed."""
    said = healer("ack", "web2", "--yes")
    assert (0, True) == (said.code, "healer ack web2 --in-service" in said.out)
    assert 0 == healer("ack", "web2", "--in-service", "--yes").code


@pytest.mark.usefixtures("_drained")
def test_ack_strikes_out_a_way_back_that_a_person_went(healer: Healer) -> None:
    """The hold is lifted and nothing is owed any more: no run puts the host back, or counts it as out of service."""
    said = healer("ack", "web2", "--in-service", "--yes")
    assert (0, True) == (said.code, "web2: freed by" in said.out)
    assert (2, True) == ((again := healer("ack", "web2", "--in-service", "--yes")).code, "owes no way back" in again.err)


def test_ack_of_another_host_names_those_that_are_held(healer: Healer) -> None:
    """Whoever mistypes a host learns which ones are held."""
    assert "Held are: web2." in healer("ack", "web1").err
