"""`healer services`, `why` and `ack HOST SERVICE`: what they say before anything is connected, and from the journal alone."""

import json
from pathlib import Path

import pytest
from cli_calls import Healer

from healer.clock import SystemClock
from healer.journal.store import SqlJournal
from healer.model.action import Action, Gather, Job, Run
from healer.model.events import ActEnded, ActIntended, RunStarted, ServicesJudged
from healer.model.facts import Verdict
from healer.model.services import ServiceJudgement

RUN = "20260102-030405-ab12"
UNIT = "app.service"
DOWN = ServiceJudgement(UNIT, "failed", "it is down", "heal", "down", "it is down: a start takes nothing away", "start")
GIVEN_UP = ServiceJudgement(UNIT, "failed", "it is down", "quarantine", "heals-an-hour", "3 tries within an hour did not help")
AWAY = ServiceJudgement(
    "db.service", "stuck", "port 5432", "withhold", "shared-cause", "half of the hosts say the same", cause="a certificate"
)


@pytest.fixture
def journal(tmp_path: Path) -> SqlJournal:
    """Return the journal of a run that started a service on web1, and gave it up."""
    journal = SqlJournal(f"sqlite:///{tmp_path / 'state' / 'journal.db'}", clock=SystemClock())
    journal.append(RUN, RunStarted("healer services", "services.yml", "d1", "d2", ("web1",), "ann@node pid 7"))
    journal.append(RUN, ServicesJudged("web1", (DOWN, AWAY)))
    keep = Action(f"keep evidence of {UNIT}", Gather("true"), unit=UNIT)
    start = Action(f"start {UNIT}: it is down", Run(("sh",)), unit=UNIT, rung="start")
    journal.append(RUN, ActIntended("web1", "0/tasks/0", 0, "act-0", keep))
    journal.append(RUN, ActEnded("web1", "0/tasks/0", 0, "act-0", Verdict.GOOD, changed=False, output="State: T (stopped)\n"))
    journal.append(RUN, ActIntended("web1", "0/tasks/0", 1, "act-1", start))
    journal.append(RUN, ActEnded("web1", "0/tasks/0", 1, "act-1", Verdict.BAD, changed=True, reason="exit code 4: is not up", status=4))
    journal.append(RUN, ActIntended("web1", "0/tasks/0", 2, "act-2", start))
    journal.append(RUN, ServicesJudged("web1", (GIVEN_UP,), ("old.service",)))
    return journal


def text_of(out: str) -> str:
    """Return what was said on one line."""
    return " ".join(out.split())


def test_why_tells_newest_first(healer: Healer, journal: SqlJournal) -> None:
    """The last decision stands on top, with its rule; then what was tried and what came of it; then what was found first."""
    said = healer("why", "web1", "app")
    places = [text_of(said.out).index(words) for words in ("[heals-an-hour]", "its end is not known", "exit code 4", "[down]")]
    assert (0, sorted(places)) == (said.code, places)
    assert "State: T" not in said.out


def test_why_tells_of_a_way_back(healer: Healer, journal: SqlJournal) -> None:
    """That a package was taken back for a service is told of the service, with what came of it."""
    act = Action("go back to app 1.0", Job("true"), unit=UNIT)
    journal.append(RUN, ActIntended("web1", "1/tasks/0", 0, "act-3", act))
    journal.append(RUN, ActEnded("web1", "1/tasks/0", 0, "act-3", Verdict.GOOD, changed=True))
    assert "go back to app 1.0: done" in healer("why", "web1", "app").out
    assert ("rollback", "good") == next((one["kind"], one["verdict"]) for one in json.loads(healer("why", "web1", "app", "--json").out))


def test_why_shows_the_evidence_where_it_is_wanted(healer: Healer, journal: SqlJournal) -> None:
    """What was kept before a service was touched is shown by --evidence only."""
    assert "| State: T (stopped)" in healer("why", "web1", "app", "--evidence").out


def test_why_of_a_host_tells_of_all_its_services(healer: Healer, journal: SqlJournal) -> None:
    """Without a service refusals and services that are well again are told too, with the cause."""
    said = text_of(healer("why", "web1").out)
    assert "db.service withheld [shared-cause]" in said
    assert "cause: a certificate" in said
    assert "old.service well again" in said


def test_why_as_json(healer: Healer, journal: SqlJournal) -> None:
    """With --json each entry is an object with the kind, the rule and the evidence itself."""
    rows = json.loads(healer("why", "web1", "app", "--json").out)
    assert ["judged", "heal", "heal", "evidence", "judged"] == [row["kind"] for row in rows]
    assert ("open", "State: T (stopped)\n") == (rows[1]["verdict"], rows[3]["output"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("why", "web9"), "Something is known of web1"),
        (("why", "web1", "nginx"), "Known are: app.service, db.service, old.service"),
        (("why", "web1", "a.socket"), "only services are healed"),
        (("ack", "web1", "db", "--yes"), "db.service on web1 is not in quarantine"),
        (("ack", "web9", "app", "--yes"), "No service of web9 is in quarantine"),
        (("ack", "web1", "a.timer", "--yes"), "only services are healed"),
        (("ack", "web1", "app", "--in-service"), "leave the service out"),
    ],
)
def test_what_nothing_is_known_of_is_wrong_usage(healer: Healer, journal: SqlJournal, words: tuple[str, ...], message: str) -> None:
    """An unknown host or service is an error that says what there is."""
    said = healer(*words)
    assert (2, True) == (said.code, message in text_of(said.err)), said.err


def test_why_without_a_journal_says_where_it_would_come_from(healer: Healer) -> None:
    """Before the first run there is nothing to tell."""
    assert "`healer services` finds and heals" in text_of(healer("why", "web1").err)


def test_an_acknowledgement_lifts_a_services_quarantine_once(healer: Healer, journal: SqlJournal) -> None:
    """The reason is shown, the quarantine is gone, and a second time there is none to lift."""
    said = healer("ack", "web1", "app", "--yes")
    assert (0, True) == (said.code, "3 tries within an hour did not help" in said.out)
    assert 2 == healer("ack", "web1", "app", "--yes").code
    assert "has looked" in healer("why", "web1", "app").out


def test_an_acknowledgement_as_json(healer: Healer, journal: SqlJournal) -> None:
    """With --json standard output is one document."""
    said = json.loads(healer("ack", "web1", UNIT, "--yes", "--json").out)
    assert ("web1", UNIT, RUN) == (said["host"], said["unit"], said["run"])


def test_a_policy_that_makes_no_sense_is_told_before_anything(healer: Healer, inventory: Path) -> None:
    """The host and the place are named, and nothing is connected."""
    inventory.write_text('[web]\nweb1 services=\'[{"unit": "app", "grace": "-5"}]\'\n')
    said = healer("services", "-i", str(inventory))
    assert 65 == said.code
    assert "host web1: heal: policy.services" in text_of(said.err)
