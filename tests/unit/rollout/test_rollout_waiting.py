"""Whoever waits long keeps the host's lease, and nobody waits for ever."""

from collections.abc import Callable
from pathlib import Path

import pytest
from world import World

from healer.clock import SystemClock
from healer.model.action import CallPython
from healer.model.facts import Verdict
from healer.rollout import python_call
from healer.rollout.acts import KeepingClock
from healer.rollout.python_call import call_python
from healer.rollout.session import Session


def leased(world: World) -> Session:
    """Return a session that has the host's lease."""
    session = Session(world.inventory.hosts["a"], world.doors(), "run-1")
    session.lease()
    return session


def test_a_probe_that_waits_long_keeps_the_lease() -> None:
    """The lease is renewed between questions, as soon as it is a third used up."""
    world = World(["a"])
    session = leased(world)
    clock = KeepingClock(world.doors(), session)
    for _question in range(20):
        clock.sleep(5.0)
    assert 2 == world["a"].renewals


def test_a_lease_that_was_lost_meanwhile_decides_nothing() -> None:
    """The probe goes on; the next act will be refused by the host."""
    world = World(["a"])
    session = leased(world)
    world["a"].down = True
    KeepingClock(world.doors(), session).sleep(60.0)
    assert session.leased


def test_without_a_lease_none_is_taken() -> None:
    """Looking needs none."""
    world = World(["a"])
    session = Session(world.inventory.hosts["a"], world.doors(), "run-1")
    KeepingClock(world.doors(), session).sleep(60.0)
    assert (0, None) == (world["a"].leases, world["a"].lease)


@pytest.fixture
def call(tmp_path: Path) -> Callable[..., CallPython]:
    """Return what makes a call of a function with this body."""

    def make(body: str, timeout: float = 60.0) -> CallPython:
        file = tmp_path / "own.py"
        file.write_text(f"import time\n\n\ndef run(connection):\n    {body}\n")
        return CallPython(str(file), "run", timeout=timeout)

    return make


def test_a_function_that_works_long_keeps_the_lease(call: Callable[..., CallPython], monkeypatch: pytest.MonkeyPatch) -> None:
    """The host's lease is taken anew by a login of its own, under the same epoch, as long as the function works."""
    monkeypatch.setattr(python_call, "KEEP_EVERY", 0.01)
    world = World(["a"])
    session = leased(world)
    seen = call_python(call("time.sleep(0.3); return 7"), session, world.doors())
    assert (Verdict.GOOD, 7) == (seen.verdict, seen.detail["value"])
    assert (1, True, True) == (world["a"].epoch, world["a"].lease is not None, world["a"].takes > 1)


def test_a_function_that_does_not_end_is_left_alone(call: Callable[..., CallPython]) -> None:
    """Its time is over: what it has done is not known, and it has no link any more."""
    world = World(["a"])
    world.clock = SystemClock()  # type: ignore[assignment]  # real time must pass here
    seen = call_python(call("time.sleep(30)", timeout=0.2), leased(world), world.doors())
    assert (Verdict.UNKNOWN, "run did not end within 0.2 s, and nobody can tell how far it came") == (seen.verdict, seen.reason)
