"""Links that are broken at any byte of a job's life, by chance from a seed that is printed: what `make test` and `make faults` share."""

import random
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from linked_host import DOWN, PRINTED, UP, LinkedHost, linked
from loopback_sshd import Server

from healer.rollout.acts import poll

LONG = {UP: 95_000, DOWN: 31_000}
"""Bytes that an unbroken job takes on each way, login, lease, start and polls together."""
KINDS = ("reset", "reset", "cut", "silence", "silence up", "silence down")
SILENT = 2.0
"""Seconds that a silent link stays so: long enough to be given up."""
AT_ONCE = 6


@dataclass(frozen=True)
class Cut:
    """One fault at byte `at` of one way, counted from the first byte of the first login."""

    number: int
    kind: str
    way: str
    at: int


def drawn(seed: int, count: int) -> Iterator[Cut]:
    """Draw so many cuts."""
    dice = random.Random(seed)
    for number in range(count):
        way = dice.choice((UP, DOWN))
        yield Cut(number, dice.choice(KINDS), way, dice.randint(1, LONG[way]))


def complaints(server: Server, folder: Path, cuts: Sequence[Cut]) -> list[str]:
    """Suffer all of these cuts, a few hosts at a time, and return what went wrong in any of them."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = threads.map(lambda cut: suffered(server, folder / f"host{cut.number}", cut), cuts)
        return [f"{cut}: {complaint}" for cut, each in zip(cuts, found, strict=True) for complaint in each]


def suffered(server: Server, folder: Path, cut: Cut) -> list[str]:
    """Let the engine do one job over a link that breaks once, and hold what it saw against what happened."""
    act = str(uuid.uuid4())
    with linked(server, folder) as host:
        host.proxy.after(fault_of(host, cut), **{cut.way: cut.at})
        with host.session() as (session, doors):
            seen = host.work(session, doors, act)
            last = poll(session, act, detached=True)
            until = time.monotonic() + 120
            while host.proxy.fired == 0 or last.state == "unasked":
                if time.monotonic() > until:
                    return [f"the cut never came, or nothing was heard after it: {last}"]
                last = poll(session, act, detached=True)
        checks = {
            f"it was begun {len(host.effects)} times": host.effects == ["once"],
            f"the engine saw {seen.verdict} {seen.status} ({seen.reason})": seen.status == 7,
            "the output that the engine kept differs": seen.output.encode() == PRINTED,
            f"asked afterwards the host said {last.state} {last.status}": (last.state, last.status) == ("ended", 7),
            "the output that the host kept differs": last.output == PRINTED,
            "there was no second login": host.proxy.accepted >= 2 or cut.kind.startswith("silence"),
        }
    return [words for words, holds in checks.items() if not holds]


def fault_of(host: LinkedHost, cut: Cut) -> Callable[[], None]:
    """Return how the link breaks; a silent one is healed after a while."""
    proxy = host.proxy
    if not cut.kind.startswith("silence"):
        return {"reset": proxy.reset, "cut": proxy.cut}[cut.kind]
    ways = cut.kind.split()[1:]

    def fall_silent() -> None:
        proxy.silence(*ways)
        proxy.later(SILENT, proxy.heal)

    return fall_silent
