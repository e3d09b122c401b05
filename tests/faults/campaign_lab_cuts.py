"""Real package jobs whose links break at random moments, until HEALER_FAULT_LAB_CUTS (10) are broken. Part of `make faults`."""

import os
import random
import sys
from collections.abc import Callable

import pytest
from console import ControlNodes, finished, sh, upgrades, wait_for
from lab_cuts import PACKAGE, PATCH, first_in_the_middle, routed

from healer.lab.lab import Lab
from healer.lab.packages import GO

SEED = int(os.environ.get("HEALER_FAULT_SEED") or random.SystemRandom().randrange(10**9))
CUTS = int(os.environ.get("HEALER_FAULT_LAB_CUTS") or 10)
FLEET = ("h1", "h2")
BYTES = 30_000
IN_THE_JOB = 0.7
"""Share of the faults that are waited for while the job stands still; the others come during it or after it."""


@pytest.mark.timeout(7200)
def test_links_of_real_hosts_that_break(make_lab: Callable[..., Lab], control_nodes: ControlNodes) -> None:
    """Reset, cut or silent for a while in the midst of a package job, again and again: every run ends well, every upgrade was done once."""
    sys.stdout.write(f"HEALER_FAULT_SEED={SEED}\n")
    dice, broken, rounds = random.Random(SEED), 0, 0
    lab = make_lab(len(FLEET), installed=(f"{PACKAGE}=1.0",))
    node = control_nodes(lab)
    with routed(node, dict.fromkeys(FLEET, True)) as proxies:
        while broken < CUTS:
            rounds += 1
            lab.publish(PACKAGE, f"1.{rounds}")
            for name in FLEET:
                sh(lab.host(name), f"rm -f {GO}")
            run, waiting = node.spawn(*PATCH), {name: lab.host(name) for name in FLEET}
            while name := first_in_the_middle(waiting, run):
                proxy = proxies[name]
                kind, at = dice.choice(("reset", "cut", "silence")), dice.randint(1, BYTES)
                fault = {
                    "reset": proxy.reset,
                    "cut": proxy.cut,
                    "silence": lambda proxy=proxy: (proxy.silence(), proxy.later(20, proxy.heal)),
                }[kind]
                fired, in_the_job = proxy.fired, dice.random() < IN_THE_JOB
                proxy.after(fault, up=at)
                if in_the_job:
                    wait_for(lambda proxy=proxy, fired=fired, run=run: proxy.fired > fired or run.poll() is not None)
                sh(waiting.pop(name), f"touch {GO}")
            answer = finished(run)
            # One that did not come to its byte belongs to this round, not to the logins of the next.
            for proxy in proxies.values():
                proxy.forget()
            broken = sum(proxy.fired for proxy in proxies.values())
            assert (0, dict.fromkeys(FLEET, "changed")) == (answer.code, answer.ends), f"round {rounds}: {answer.text}"
    expected = [f"1.{number} 1.{number + 1}" for number in range(rounds)]
    assert dict.fromkeys(FLEET, expected) == {name: upgrades(lab.host(name), PACKAGE) for name in FLEET}
    sys.stdout.write(
        f"{broken} broken links in {rounds} runs on real hosts, seed {SEED}: every run ended well, every upgrade was done once\n"
    )
