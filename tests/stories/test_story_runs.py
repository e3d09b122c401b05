"""A run as a whole: several plays, locks, a lease that is taken away, a listener that is gone, a wait that is cut."""

import threading
from dataclasses import replace

import pytest
from fake_host import FakeHost
from world import World, db_is_taken, ends, free, reason, taken

from healer.model.errors import LockedError
from healer.model.events import Stamped
from healer.model.job import Lease
from healer.pipeline import carry_out

ROLLING = "  become: true\n  rolling: {soak: 0, canary: 0, max_unavailable: 1, max_failures: 1}\n"
FIRST = "- hosts: web\n" + ROLLING + "  tasks:\n    - command: one\n"
SECOND = "- hosts: web\n" + ROLLING + "  prepare:\n    - command: prepare\n  tasks:\n    - command: two\n"


def test_plays_follow_each_other() -> None:
    """The second play begins when the first has ended on every host."""
    world = World(["a", "b"])
    assert 0 == world.run(FIRST + SECOND).exit_code
    assert [("a", "one"), ("b", "one")] == world.log[:2]
    assert ["one", "prepare", "two"] == world["a"].what


def test_what_an_earlier_play_broke_is_left_alone() -> None:
    """A host that failed in the first play is not even prepared in the second."""
    world = World(["a", "b"])
    world["a"].programs["one"] = lambda _host, _argv: (1, "no")
    report = world.run((FIRST + SECOND).replace("max_unavailable: 1", "max_unavailable: 2"))
    assert (["one"], ["one", "prepare", "two"]) == (world["a"].what, world["b"].what)
    assert {"a": "failed", "b": "changed"} == ends(report)


def test_a_halted_run_prepares_nobody() -> None:
    """After a halt the next play touches no host at all."""
    world = World(["a", "b"])
    world["a"].programs["one"] = world["b"].programs["one"] = lambda _host, _argv: (1, "no")
    report = world.run((FIRST + SECOND).replace("max_failures: 1", "max_failures: 0"))
    assert (5, ["one"], []) == (report.exit_code, world["a"].what, world["b"].what)


ONE_BY_ONE = (
    "- hosts: web\n  become: true\n  rolling: {soak: 0, canary: 1, max_unavailable: 1, max_failures: 0}\n  tasks:\n    - command: one\n"
)


def test_a_person_goes_on_after_a_halt() -> None:
    """Resuming a run that ended in a halt starts whoever had not started, with a canary of their own; the failed one is left."""
    world = World(["a", "b", "c"])
    world["a"].programs["one"] = lambda _host, _argv: (1, "no")
    halted = world.run(ONE_BY_ONE)
    report = world.resume()
    assert (5, {"a": "failed", "b": "not_started", "c": "not_started"}) == (halted.exit_code, ends(halted))
    assert (1, {"a": "failed", "b": "changed", "c": "changed"}) == (report.exit_code, ends(report))
    assert (["one"], ["one"], ["one"]) == (world["a"].what, world["b"].what, world["c"].what)


def test_going_on_after_a_halt_bears_no_new_failure() -> None:
    """What is forgiven is what had happened: the next failure halts again."""
    world = World(["a", "b", "c"])
    world["a"].programs["one"] = world["b"].programs["one"] = lambda _host, _argv: (1, "no")
    world.run(ONE_BY_ONE)
    report = world.resume()
    assert (5, {"a": "failed", "b": "failed", "c": "not_started"}) == (report.exit_code, ends(report))


def test_a_taken_lock_ends_the_run_before_anything_is_written() -> None:
    """Another run works on the group: nothing is looked at, nothing is recorded."""
    world = World(["a"])
    with pytest.raises(LockedError) as caught:
        carry_out(world.order(FIRST), world.doors(), taken)
    assert (75, 0, 0) == (caught.value.exit_code, world["a"].looks, len(world.journal.kept))


def test_groups_that_others_work_on_are_passed_over() -> None:
    """Of two budget groups one is another run's: its hosts end busy, untouched and with who holds them; the other group is done."""
    world = World(["a", "b"], {"a": {"budget_group": "db"}, "b": {"budget_group": "web"}})
    report = carry_out(world.order(FIRST), world.doors(), db_is_taken)
    assert (3, {"a": "busy", "b": "changed"}) == (report.exit_code, ends(report))
    assert ("budget group db is held by run r9", 0) == (reason(report, "a"), world["a"].looks)


def test_a_lease_that_was_taken_over_refuses_the_next_act() -> None:
    """Somebody else took the host in the middle of the run: nothing more is done there."""
    world = World(["a"])

    def take_over(host: FakeHost, what: str) -> None:
        if what == "one":
            host.epoch += 1
            host.lease = Lease("other-run", host.boot_id, host.epoch)

    world["a"].on_effect = take_over
    report = world.run(FIRST + "    - command: two\n")
    assert (1, {"a": "refused"}, ["one"]) == (report.exit_code, ends(report), world["a"].what)
    assert "no longer the current one" in reason(report, "a")


def test_a_listener_that_is_gone_stops_nobody() -> None:
    """The terminal was closed: the run goes on and is recorded to its end."""
    world = World(["a"])

    def gone(_stamped: Stamped) -> None:
        raise BrokenPipeError

    report = carry_out(world.order(FIRST), replace(world.doors(), listen=gone), free)
    assert (0, {"a": "changed"}) == (report.exit_code, ends(report))


def test_a_wait_is_cut_by_a_stop() -> None:
    """Asked to stop while it waits for a port, healer does not ask on until the time is over."""
    world = World(["a"])
    sleep, waits = world.clock.sleep, [0]

    def stopping(seconds: float) -> None:
        sleep(seconds)
        waits[0] += 1
        if waits[0] == 3:
            world.stop.set()

    world.clock.sleep = stopping  # type: ignore[method-assign]  # the signal comes while it waits
    report = world.run("- hosts: web\n" + ROLLING + "  tasks:\n    - wait_for: {port: 81, timeout: 300}\n")
    assert (None, 3) == (report.exit_code, waits[0])


def test_a_run_that_is_stopped_before_it_began_touches_nobody() -> None:
    """The signal came first: no host is acted on."""
    world = World(["a"])
    world.stop = threading.Event()
    world.stop.set()
    assert (None, []) == (world.run(FIRST).exit_code, world["a"].effects)
