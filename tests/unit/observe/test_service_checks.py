"""The probes that a host answers by itself, asked here under three shells."""

import json
import os
import time
from pathlib import Path

import pytest
from shell_facts import SHELLS, program, reading

from healer.model.facts import Unknown, Verdict
from healer.model.services import ProbeReading
from healer.observe.collect import all_facts
from healer.observe.sections import words_of

GOOD, BAD, UNKNOWN = Verdict.GOOD, Verdict.BAD, Verdict.UNKNOWN


def asked(probes: list[dict[str, object]], *, shell: str = "dash", tries: int = 1, programs: Path | None = None) -> list[ProbeReading]:
    """Return the answers to these probes of web.service."""
    variables = {"services": [{"unit": "web", "probes": probes}], "services_tries": tries}
    words = words_of(all_facts()["service_checks"], variables)
    assert isinstance(words, tuple), words
    found = reading("service_checks", {}, words, shell=shell, programs=programs)
    assert isinstance(found, tuple), found
    return list(found)


COMMANDS = [
    (["true"], 5, GOOD, "ended with status 0"),
    (["sh", "-c", "exit 3"], 5, BAD, "ended with status 3"),
    (["/nowhere/at-all"], 5, UNKNOWN, "could not be run"),
    (["sleep", "60"], 1, BAD, "did not end within 1 s"),
    (["sh", "-c", 'test "$1" = "a  b\'*"', "probe", "a  b'*"], 5, GOOD, "ended with status 0"),
]


@SHELLS
def test_a_command_is_good_when_it_ends_with_0_in_time(shell: str) -> None:
    """Every command of the policy is run with its words as they are, bounded, and several at the same time answer in order."""
    found = asked([{"command": argv, "timeout": seconds} for argv, seconds, _, _ in COMMANDS], shell=shell)
    assert [verdict for _, _, verdict, _ in COMMANDS] == [one.verdict for one in found]
    assert [] == [one.reason for one, (_, _, _, reason) in zip(found, COMMANDS, strict=True) if reason not in one.reason]
    assert list(range(len(COMMANDS))) == [one.number for one in found]


@SHELLS
def test_a_heartbeat_is_good_while_its_file_is_young(shell: str, tmp_path: Path) -> None:
    """A file that is older than the policy has it, or not there, is bad; one whose folder is not there says nothing."""
    young, old = tmp_path / "young", tmp_path / "old"
    young.touch()
    old.touch()
    os.utime(old, (time.time() - 500, time.time() - 500))
    files = (young, old, tmp_path / "none", tmp_path / "no" / "folder")
    found = asked([{"heartbeat": str(file), "older_than": "2m"} for file in files], shell=shell)
    assert [GOOD, BAD, BAD, UNKNOWN] == [one.verdict for one in found]
    assert "more than 120 s" in found[1].reason


@SHELLS
def test_a_pattern_may_match_so_often_in_the_end_of_a_log(shell: str, tmp_path: Path) -> None:
    """Matching lines are counted in a log that was written to; a log of long ago counts as empty, and no log or no pattern is no answer."""
    log, still = tmp_path / "log", tmp_path / "still"
    log.write_text("ok\nERROR 1\nERROR 2\n")
    still.write_text("ERROR\n")
    os.utime(still, (time.time() - 5000, time.time() - 5000))
    probes = [
        {"log_pattern": "^ERROR", "file": str(log), "more_than": 1},
        {"log_pattern": "^ERROR", "file": str(log), "more_than": 2},
        {"log_pattern": "^ERROR|^$", "file": str(still)},
        {"log_pattern": "ERROR", "file": str(tmp_path / "none")},
        {"log_pattern": "(", "file": str(log)},
    ]
    assert [BAD, GOOD, GOOD, UNKNOWN, UNKNOWN] == [one.verdict for one in asked(probes, shell=shell)]


def test_the_journal_of_a_unit_is_asked_for_the_time_that_counts(tmp_path: Path) -> None:
    """Without a file the pattern is searched in the unit's own journal since then; a journal that cannot be read is no answer."""
    program(tmp_path, "journalctl", 'case $* in *--since=@[0-9]*"-u web.service"*) echo "Oops: panic" ;; *) exit 1 ;; esac')
    probes: list[dict[str, object]] = [{"log_pattern": "panic", "within": "10m"}]
    (found,) = asked(probes, programs=tmp_path)
    assert (BAD, "1 lines match, more than 0", "log_pattern panic of web.service") == (found.verdict, found.reason, found.signature)
    program(tmp_path, "journalctl", "exit 1")
    assert [UNKNOWN] == [one.verdict for one in asked(probes, programs=tmp_path)]


@SHELLS
@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ("LISTEN 0 128 0.0.0.0:80 0.0.0.0:*", GOOD),
        ("LISTEN 128 128 0.0.0.0:80 0.0.0.0:*", BAD),
        ("LISTEN 129 128 0.0.0.0:80 0.0.0.0:*", BAD),
        ("LISTEN 0 0 0.0.0.0:80 0.0.0.0:*", GOOD),
        ("", BAD),
    ],
)
def test_a_queue_is_bad_when_as_many_wait_as_may(row: str, verdict: Verdict, shell: str, tmp_path: Path) -> None:
    """What ss says of a listening port counts; a port that nobody listens on is bad too."""
    program(tmp_path, "ss", f'[ "$*" = "-ltnH sport = :80" ] || exit 9; printf "{row}"')
    assert [verdict] == [one.verdict for one in asked([{"backlog": 80}], shell=shell, programs=tmp_path)]


@SHELLS
def test_a_bad_probe_is_asked_as_often_as_wanted(shell: str, tmp_path: Path) -> None:
    """One that is bad is asked again until it is good, and its answer says how often."""
    program(tmp_path, "sleep", "")
    flag = tmp_path / "flag"
    heals = ["sh", "-c", f"[ -e {flag} ] || {{ touch {flag}; exit 1; }}"]
    found = asked([{"command": heals}, {"command": ["false"]}, {"command": ["true"]}], shell=shell, tries=3, programs=tmp_path)
    assert [(GOOD, 2), (BAD, 3), (GOOD, 1)] == [(one.verdict, one.tries) for one in found]


def test_the_same_question_has_the_same_signature() -> None:
    """Two readings of one question differ in nothing but their unit; another question has another signature."""
    variables = {
        "services": [
            {"unit": unit, "probes": [{"command": ["true"]}, {"unit": "db"}, {"http": "http://u:p@a/?token=1"}]} for unit in ("a", "b")
        ]
    }
    words = words_of(all_facts()["service_checks"], variables)
    assert not isinstance(words, Unknown)
    labels = [json.loads(word) for word in words if word.startswith("[")]
    assert ["command true", "unit db.service"] * 2 == [label[-1] for label in labels]
    assert [("a.service", 0), ("a.service", 1), ("b.service", 0), ("b.service", 1)] == [(label[1], label[2]) for label in labels]


@pytest.mark.parametrize("tries", [0, -1, True, "many"])
def test_a_number_of_tries_that_makes_no_sense_leaves_all_unasked(tries: object) -> None:
    """What is no number above 0 is told, not guessed at."""
    found = words_of(all_facts()["service_checks"], {"services_tries": tries})
    assert isinstance(found, Unknown)
    assert "services_tries" in found.reason
