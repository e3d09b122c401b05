"""What the tests of reclaimed logs have in common: a host whose log disk a test may fill, and a control node of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from console import Console
from log_writers import clean

from healer.lab.lab import Lab
from healer.lab.machine import LabHost


@pytest.fixture
def log_host(log_lab: Lab) -> Iterator[LabHost]:
    """Return a host whose log disk is filled by a test, and clean afterwards. It has no zstd, as a small Debian has none."""
    host = log_lab.host("h2")
    clean(host)
    yield host
    clean(host)


@pytest.fixture
def log_console(log_lab: Lab, tmp_path: Path) -> Console:
    """Return a control node with an empty journal."""
    return Console(tmp_path, log_lab)
