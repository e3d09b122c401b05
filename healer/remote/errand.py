"""One act outside of any run: it goes through the host's gate like every other, and nothing of it is left on the host."""

import os
import socket
import uuid
from contextlib import suppress

from healer.model.errors import HostError
from healer.model.job import JobReport, JobSpec
from healer.ports import Clock
from healer.remote.jobs import Jobs

GRACE = 60.0
"""Seconds beyond the act's own time until its end must have been told."""


def errand(jobs: Jobs, spec: JobSpec, clock: Clock) -> JobReport:
    """Take the lease, let the act in, follow it to its end, and give the lease back.

    Raises RefusedError while a run or another errand has the host, and what the host's gate raises; a report that is not `ended` means
    that what became of the act is not known. Never starts it twice.
    """
    lease = jobs.take_lease(holder())
    try:
        report = jobs.start(lease, spec)
        if report.state == "running":
            report = jobs.wait(lease, spec, clock=clock, deadline=clock.monotonic() + spec.timeout + GRACE)
        if report.state == "ended":
            with suppress(HostError):
                jobs.clean(spec.act)
        return report
    finally:
        with suppress(HostError):
            jobs.release(lease)


def holder() -> str:
    """Return the name under which this process holds leases: others are told it."""
    node = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in socket.gethostname())
    return f"errand@{node or 'unknown'}:{os.getpid()}"


def new_act() -> str:
    """Return an id that no other act has."""
    return str(uuid.uuid4())
