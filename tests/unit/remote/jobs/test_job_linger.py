"""Asking about an act that runs and waiting a moment for its end: whoever follows an act learns of the end when it comes."""

from local_host import ACT, shell, until

from healer.model.job import Lease
from healer.remote.jobs import CHUNK, Jobs


def test_lingering_poll_tells_an_end_that_comes_soon(jobs: Jobs, lease: Lease) -> None:
    """The host holds its answer back for a moment, and answers as soon as the act has ended."""
    jobs.start(lease, shell("echo begun; sleep 0.4; exit 3", detached=True))
    until(lambda: bool(jobs.poll(ACT, detached=True).output))
    ended = jobs.poll(ACT, detached=True, linger=True)
    assert ("ended", 3) == (ended.state, ended.status)


def test_lingering_poll_does_not_wait_for_ever(jobs: Jobs, lease: Lease) -> None:
    """An act that goes on is told of as running after that moment."""
    jobs.start(lease, shell("sleep 30", detached=True, timeout=20))
    assert "running" == jobs.poll(ACT, detached=True, linger=True).state


def test_lingering_poll_hands_over_what_fills_an_answer(jobs: Jobs, lease: Lease) -> None:
    """Output that fills a whole answer is handed over without waiting for the end."""
    jobs.start(lease, shell(f"head -c {2 * CHUNK} /dev/zero; sleep 30", detached=True, timeout=20))
    until(lambda: len(jobs.poll(ACT, CHUNK, detached=True).output) == CHUNK)
    report = jobs.poll(ACT, detached=True, linger=True)
    assert ("running", CHUNK) == (report.state, len(report.output))
