"""What a resume owes to people and to other hosts: holds that are none any more, and acts on hosts that many act on."""

from pathlib import Path

import pytest
from fake_host import FakeHost
from world import Killed, World, ends

from healer.journal.queries import holds
from healer.model.errors import HostError
from healer.model.events import Event, Stamped
from healer.model.facts import RebootOwed
from healer.rollout.fold import fold

LATE = """
- hosts: web
  become: true
  rolling: {max_unavailable: 1, canary: 0, soak: 0, max_failures: 3}
  tasks:
    - reboot: {policy: always}
"""
AWAY = 10_000.0


def comes_back_late() -> World:
    """Return a host that is held because it did not come back from its boot, and that is back by now."""
    world = World(["a"])
    world["a"].boot_seconds = AWAY
    world["a"].facts["reboot_owed"] = RebootOwed(("a new kernel",))
    assert {"a": "unknown"} == ends(world.run(LATE))
    assert ["a"] == list(holds(world.journal))
    world.clock.sleep(AWAY)
    return world


def dies_before(world: World, kind: str) -> None:
    """Let the control node die before the first event of this kind is kept. Undone by `del world.journal.append`."""
    keep = world.journal.append

    def die(run: str, event: Event) -> Stamped:
        world.journal.dead = world.journal.dead or event.kind == kind
        return keep(run, event)

    world.journal.append = die  # type: ignore[method-assign]


@pytest.mark.fault("H8")
def test_a_host_that_came_back_late_is_settled_and_free() -> None:
    """A host that came back after the run had ended: resume proves its boot, ends it well, and takes its own hold back."""
    world = comes_back_late()
    assert {"a": "changed"} == ends(world.resume())
    assert {} == holds(world.journal)


@pytest.mark.parametrize("kind", ["host_acknowledged", "host_ended"])
def test_a_hold_is_taken_back_after_another_crash(kind: str) -> None:
    """Killed between what settled the act and the end of the host: the next resume ends it well, and nobody has to look any more."""
    world = comes_back_late()
    dies_before(world, kind)
    with pytest.raises(Killed):
        world.resume()
    del world.journal.append
    assert {"a": "changed"} == ends(world.resume())
    assert {} == holds(world.journal)


def test_a_run_with_an_unsettled_act_can_be_gone_on_with() -> None:
    """A run that has ended, and not in a halt, is still to be resumed while what became of one of its acts is not known."""
    world = comes_back_late()
    state = fold(world.journal.events("run-1"))
    assert (1, "", ("a",)) == (state.exit_code, state.halted, state.unsettled)
    world.resume()
    assert () == fold(world.journal.events("run-1")).unsettled


DELEGATED = """
- hosts: web,!lb
  become: true
  rolling: {max_unavailable: 2, canary: 0, soak: 0}
  tasks:
    - command: "tell {{ inventory_hostname }}"
      delegate_to: lb
"""


def test_a_delegated_act_that_was_cut_is_asked_about_first() -> None:
    """Killed while one host's task acts on the load balancer: no other host acts there before it is known what became of that."""
    world = World(["b", "a", "lb"])

    def die(host: FakeHost, _what: str) -> None:
        host.on_effect = lambda _host, _what: None
        world.journal.dead = True
        raise Killed

    world["lb"].on_effect = die
    with pytest.raises(Killed):
        world.run(DELEGATED)
    assert {"a": "changed", "b": "changed"} == {name: end for name, end in ends(world.resume()).items() if name != "lb"}
    acts = [one.event.kind for one in world.journal.kept if one.event.kind in ("act_intended", "act_ended")]
    assert ["act_intended", "act_ended"] * 2 == acts
    assert 2 == len(world["lb"].effects)


@pytest.mark.fault("C13")
def test_a_python_file_that_was_edited_is_not_called_again(tmp_path: Path) -> None:
    """A person lets an interrupted Python step be done again, and its file was edited meanwhile: it is not called, and the host says why."""
    world, file, calls = World(["a"], folder=str(tmp_path)), tmp_path / "work.py", tmp_path / "calls"
    file.write_text(f"import pathlib\ndef run(connection):\n    pathlib.Path({str(calls)!r}).write_text('x')\n")
    file.chmod(0o600)
    dies_before(world, "act_ended")
    with pytest.raises(Killed):
        world.run(LATE.replace("reboot: {policy: always}", "python: {file: work.py}"))
    file.write_text("def run(connection):\n    raise SystemExit('never called')\n")
    del world.journal.append
    report = world.resume(settled={"a": "redo"})
    assert ({"a": "failed"}, "x") == (ends(report), calls.read_text())
    assert "was changed after the run had begun" in report.hosts[0].reason


@pytest.mark.fault("C14")
def test_a_listener_that_is_broken_harms_nobody() -> None:
    """A defect in whoever shows the run ends neither a host nor the run: what is shown decides nothing."""
    world = World(["a"])
    doors = world.doors

    def broken(_told: object) -> None:
        raise KeyError("a defect of the display")

    world.doors = lambda: doors().__class__(
        **{**{name: getattr(doors(), name) for name in doors().__slots__}, "listen": broken, "waiting": broken}
    )  # type: ignore[method-assign]
    assert {"a": "changed"} == ends(world.run(DELEGATED.replace("web,!lb", "web").replace("      delegate_to: lb\n", "")))


@pytest.mark.fault("C14")
def test_a_defect_met_on_one_host_is_that_host_s_own() -> None:
    """A step, a probe or a reading that raises what nobody foresaw ends its host with a reason that says so; the others go on."""
    world = World(["a", "b"])
    work = DELEGATED.replace("web,!lb", "web").replace("      delegate_to: lb\n", "").replace("soak: 0", "soak: 0, max_failures: 2")

    def defect(_host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
        raise ZeroDivisionError("a defect")

    world["a"].programs["tell"] = defect
    report = world.run(work)
    assert {"a": "unknown", "b": "changed"} == ends(report)
    assert any("unexpected ZeroDivisionError" in host.reason for host in report.hosts)


@pytest.mark.fault("C15")
def test_a_login_that_cannot_be_closed_harms_nobody() -> None:
    """A connection that fails to close is left behind: its host has ended already, and the run ends as it would have."""
    world = World(["a", "b"])
    world["a"].facts["sweeps_badly"] = True
    whole = world.doors

    def stuck(_remote: object) -> None:
        raise HostError("a", "the link did not close within 10 s.")

    def connect(host: object) -> object:
        remote = whole().connect(host)  # type: ignore[arg-type]  # a host
        remote.__class__ = type("Stuck", (remote.__class__,), {"__slots__": (), "close": stuck})
        return remote

    world.doors = lambda: whole().__class__(**{**{name: getattr(whole(), name) for name in whole().__slots__}, "connect": connect})  # type: ignore[method-assign]
    assert {"a": "changed", "b": "changed"} == ends(world.run(DELEGATED.replace("web,!lb", "web").replace("      delegate_to: lb\n", "")))
