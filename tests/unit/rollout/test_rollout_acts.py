"""What the gate is given for an act."""

import pytest

from healer.model.action import Job
from healer.rollout.acts import NEVER, spec_of


@pytest.mark.parametrize(("patient", "seconds"), [(False, 60.0), (True, NEVER)])
def test_a_patient_job_is_not_ended_by_the_host(patient: bool, seconds: float) -> None:
    """The host ends a late job, but for one that must not be left half done."""
    assert seconds == spec_of(Job("true", timeout=60.0, patient=patient), "0123abcd").timeout
