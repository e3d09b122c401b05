"""Who is longest at work starts first, as soon as earlier runs have shown who that is."""

import pytest
from fake_host import FakeHost
from world import Killed, World

PLAY = """
- hosts: web
  name: Work
  become: true
  rolling: {max_unavailable: 1, canary: CANARY, soak: 0}
  tasks:
    - command: work
"""
SECONDS = {"a": 3.0, "b": 9.0, "c": 20.0, "d": 6.0}


def fleet(*names: str) -> World:
    """Return hosts whose work takes its time."""
    world = World(list(names) or list(SECONDS))

    def work(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
        world.clock.sleep(SECONDS[host.name])
        return 0, ""

    for host in world.hosts.values():
        host.programs["work"] = work
    return world


def order(world: World, canary: int = 0, play: str = PLAY) -> list[str]:
    """Run the play and return the hosts as they took their slots."""
    world.run(play.replace("CANARY", str(canary)))
    return [event.host for event in world.events("slot_taken")]


def test_without_a_history_the_inventory_is_the_order() -> None:
    """Nobody knows how long anybody will take."""
    assert ["a", "b", "c", "d"] == order(fleet())


def test_the_longest_start_first_in_a_second_round() -> None:
    """What the first run measured orders the second."""
    world = fleet()
    order(world)
    assert ["c", "b", "d", "a"] == order(world)


def test_the_canary_is_chosen_as_before() -> None:
    """The history changes nothing about who proves the update."""
    world = fleet()
    order(world)
    assert ["a", "c", "b", "d"] == order(world, canary=1)


def test_another_play_teaches_nothing() -> None:
    """How long a host takes for other work says nothing about this."""
    world = fleet()
    order(world)
    assert ["a", "b", "c", "d"] == order(world, play=PLAY.replace("Work", "Other"))


def test_who_had_nothing_to_do_teaches_nothing() -> None:
    """A run in which nothing had to be done is no measure: the times of the one before it hold."""
    world = fleet()
    order(world)
    order(world, play=PLAY.replace("command: work", "command: {cmd: work, mutating: false}"))
    assert ["c", "b", "d", "a"] == order(world)


def test_a_host_without_a_history_is_taken_for_an_ordinary_one() -> None:
    """It comes neither first nor last among those that are known."""
    world = fleet("a", "b", "c", "d")
    order(world, play=PLAY.replace("hosts: web", "hosts: web,!d"))
    assert ["c", "b", "d", "a"] == order(world)


def test_a_time_that_a_crash_cut_is_not_learned() -> None:
    """Hours may lie between a crash and its resume."""
    world = fleet("a", "b")
    world.journal.dies_at = 8
    with pytest.raises(Killed):
        order(world)
    assert ["a"] == [event.host for event in world.events("slot_taken")]
    world.clock.sleep(5000)
    world.resume()
    taught = [event.took for event in world.events("run_ended")]  # type: ignore[attr-defined]  # run_ended events have it
    assert [{"/nowhere/play.yml#0 Work": {"b": 9.0}}] == taught
