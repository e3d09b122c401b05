"""A job over a link that breaks: at any byte, in any way, the job is done once and its true result arrives."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from cuts import complaints, drawn
from loopback_sshd import Server

SEED = int(os.environ.get("HEALER_FAULT_SEED") or random.SystemRandom().randrange(10**9))
CUTS = 30


@pytest.mark.fault("N1", "N4", "N5")
def test_a_link_that_breaks_at_any_byte_costs_nothing(sshd: Callable[..., Server], tmp_path: Path) -> None:
    """Reset, cut or silent at any of its bytes: healer logs in again, the job was done exactly once, status and output are its own."""
    assert [] == complaints(sshd("MaxStartups 100"), tmp_path, list(drawn(SEED, CUTS))), f"HEALER_FAULT_SEED={SEED}"
