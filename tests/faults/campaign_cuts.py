"""Links broken at HEALER_FAULT_CUTS (200) random bytes under a running job. Part of `make faults`."""

import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cuts import complaints, drawn
from linked_host import PRINTED, linked
from local_host import ACT
from loopback_sshd import Server

from healer.remote.connector import SshOptions

SEED = int(os.environ.get("HEALER_FAULT_SEED") or random.SystemRandom().randrange(10**9))
CUTS = int(os.environ.get("HEALER_FAULT_CUTS") or 200)


@pytest.mark.timeout(7200)
def test_many_links_that_break(sshd: Callable[..., Server], tmp_path: Path) -> None:
    """Every job was done exactly once, with its own status and output, wherever its link broke."""
    sys.stdout.write(f"HEALER_FAULT_SEED={SEED}\n")
    cuts, began = list(drawn(SEED, CUTS)), time.monotonic()
    assert [] == complaints(sshd("MaxStartups 100"), tmp_path, cuts)
    sys.stdout.write(
        f"{CUTS} cuts in {time.monotonic() - began:.0f} s, seed {SEED}: each job was done once, with its own status and output\n"
    )


@pytest.mark.timeout(1200)
def test_a_kilobyte_a_second(sshd: Callable[..., Server], tmp_path: Path) -> None:
    """A job over 1 KB/s with answers two seconds late: slow, on one login, with its own status and output."""
    with linked(sshd("LoginGraceTime 300"), tmp_path / "host", SshOptions()) as host:
        host.login = replace(host.login, connect_timeout=60.0)
        with host.session() as (engine, doors):
            host.proxy.slow(rate=1024, delay=1.0)
            seen = host.work(engine, doors, ACT)
            host.proxy.slow()
    assert (7, PRINTED, ["once"], 1) == (seen.status, seen.output.encode(), host.effects, host.proxy.came)
