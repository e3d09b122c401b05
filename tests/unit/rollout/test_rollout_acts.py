"""What the gate is given for an act."""

import pytest

from healer.model.action import Job
from healer.model.facts import Verdict
from healer.rollout.acts import NEVER, numbered, spec_of
from healer.rollout.seen import Codes, judge_status


@pytest.mark.parametrize(("patient", "seconds"), [(False, 60.0), (True, NEVER)])
def test_a_patient_job_is_not_ended_by_the_host(patient: bool, seconds: float) -> None:
    """The host ends a late job, but for one that must not be left half done."""
    assert seconds == spec_of(Job("true", timeout=60.0, patient=patient), "0123abcd").timeout


def test_a_later_attempt_is_told_its_number() -> None:
    """The script of a second attempt knows that one was cut off before; the first is as it ever was."""
    spec = spec_of(Job("true"), "0123abcd")
    assert ({}, {"HEALER_ATTEMPT": "2"}) == (numbered(spec, 1).environment, numbered(spec, 2).environment)


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("healer: not enough room in /boot: 8 kB are free\n", "exit code 42: there is no room: not enough room in /boot: 8 kB are free"),
        ("", "exit code 42: there is no room"),
    ],
)
def test_a_failure_is_told_by_its_meaning_and_by_its_last_words(output: str, told: str) -> None:
    """What an exit code means stands first; what exactly was the matter is in the last line that was printed."""
    seen = judge_status(42, output, Codes(meanings={42: "there is no room"}))
    assert (Verdict.BAD, told) == (seen.verdict, seen.reason)
