"""Variables of the inventory that steer a run: they may be templates, and what they say is obeyed or refused."""

import pytest
from world import World, ends

from healer.model.errors import InventoryError, PlaybookError
from healer.model.facts import RebootOwed

HEAD = "- hosts: web\n  become: true\n  rolling: {soak: 0, max_unavailable: 1, canary: 0}\n  tasks:\n"
REBOOT = HEAD + "    - reboot: {policy: auto}\n"
RESTART = HEAD + "    - service: {name: web, state: restarted}\n"
CLOSED, OPEN = "Sun 03:00-04:00 UTC", "Wed 11:00-13:00 UTC"


def owing(names: list[str], **variables: object) -> World:
    """Return hosts that owe a reboot, on a Wednesday at noon."""
    world = World(names, dict.fromkeys(names, variables))
    for host in world.hosts.values():
        host.facts["reboot_owed"] = RebootOwed(("a new kernel",))
    return world


@pytest.mark.parametrize(("declared", "terminal"), [(CLOSED, "waiting"), (OPEN, "changed")])
def test_a_window_may_be_a_template(declared: str, terminal: str) -> None:
    """The window is what the host's other variables make of it."""
    world = owing(["a"], window="{{ maintenance }}", maintenance=declared)
    assert {"a": terminal} == ends(world.run(REBOOT))


def test_a_window_of_the_command_line_stands_for_every_host() -> None:
    """`-e window=always` opens what the inventory keeps closed."""
    world = owing(["a"], window=CLOSED)
    assert {"a": "changed"} == ends(world.run(REBOOT, extra={"window": "always"}))


def test_a_template_that_cannot_be_rendered_is_refused_before_anything_is_touched() -> None:
    """The refusal names host and variable, and nobody is logged in to."""
    world = owing(["a"], window="{{ maintenanse }}", maintenance=OPEN)
    with pytest.raises(InventoryError, match="host a: variable window: 'maintenanse' is undefined"):
        world.run(REBOOT)
    assert 0 == world["a"].looks


def test_budget_groups_may_be_templates() -> None:
    """Hosts whose templates give the same name share one budget: a neighbour that is held uses it up."""
    world = World(["a", "b"], {name: {"budget_group": "{{ site }}-web", "site": "x"} for name in "ab"})
    assert {"a": "held", "b": "not_started"} == ends(world.run(RESTART, held={"a": "held since yesterday"}))


def test_canaries_may_be_templates() -> None:
    """The host whose template comes out true goes first."""
    world = World(["a", "b"], {"a": {"canary": "{{ first == 'a' }}", "first": "b"}, "b": {"canary": "{{ first == 'b' }}", "first": "b"}})
    world.run(RESTART.replace("canary: 0", "canary: 1"))
    assert ["b", "a"] == [host for host, _what in world.log]


def test_a_failure_domain_that_nobody_declares_is_refused() -> None:
    """A misspelt variable would keep nobody apart, so the run does not begin."""
    world = World(["a", "b"], {name: {"rack": "r1"} for name in "ab"})
    with pytest.raises(PlaybookError, match="no host of the play has the variable 'rak'"):
        world.run(RESTART.replace("canary: 0", "canary: 0, domain: rak"))


@pytest.mark.parametrize(
    "way",
    [
        {"ansible_ssh_common_args": "-o ProxyJump=root@jump:22"},
        {"proxy_jump": "{{ bastion }}", "bastion": "jump"},
        {"proxy_jump": "[192.0.2.1]:22,other"},
    ],
)
def test_a_jump_host_is_known_however_it_is_named(way: dict[str, object]) -> None:
    """Whoever is reached through a host is done before it, whichever variable says so."""
    world = World(["jump", "a"], {"a": way, "jump": {"ansible_host": "192.0.2.1"}})
    world.run(RESTART)
    assert ["a", "jump"] == [host for host, _what in world.log]


def test_a_host_that_is_reached_without_ssh_is_never_booted() -> None:
    """`connection=local` is the control node itself, also where its machine-id is not known."""
    world = owing(["a"], ansible_connection="local", window="always")
    world.machine_id = ""
    assert ({"a": "ok"}, []) == (ends(world.run(REBOOT)), world["a"].effects)


def test_a_delegated_boot_obeys_the_window_of_the_host_that_boots() -> None:
    """The task's own host may have its window open: it is the other one that would go down."""
    world = World(["a", "b"], {"a": {"window": "always"}, "b": {"window": CLOSED}})
    world["b"].facts["reboot_owed"] = RebootOwed(("a new kernel",))
    world.run(REBOOT + "      delegate_to: b\n", hosts=("a",))
    assert [] == world["b"].effects
