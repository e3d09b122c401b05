"""The control node may die at any moment: resume brings the fleet to the same end, and nothing is done twice."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest
from busy_plays import EVERYTHING, HALTING, everything
from fake_host import update
from hypothesis import given, settings
from hypothesis import strategies as st
from world import Killed, World, dies_after_effect

from healer.model.events import HostEnded
from healer.model.facts import Updates


def finished(world: World) -> tuple[dict[str, str], dict[str, dict[str, bytes]], dict[str, list[str]]]:
    """Return what can be seen at the end: terminals, files, and what was done."""
    return (
        world.ends(),
        {name: host.files for name, host in world.hosts.items()},
        {name: sorted(host.what) for name, host in world.hosts.items()},
    )


def ended(world: World) -> list[tuple[str, int]]:
    """Return the hosts that ended, with the number of the play in which they did."""
    return [(event.host, event.play) for event in world.events("host_ended") if isinstance(event, HostEnded)]


def undisturbed(play: str, world: World) -> World:
    """Return the world after a run that nothing disturbed."""
    world.run(play)
    return world


WHOLE = undisturbed(EVERYTHING, everything(["a"]))
EVENTS = len(WHOLE.journal.kept)
EFFECTS = sum(len(host.effects) for host in WHOLE.hosts.values())


def test_the_undisturbed_run_does_all_of_it() -> None:
    """What the laws compare with is a good run in which every task had something to do."""
    assert ({"a": "changed"}, 16) == (WHOLE.ends(), EFFECTS)


def comes_to_the_same_end(world: World, whole: World) -> None:
    """Hold what resume promises: the same end, nothing done twice, one end a host and play, and no lease left behind.

    But for one that the dead process held on a host that others delegate to: when nothing is left to be done there, it runs out by itself.
    """
    assert finished(whole) == finished(world)
    assert [] == [act for host in world.hosts.values() for act, times in Counter(act for act, _ in host.effects).items() if times > 1]
    assert dict.fromkeys(ended(whole), 1) == Counter(ended(world))
    assert [] == [name for name in whole.ends() if world[name].lease is not None]


@pytest.mark.parametrize("cut", range(2, EVENTS + 1))
def test_resume_after_any_event_comes_to_the_same_end(cut: int) -> None:
    """Killed before any event could be written: the run ends as if nothing had happened, and every act was done once."""
    world = everything(["a"])
    world.journal.dies_at = cut
    with pytest.raises(Killed):
        world.run(EVERYTHING)
    assert 0 == world.resume().exit_code
    comes_to_the_same_end(world, WHOLE)


@pytest.mark.parametrize("number", range(1, EFFECTS + 1))
def test_resume_after_an_act_whose_result_was_never_heard(number: int) -> None:
    """Killed after an act and before its result: the act is asked about and never repeated."""
    world = everything(["a"])
    dies_after_effect(world, number)
    with pytest.raises(Killed):
        world.run(EVERYTHING)
    assert 0 == world.resume().exit_code
    comes_to_the_same_end(world, WHOLE)


def failing() -> World:
    """Return a host that fails after it has notified a handler and was drained."""
    world = World(["a"])
    world["a"].programs["fragile"] = lambda _host, _argv: (1, "no")
    return world


@pytest.mark.parametrize("cut", range(2, len(undisturbed(HALTING, failing()).journal.kept) + 1))
def test_a_host_that_failed_is_put_back_after_a_crash_too(cut: int) -> None:
    """Killed on the way out of a failure, in a handler or while undraining: one resume brings the same end, and nobody is held."""
    world = failing()
    world.journal.dies_at = cut
    with pytest.raises(Killed):
        world.run(HALTING)
    world.resume()
    comes_to_the_same_end(world, undisturbed(HALTING, failing()))


TASKS = st.sampled_from([
    '- copy: {dest: /etc/one, content: "{{ inventory_hostname }}"}\n      notify: reload',
    "- command: fragile\n      register: said",
    "- command: fragile\n      ignore_errors: true\n      register: said",
    "- command: {cmd: probe, mutating: false}\n      register: said\n      until: said.rc == 0\n      retries: 2",
    "- service: {name: web, state: restarted}",
    '- command: "again {{ item }}"\n      loop: [1, 2]',
    "- command: elsewhere\n      delegate_to: lb\n      no_log: true",
    "- packages: {}",
])  # fmt: skip
ROLLING = st.fixed_dictionaries({
    "max_unavailable": st.integers(1, 2), "canary": st.integers(0, 1), "soak": st.integers(0, 1), "max_failures": st.integers(0, 2),
})  # fmt: skip


@st.composite
def fragile_fleets(draw: st.DrawFn) -> tuple[str, Callable[[], World]]:
    """Return a play and how to make the fleet for it: some hosts fail at what is fragile."""
    names = ["a", "b", "c"][: draw(st.integers(1, 3))]
    failing = draw(st.sets(st.sampled_from(names), max_size=2))
    drain = draw(st.sampled_from(["", ", drain: [{command: lb out}], undrain: [{command: lb in}]"]))
    rolling = ", ".join(f"{word}: {value}" for word, value in draw(ROLLING).items()) + drain
    tasks = "\n    ".join(draw(st.lists(TASKS, min_size=1, max_size=4)))
    play = f"- hosts: web,!lb\n  become: true\n  rolling: {{{rolling}}}\n  tasks:\n    {tasks}\n"
    play += "  handlers:\n    - name: reload\n      service: {name: web, state: reloaded}\n"

    def make() -> World:
        world = World([*names, "lb"])
        for host in world.hosts.values():
            host.facts["updates"] = Updates((update("openssl"),), list_age=60.0)
            host.programs["fragile"] = lambda one, _argv: (int(one.name in failing), "said")
            host.programs["probe"] = lambda one, _argv: (int(one.name in failing), "")
        return world

    return play, make


@pytest.mark.fault("C1")
@given(fragile_fleets(), st.floats(0, 1), st.floats(0, 1), st.booleans())
@settings(max_examples=30, deadline=None)
def test_any_play_survives_being_killed_twice(drawn: tuple[str, Callable[[], World]], first: float, second: float, at_act: bool) -> None:
    """Whatever the play and whoever fails in it: killed, resumed, killed again and resumed, it comes to the same end."""
    play, make = drawn
    whole = undisturbed(play, make())
    world = make()
    world.journal.dies_at = 2 + int(first * (len(whole.journal.kept) - 2))
    if at_act:
        dies_after_effect(world, 1 + int(first * sum(len(host.effects) for host in whole.hosts.values())))
    with pytest.raises(Killed):
        world.run(play)
    kept = len(world.journal.kept)
    with suppress(Killed):
        world.resume(dies_at=kept + 2 + int(second * 20))
    while not world.events("run_ended"):
        with suppress(Killed):
            world.resume()
    targets = [name for name in world.names if name != "lb"]
    assert finished(whole) == finished(world)
    assert [] == [act for host in world.hosts.values() for act, times in Counter(act for act, _ in host.effects).items() if times > 1]
    assert dict.fromkeys(targets, 1) == Counter(event.host for event in world.events("host_ended"))
