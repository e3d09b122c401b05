"""A host in a folder for every test of the job protocol."""

from pathlib import Path

import pytest
from local_host import LocalHost

from healer.model.job import Lease
from healer.remote.jobs import Jobs


@pytest.fixture
def host(tmp_path: Path) -> LocalHost:
    """Give a host in a folder."""
    return LocalHost(tmp_path / "host")


@pytest.fixture
def jobs(host: LocalHost) -> Jobs:
    """Give its acts."""
    return Jobs(host, root=str(host.root), grace=1)


@pytest.fixture
def lease(jobs: Jobs) -> Lease:
    """Give a lease in force."""
    return jobs.take_lease("run-1")
