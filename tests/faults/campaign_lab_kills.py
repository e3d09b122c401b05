"""Real patch runs over two real hosts, killed at random until HEALER_FAULT_LAB_KILLS (30) kills are done. Part of `make faults`."""

import os
import random
import sys
from collections.abc import Callable

import pytest
from console import ControlNodes
from lab_kills import FLEET, PACKAGE, patched, versions

from healer.lab.lab import Lab

SEED = os.environ.get("HEALER_FAULT_SEED") or str(random.SystemRandom().randrange(10**9))
KILLS = int(os.environ.get("HEALER_FAULT_LAB_KILLS") or 30)
PLACES = 150
"""About as many places as such a run comes to."""


@pytest.mark.timeout(7200)
def test_random_kills_on_real_hosts(make_lab: Callable[..., Lab], control_nodes: ControlNodes) -> None:
    """Killed at random places, also while being resumed, every run ends well, and dpkg did each upgrade once."""
    sys.stdout.write(f"HEALER_FAULT_SEED={SEED}\n")
    dice, died, rounds = random.Random(SEED), 0, 0
    lab = make_lab(2, installed=(f"{PACKAGE}=1.0", "healer-demo-daemon=1.0"))
    node = control_nodes(lab)
    node.write_inventory({name: {} for name in FLEET})
    while died < KILLS:
        rounds += 1
        lab.publish(PACKAGE, f"1.{rounds}")
        deaths = [f"any:kill@{dice.randint(1, PLACES // (1 + number))}" for number in range(3)]
        answer, times = patched(node, deaths)
        died += times
        assert (0, dict.fromkeys(FLEET, "changed")) == (answer.code, answer.ends), f"round {rounds}, {deaths}: {answer.text}"
    assert {name: [f"1.{number} 1.{number + 1}" for number in range(rounds)] for name in FLEET} == versions(node)
    sys.stdout.write(f"{died} kills in {rounds} runs on real hosts, seed {SEED}: every run ended well, every upgrade was done once\n")
