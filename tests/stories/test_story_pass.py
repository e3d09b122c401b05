"""The pass: it looks without a trace, acts only where there is work, goes on with what was cut off, and keeps out of others' way."""

import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from fake_host import unit, update
from world import Killed, World, dies_after_effect, free

from healer.journal.memory import MemoryJournal
from healer.model.errors import InventoryError, JournalError, LockedError
from healer.model.events import RunEnded, RunStarted
from healer.model.facts import Units, Updates
from healer.model.report import RunReport
from healer.pipeline import Locks, Order, actor, carry_out
from healer.rollout.left_behind import node_of
from healer.watch.passing import Means, Passed, one_pass
from healer.watch.unfinished import Unfinished, order_to_resume, whole_or_nothing

HEAD = "- hosts: web\n  become: true\n  rolling: {soak: 0, canary: 0, max_unavailable: 100%}\n  max_fail_percentage: 100\n"
PLAYBOOKS = {
    "services": HEAD + "  tasks:\n    - service: {name: web, state: started}\n",
    "logs": HEAD + "  tasks:\n    - debug: {msg: nothing to do here}\n",
    "patch": HEAD + "  tasks:\n    - packages: {}\n",
}
WELL: Mapping[str, object] = {}
ILL: Mapping[str, object] = {"ill": True}
"""A host whose service is down."""


@dataclass
class Node:
    """A control node over a world: what `healer pass` is without its command line."""

    world: World
    locks: Locks = free
    looked: dict[str, MemoryJournal] = field(default_factory=dict)
    carried: list[Order] = field(default_factory=list)

    def passes(self, *, check: bool = False) -> Passed:
        """Do one pass."""
        world = self.world
        means = Means(
            world.inventory, tuple(world.names), world.journal, world.clock, self.order, self.resume, self.carry, self.events,
            node_of(actor()), world.stop,
        )  # fmt: skip
        return one_pass(means, check=check)

    def order(self, name: str, hosts: tuple[str, ...], check: bool) -> Order:
        """Return a run of a playbook."""
        return self.world.order(PLAYBOOKS[name], hosts=hosts, check=check)

    def resume(self, one: Unfinished) -> Order:
        """Return the order that goes on."""
        return order_to_resume(one, self.world.inventory, {}, {})

    def carry(self, order: Order) -> RunReport:
        """Carry it out; a dry run leaves no trace."""
        self.carried.append(order)
        doors, check = self.world.doors(), order.inputs.check
        if check:
            self.looked[order.inputs.run] = MemoryJournal(clock=self.world.clock)
            doors = replace(doors, journal=self.looked[order.inputs.run], past=self.world.journal)
        locks = whole_or_nothing(self.locks, self.world.journal) if order.resume else free if check else self.locks
        return replace(carry_out(order, doors, locks), check=check)

    def events(self, run: str) -> object:
        """Return the events of a run."""
        return self.looked.get(run, self.world.journal).events(run)

    @property
    def real(self) -> list[tuple[str, tuple[str, ...]]]:
        """The real runs: playbook's task, and the hosts that they were for."""
        orders = [order for order in self.carried if not order.inputs.check]
        return [(order.inputs.playbook.plays[0].tasks[0].step, order.inputs.hosts) for order in orders]


def fleet(**variables: Mapping[str, object]) -> Node:
    """Return a node over these hosts; each has an update, and the service of those that are ill is down."""
    world = World(list(variables), variables)
    for host in world.hosts.values():
        host.facts["updates"] = Updates((update("openssl"),), list_age=60.0)
        if "ill" in variables[host.name]:
            host.facts["units"] = Units({"web.service": unit("web.service", active="inactive", sub="dead")}, ())
    return Node(world)


def codes(passed: Passed) -> dict[str, int]:
    """Return the code of each part."""
    return {part.name: part.code for part in passed.parts}


def test_a_quiet_night_writes_nothing() -> None:
    """Where nothing is wrong and no window is open, no event is written and no host is touched."""
    node = fleet(a=WELL, b=WELL)
    passed = node.passes()
    assert (0, False, ["services", "logs", "patch"]) == (passed.code, passed.acted, [part.name for part in passed.parts])
    assert ([], []) == (list(node.world.journal.kept), node.world.log)


def test_only_hosts_that_have_work_are_in_the_run() -> None:
    """A real run is begun for those hosts alone on which the dry look found something."""
    node = fleet(a=WELL, b=ILL, c=WELL)
    passed = node.passes()
    assert [("service", ("b",))] == node.real
    assert (0, True) == (passed.code, passed.acted)
    assert {"b"} == {host for host, _what in node.world.log}


def test_a_second_pass_right_after_changes_nothing() -> None:
    """What the first pass has done is work no more."""
    node = fleet(a=ILL, b=WELL)
    node.passes()
    effects = list(node.world.log)
    assert not node.passes().acted
    assert effects == node.world.log


def test_check_does_nothing_and_says_that_there_is_work() -> None:
    """A pass with --check begins no run and exits 3."""
    node = fleet(a=ILL)
    passed = node.passes(check=True)
    assert (3, [], []) == (passed.code, node.real, node.world.log)


def test_without_a_window_nothing_is_patched_and_that_is_said() -> None:
    """No declared window means no patch and no reboot, and the pass says what would allow them."""
    node = fleet(a=WELL, b=WELL)
    words = node.passes().parts[-1].words
    assert "2 hosts without a declared window, so not patched or rebooted (`window: always`" in words
    assert not [order for order in node.carried if order.inputs.playbook.plays[0].tasks[0].step == "packages"]


