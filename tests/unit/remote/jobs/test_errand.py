"""An act outside of any run keeps the rules of all acts."""

import pytest
from local_host import ACT, LocalHost, folder, shell

from healer.clock import SystemClock
from healer.model.errors import RefusedError
from healer.remote.errand import errand
from healer.remote.jobs import Jobs


def test_an_errand_is_followed_to_its_end_and_leaves_nothing(host: LocalHost, jobs: Jobs) -> None:
    """Its result is told, the host is free for others, and the act's folder is gone."""
    report = errand(jobs, shell("sleep 1; exit 3", detached=True), SystemClock())
    assert ("ended", 3, False) == (report.state, report.status, folder(host).exists())
    assert "run-1" == jobs.take_lease("run-1").holder


def test_an_errand_waits_for_no_run(jobs: Jobs) -> None:
    """A host that a run works on refuses the errand, and nothing is done there."""
    jobs.take_lease("run-1")
    with pytest.raises(RefusedError, match="run-1"):
        errand(jobs, shell("true", detached=True), SystemClock())
    assert "absent" == jobs.poll(ACT, detached=True).state
