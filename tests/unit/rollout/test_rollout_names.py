"""Misspelt variables are told before any host is asked."""

import pytest
from world import World

from healer.model.errors import PlaybookError

HEAD = "- hosts: web\n  vars: {colour: red, wall: '{{ colour }}', one: '{{ two }}', two: '{{ one }}', broken: '{{ missing }}'}\n  tasks:\n"


def refusal(tasks: str, **options: object) -> PlaybookError:
    """Return why a run of these tasks is refused; nobody is asked anything then, and no run is begun."""
    world = World(["a", "b"], {"a": {"floor": "oak"}})
    with pytest.raises(PlaybookError) as caught:
        world.run(HEAD + tasks, **options)
    assert (0, 0, 0) == (world["a"].looks, world["b"].looks, len(world.journal.kept))
    return caught.value


@pytest.mark.parametrize(
    ("task", "message", "advice"),
    [
        ("{command: 'paint {{ color }}'}", "'color' is undefined in 'paint {{ color }}'", "Did you mean 'colour'?"),
        ("{command: {cmd: paint, stdin: '{{ nothing_like_it }}'}}", "'nothing_like_it' is undefined in", ""),
        ("{command: '{{ broken }}'}", "'missing' is undefined in the variable 'broken': '{{ missing }}'", ""),
        ("{command: '{{ one }}'}", "template loop: one -> two -> one", "Give one of them a plain value."),
        ("{command: x, when: color == 'red'}", "'color' is undefined in \"color == 'red'\"", "Did you mean 'colour'?"),
        ("{command: x, loop: '{{ colors }}'}", "'colors' is undefined", "Did you mean 'colour'?"),
        ("{command: '{{ color }}', loop: [1]}", "'color' is undefined", "Did you mean 'colour'?"),
        ("{command: x, delegate_to: '{{ color }}'}", "'color' is undefined", "Did you mean 'colour'?"),
        ("{command: 'secret {{ color }}', no_log: true}", "'color' is undefined in a task with no_log", "Did you mean 'colour'?"),
    ],
)
def test_a_variable_that_no_host_has_is_refused(task: str, message: str, advice: str) -> None:
    """The task's place, the variable and its nearest name are told; no host is logged in to and no run is begun."""
    error = refusal(f"    - {task}\n")
    assert ((3 + 1, 7), True, advice) == ((error.line, error.column), message in error.message, error.advice)


@pytest.mark.parametrize(
    "task",
    [
        "{command: '{{ wall }} {{ inventory_hostname }} {{ floor }}'}",  # one host has it: the other one's own affair
        "{command: '{{ later.stdout | default(1) }}'}",
        "{command: '{{ color }}', when: false}",
        "{command: '{{ color }}', when: color is defined}",
        "{command: '{{ item }}', loop: [1]}",
        "{command: '{{ thing }}', loop: [1], loop_control: {loop_var: thing}}",
        "{command: '{{ color }}', loop: []}",
        "{command: '{{ color }}', ignore_errors: true}",
        "{command: '{{ color }}', vars: {color: blue}}",
        "{command: '{{ color }}', tags: [never]}",
        "{command: x, register: color}\n    - {command: '{{ color.stdout }}'}",
    ],
)
def test_what_may_yet_be_there_is_left_to_the_run(task: str) -> None:
    """Registers, loop items, conditions, defaults and other hosts' variables are no mistakes that can be told beforehand."""
    world = World(["a", "b"], {"a": {"floor": "oak"}})
    world.run(f"{HEAD}    - {task}\n")
    assert [] != world.journal.kept


def test_the_command_line_defines_names() -> None:
    """A variable of `-e` is one that every host has."""
    world = World(["a"])
    world.run(HEAD + "    - {command: '{{ color }}'}\n", extra={"color": "blue"})
    assert ["blue"] == world["a"].what


def test_a_resumed_run_is_not_judged_again() -> None:
    """Secrets that a frozen inventory does not hold may be missing at a resume: that ends hosts, not the run."""
    world = World(["a"], {"a": {"pin": "1234"}})
    world.stop.set()
    world.run(HEAD + "    - {command: '{{ pin }}'}\n")
    world.inventory = World(["a"]).inventory
    assert {"a": "failed"} == {host.host: host.terminal for host in world.resume().hosts}