def test_only_hosts_with_an_open_window_are_patched() -> None:
    """A host whose window is closed is not even looked at for updates; `always` is open."""
    node = fleet(a={**WELL, "window": "always"}, b={**WELL, "window": "Sun 02:00-03:00"}, c=WELL)
    passed = node.passes()
    assert [("packages", ("a",))] == node.real
    assert "1 host without a declared window" in passed.parts[-1].words
    assert "1 host outside of the window" in passed.parts[-1].words


def test_a_window_that_closes_too_soon_is_not_begun_in() -> None:
    """Work that would not end before the window closes is left for the next one, by what the journal has learned of its length."""
    node = fleet(a={**WELL, "window": "Wed 11:00-12:10"}, b={**WELL, "window": "Wed 11:00-14:00"})
    assert node.passes().acted
    assert [("packages", ("b",))] == node.real


def test_a_bad_window_ends_the_pass_before_anything_is_touched() -> None:
    """The mistake is told before the services, which come first, are healed."""
    node = fleet(a={**ILL, "window": "Son 02:00"})
    with pytest.raises(InventoryError, match="window"):
        node.passes()
    assert [] == node.world.log


def test_an_unreachable_host_is_told_and_holds_up_nobody() -> None:
    """The others get what is due to them; the exit code is 4."""
    node = fleet(a=ILL, b=ILL)
    node.world["a"].down = True
    passed = node.passes()
    assert (4, [("service", ("b",))]) == (passed.code, node.real)


@contextmanager
def taken(_groups: object, _run: str) -> Iterator[Mapping[str, str]]:
    """Give no lock at all."""
    raise LockedError("budget group web is held by run r9.")
    yield {}


def test_a_pass_that_is_kept_away_by_locks_says_by_whom() -> None:
    """All locks taken: 75, and the part names the holder; nothing was done."""
    node = fleet(a=ILL)
    node.locks = taken
    passed = node.passes()
    assert (75, []) == (passed.code, node.world.log)
    assert "skipped: budget group web is held by run r9." in passed.parts[0].words


def test_locks_that_nobody_needed_are_no_trouble() -> None:
    """A look takes no lock: where there is no work the pass exits 0, whoever holds the groups."""
    node = fleet(a=WELL)
    node.locks = taken
    assert 0 == node.passes().code


def test_a_pass_first_goes_on_with_what_was_cut_off() -> None:
    """A run of this node that died in the middle is brought to its end before anything new is begun."""
    node = fleet(a=ILL, b=ILL)
    dies_after_effect(node.world, 1)
    with pytest.raises(Killed):
        node.passes()
    dead = [stamped.run for stamped in node.world.journal.kept if isinstance(stamped.event, RunStarted)]
    node.world.journal.dead = False
    node.world.stop.clear()
    for host in node.world.hosts.values():
        host.on_effect = node.world.noted
    passed = node.passes()
    assert f"run {dead[0]}" == passed.parts[0].name
    assert [dead[0]] == [stamped.run for stamped in node.world.journal.kept if isinstance(stamped.event, RunEnded)]
    assert [1, 1] == [len(host.effects) for host in node.world.hosts.values()]


def started(command: str, by: str) -> RunStarted:
    """Return the first event of a run that was typed so, and begun by that user and node."""
    return RunStarted(command, "patch.yml", "d", "i", ("a",), by)


@pytest.mark.parametrize(
    ("command", "by", "expected"),
    [
        ("healer patch -i x", "root@elsewhere pid 1", None),
        ("healer patch -i x -K", f"root@{platform.node()} pid 1", "a person gave -K for it"),
        ("healer patch -i x --user=me", f"root@{platform.node()} pid 1", "a person gave --user=me for it"),
        ("healer pass -i x --user me", f"root@{platform.node()} pid 1", ""),
        ("healer patch -i 'x", f"root@{platform.node()} pid 1", ""),
    ],
)
def test_a_run_that_needs_a_person_is_left_to_one(command: str, by: str, expected: str | None) -> None:
    """Runs of other nodes are none of ours; those for which somebody chose how to log in are named and left alone."""
    from healer.watch.unfinished import unfinished

    world = World(["a"])
    world.journal.append("r1", started(command, by))
    found = unfinished(world.journal, platform.node(), world.clock.now())
    assert ([] if expected is None else [expected]) == [one.needs for one in found]


def test_a_run_that_somebody_else_is_at_is_left_to_him() -> None:
    """Its locks are taken: it is under way in another process, and the pass goes on with the rest."""
    node = fleet(a=ILL)
    dies_after_effect(node.world, 1)
    with pytest.raises(Killed):
        node.passes()
    node.world.journal.dead = False
    node.world.stop.clear()
    node.locks = taken
    assert ["services", "logs", "patch"] == list(codes(node.passes()))


def test_a_stop_ends_the_pass_between_its_parts() -> None:
    """Nothing new is begun after a signal, and the pass says that it was not through."""
    node = fleet(a=ILL, b=ILL)
    node.world["a"].on_effect = lambda _host, _what: node.world.stop.set()
    passed = node.passes()
    assert (True, 1) == (passed.stopped, len(passed.parts))


def test_a_journal_that_cannot_be_written_ends_the_pass() -> None:
    """It is no part's trouble but the node's: 74."""
    node = fleet(a=ILL)

    def broken(_run: str, _event: object) -> object:
        raise JournalError("the disk is full.")

    node.world.journal.append = broken  # type: ignore[assignment, method-assign]  # the disk's own fault
    with pytest.raises(JournalError):
        node.passes()
