"""`healer release`: what is in quarantine, and how a person lifts it."""

import json
from pathlib import Path

import pytest
from cli_calls import Healer

from healer.clock import SystemClock
from healer.journal.store import SqlJournal
from healer.model.events import RunStarted, VersionQuarantined

RUN = "20260102-030405-ab12"
WHY = "health gate bad: web.service failed and had not failed before"


@pytest.fixture(autouse=True)
def _a_quarantine(tmp_path: Path) -> None:
    """Leave a run that put two versions into quarantine."""
    journal = SqlJournal(f"sqlite:///{tmp_path / 'state' / 'journal.db'}", clock=SystemClock())
    journal.append(RUN, RunStarted("healer patch", "patch.yml", "d1", "d2", ("web1",), "ann@node pid 7"))
    for package in ("web", "web-common"):
        journal.append(RUN, VersionQuarantined("web1", package, "2", WHY))


def test_without_words_all_are_listed(healer: Healer) -> None:
    """What came together stands on one line, with run, host and reason."""
    said = healer("release")
    assert 0 == said.code
    assert f"web 2, web-common 2: run {RUN}, web1: {WHY}" in " ".join(said.out.split())


def test_the_list_as_json(healer: Healer) -> None:
    """With --json each version is one entry."""
    rows = json.loads(healer("release", "--json").out)
    assert [("web", "2", RUN, "web1", WHY), ("web-common", "2", RUN, "web1", WHY)] == [
        tuple(row[key] for key in ("package", "version", "run", "host", "why")) for row in rows
    ]


def test_a_release_lifts_it_once(healer: Healer) -> None:
    """A released version is gone from the list, the others stay, and releasing it again is wrong usage."""
    said = healer("release", "web", "2", "--yes")
    assert (0, True) == (said.code, "web 2: released by" in said.out)
    assert [("web-common", "2")] == [(row["package"], row["version"]) for row in json.loads(healer("release", "--json").out)]
    assert 2 == healer("release", "web", "2", "--yes").code


def test_release_as_json(healer: Healer) -> None:
    """With --json standard output is one document."""
    said = json.loads(healer("release", "web", "2", "--yes", "--json").out)
    assert ("web", "2", RUN) == (said["package"], said["version"], said["run"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nginx", "1"), "nginx 1 is not in quarantine"),
        (("web", "3"), "web 3 is not in quarantine"),
        (("web",), "which version of web is not said"),
    ],
)
def test_a_wrong_name_is_told_with_what_there_is(healer: Healer, words: tuple[str, ...], message: str) -> None:
    """A version that is not in quarantine ends with 2, and what is there is named, versions of the same package first."""
    said = healer("release", *words, "--yes")
    assert 2 == said.code
    assert message in said.err
    assert "In quarantine are: web 2, web-common 2." in said.err


def test_nothing_in_quarantine_is_told(healer: Healer) -> None:
    """After the last release the list says so, and a wrong name as well."""
    for package in ("web", "web-common"):
        healer("release", package, "2", "--yes")
    assert "no version is in quarantine" in healer("release").out
    assert "No version is in quarantine." in healer("release", "web", "2").err
