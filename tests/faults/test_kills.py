"""Killed with SIGKILL at random: at any place and at any message to a host, and often again while it is being resumed.

The seed is printed with every failure; HEALER_FAULT_SEED repeats it, HEALER_FAULT_KILLS asks for more kills (`make faults`: 1000).
"""

import os
import random
import sys
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from cheap_plays import FLEET, Driven, memory_folder, undisturbed

SEED = os.environ.get("HEALER_FAULT_SEED") or str(random.SystemRandom().randrange(10**9))
KILLS = int(os.environ.get("HEALER_FAULT_KILLS") or 50)
WORKERS = 4
"""Threads of the control node: hosts are worked on at the same time, so that a kill meets them at different places."""


def deaths(dice: random.Random, places: int, requests: int) -> Iterator[Mapping[str, Any]]:
    """Yield what each process dies of: one surely, and each resume after it with one chance in two."""
    yield _death(dice, places, requests)
    while dice.random() < 0.5:
        yield _death(dice, places // 2, requests // 2)


def _death(dice: random.Random, places: int, requests: int) -> Mapping[str, Any]:
    if dice.random() < 0.5:
        return {"dies": f"any:kill@{dice.randint(1, places)}"}
    return {"kills_at": dice.randint(1, requests)}


@pytest.mark.fault("C1")
@pytest.mark.timeout(7200)
def test_random_kills() -> None:
    """Killed with SIGKILL at random moments, also while resuming: three hosts at work at once come to the same end, no act is done twice, no result is lost."""
    sys.stdout.write(f"HEALER_FAULT_SEED={SEED}\n")
    dice, died, runs = random.Random(SEED), 0, 0
    with memory_folder() as folder:
        whole, hits, requests = undisturbed(FLEET, Path(folder) / "undisturbed", WORKERS)
        while died < KILLS:
            runs += 1
            planned = list(deaths(dice, len(hits), requests))
            driven = Driven(FLEET, Path(folder) / str(runs), chain(planned), WORKERS)
            outcome = driven.to_the_end()
            assert whole == outcome, f"HEALER_FAULT_SEED={SEED}, run {runs}, killed by {planned}"
            died += driven.died
    sys.stdout.write(f"{died} kills in {runs} runs, seed {SEED}: every run came to the same end\n")
