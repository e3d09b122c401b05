"""A run that is gone on with much later: what was decided then may not be right any more, and what was done is still known."""

import pytest
from fake_host import FakeHost
from world import Killed, World, ends, reason

from healer.model.errors import InputError
from healer.model.events import ActIntended
from healer.model.facts import RebootOwed
from healer.rollout.session import AGED

HEAD = "- hosts: web\n  become: true\n  rolling: {soak: 0, max_unavailable: 1}\n  tasks:\n"
REBOOT = HEAD + "    - reboot: {policy: auto}\n"
DAY = 86400.0


def cut_at(world: World, kind: str) -> World:
    """Let the control node die before the first event of this kind is kept."""
    whole = World(world.names, world.variables)
    for name, host in whole.hosts.items():
        host.facts |= world[name].facts
    whole.run(REBOOT)
    world.journal.dies_at = next(number for number, one in enumerate(whole.journal.kept, 1) if one.event.kind == kind)
    with pytest.raises(Killed):
        world.run(REBOOT)
    return world


def owing() -> World:
    """Return a host that owes a boot, inside its window: it is Wednesday noon."""
    world = World(["a"], {"a": {"window": "Wed 11:00-13:00 UTC"}})
    world["a"].facts["reboot_owed"] = RebootOwed(("a new kernel",))
    return world


@pytest.mark.fault("C6")
def test_a_boot_that_was_only_planned_is_judged_anew() -> None:
    """The window was open when the boot was planned and is closed at the resume: the host is not booted."""
    world = cut_at(owing(), "act_intended")
    world.clock.sleep(DAY)
    report = world.resume()
    assert (3, {"a": "waiting"}, []) == (report.exit_code, ends(report), world["a"].effects)


def test_a_boot_that_was_intended_and_never_begun_is_not_begun_outside_its_window() -> None:
    """The intent is in the journal and the host never heard of it: after the window the host is left as it is."""
    world = owing()
    _dies_before_the_act(world)
    world.clock.sleep(DAY)
    report = world.resume()
    assert (3, {"a": "busy"}, []) == (report.exit_code, ends(report), world["a"].effects)
    assert "the window" in reason(report, "a")


def test_a_boot_that_was_intended_and_never_begun_is_begun_inside_its_window() -> None:
    """The same, resumed at once: the boot is done, once."""
    world = owing()
    _dies_before_the_act(world)
    report = world.resume()
    assert ({"a": "changed"}, ["reboot"]) == (ends(report), world["a"].what)


def _dies_before_the_act(world: World) -> None:
    def die(host: FakeHost, _act: str) -> None:
        host.before_act = lambda _host, _what: None
        world.journal.dead = True
        raise Killed

    world["a"].before_act = die
    with pytest.raises(Killed):
        world.run(REBOOT)
    assert isinstance(world.journal.kept[-1].event, ActIntended)


def test_a_run_that_is_too_old_is_not_gone_on_with() -> None:
    """Hosts forget old acts in the end, and would let them in again: such a run is refused before anybody is asked."""
    world = cut_at(owing(), "act_intended")
    world.clock.sleep(31 * DAY)
    looks = world["a"].looks
    with pytest.raises(InputError, match="was begun 31 days ago"):
        world.resume()
    assert looks == world["a"].looks


@pytest.mark.parametrize(("tasks", "swept"), [("    - command: work\n", [AGED]), ("    - command: {cmd: look, mutating: false}\n", [])])
def test_hosts_that_were_acted_on_are_tidied_up(tasks: str, swept: list[float]) -> None:
    """Whoever had the lease lets the host forget what has aged; a host that was only looked at is not touched for it."""
    world = World(["a"])
    world.run(HEAD + tasks)
    assert swept == world["a"].swept


def test_hosts_are_tidied_up_once() -> None:
    """A host that was prepared is tidied up then, with all others, and not again in its slot."""
    world = World(["a"])
    world.run(HEAD.replace("  tasks:", "  prepare: [{command: fetch}]\n  tasks:") + "    - command: work\n")
    assert (["fetch", "work"], [AGED]) == (world["a"].what, world["a"].swept)


def test_tidying_up_fails_nothing() -> None:
    """A host that cannot tidy up ends as it would have ended."""
    world = World(["a"])
    world["a"].facts["sweeps_badly"] = True
    report = world.run(HEAD + "    - command: work\n")
    assert (0, {"a": "changed"}, [AGED]) == (report.exit_code, ends(report), world["a"].swept)


def test_the_lease_is_kept_while_the_host_soaks() -> None:
    """A soak longer than the lease: it is renewed meanwhile, so that nobody else begins on a host that is not proved yet."""
    world = World(["a"])
    world.run((HEAD + "    - command: work\n").replace("soak: 0", "soak: 300"))
    assert (300.0, 6) == (world.events("soak_started")[0].seconds, world["a"].renewals)  # type: ignore[union-attr]  # of that kind
