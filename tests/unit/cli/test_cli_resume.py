"""Which runs `healer resume` goes on with, and which failpoint it refuses."""

from pathlib import Path

import pytest
from cli_calls import Healer
from world import World

from healer.clock import SystemClock
from healer.journal.store import SqlJournal
from healer.model.facts import RebootOwed

REBOOT = """
- hosts: web
  become: true
  rolling: {max_unavailable: 1, canary: 0, soak: 0, max_failures: 3}
  tasks:
    - reboot: {policy: always}
"""


def kept(world: World, state: Path) -> None:
    """Put what the world has written down into the journal of a state folder."""
    journal = SqlJournal(f"sqlite:///{state / 'journal.db'}", clock=SystemClock())
    for one in world.journal.kept:
        journal.append(one.run, one.event)
    journal.close()


def away(seconds: float) -> World:
    """Return a finished run over a host that booted and was away for so long. Its address answers nobody."""
    world = World(["a"], {"a": {"ansible_host": "127.0.0.1", "ansible_port": 1}})
    world["a"].boot_seconds = seconds
    world["a"].facts["reboot_owed"] = RebootOwed(("a new kernel",))
    world.run(REBOOT)
    return world


@pytest.mark.fault("H8")
@pytest.mark.parametrize("words", [("resume",), ("resume", "run-1")])
def test_a_run_with_an_unsettled_host_is_gone_on_with(words: tuple[str, ...], healer: Healer, inventory: Path, tmp_path: Path) -> None:
    """A run that has ended, not in a halt, with a host that was not back by then, is resumed: by its name, and as the newest."""
    world = away(10_000.0)
    assert {"a": "unknown"} == world.ends()
    kept(world, tmp_path / "state")
    said = healer(*words, "-i", str(inventory))
    assert (1, True) == (said.code, "resuming run run-1" in said.out), said


def test_a_run_that_is_over_is_not_gone_on_with(healer: Healer, tmp_path: Path) -> None:
    """A run that ended well has nothing left: the words are wrong usage, and say so."""
    kept(away(1.0), tmp_path / "state")
    said = healer("resume", "run-1")
    assert (2, True) == (said.code, "nothing of it is left to go on with" in said.err), said


def test_a_failpoint_that_is_not_there_is_wrong_usage(healer: Healer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt failpoint exits with 2, names the nearest one, and does nothing."""
    monkeypatch.setenv("HEALER_FAILPOINT", "before.act_endet:kill")
    said = healer("history")
    assert (2, "", True) == (said.code, said.out, "Did you mean before.act_ended?" in said.err)
