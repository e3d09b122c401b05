"""In which order hosts come, who stops whom, and what an end means."""

import pytest
from fake_host import FakeHost, unit
from world import World, ends, reason

from healer.executors.threads import Threads
from healer.model.facts import Units, Unknown
from healer.model.job import Lease

RESTART = """
- hosts: web
  become: true
  rolling: {max_unavailable: 2, soak: 10}
  tasks:
    - service: {name: web, state: restarted}
"""
DRAINED = """
- hosts: web
  become: true
  rolling:
    max_unavailable: 1
    soak: 0
    drain: [{command: lb out}]
    undrain: [{command: lb in}]
  tasks:
    - copy: {dest: /etc/motd, content: hello}
    - service: {name: web, state: started}
    - service: {name: web, state: restarted}
"""


def breaks_a_unit(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
    """Restart well, and leave another service failed."""
    units = host.facts["units"]
    assert isinstance(units, Units)
    host.facts["units"] = Units({**units.units, "app.service": unit("app.service", active="failed")}, ("app.service",))
    return 0, ""


def test_the_canary_has_soaked_before_anybody_else_starts() -> None:
    """No second host takes a slot until the canary has ended its soak well."""
    world = World(["a", "b", "c"])
    world.run(RESTART)
    order = [
        (one.event.kind, one.event.host) for one in world.journal.kept if one.event.kind in ("slot_taken", "soak_started", "host_ended")
    ]
    assert [("slot_taken", "a"), ("soak_started", "a"), ("host_ended", "a")] == order[:3]
    assert {"a": "changed", "b": "changed", "c": "changed"} == world.ends()


def test_a_failing_canary_halts_the_rollout() -> None:
    """The canary fails: nobody else is touched, they end as not started, and the run exits 5."""
    world = World(["a", "b"])
    world["a"].programs["restart web"] = lambda _host, _argv: (1, "no")
    report = world.run(RESTART)
    assert (5, {"a": "failed", "b": "not_started"}) == (report.exit_code, ends(report))
    assert [] == world["b"].effects


def test_a_bad_gate_leaves_the_host_drained_and_held() -> None:
    """A newly failed unit after the act: the host is not put back, and a person has to look."""
    world = World(["a"])
    world["a"].programs["restart web"] = breaks_a_unit
    report = world.run(DRAINED)
    assert (1, {"a": "held"}) == (report.exit_code, ends(report))
    assert "lb in" not in world["a"].what
    assert "app.service failed" in reason(report, "a")
    assert [] != world.events("host_held", "a")


def test_the_drain_comes_right_before_the_first_disruptive_act() -> None:
    """What does not disrupt is done in service; the drain comes after it, once."""
    world = World(["a"])
    world.run(DRAINED)
    assert ["put /etc/motd", "lb out", "restart web.service", "lb in"] == world["a"].what


def test_nothing_is_drained_when_all_is_skip() -> None:
    """A host that is as wanted is neither leased nor drained nor watched."""
    world = World(["a"])
    report = world.run(DRAINED.replace("    - copy: {dest: /etc/motd, content: hello}\n", "").replace("state: restarted", "state: started"))
    assert (0, {"a": "ok"}, [], 0) == (report.exit_code, ends(report), world["a"].effects, world["a"].leases)


def test_a_second_run_changes_nothing() -> None:
    """Run again right after: nothing is drained, nothing is changed, and the exit code is 0."""
    world = World(["a", "b"])
    play = DRAINED.replace("state: restarted", "state: started")
    world.run(play)
    report = world.run(play)
    assert (0, {"a": "ok", "b": "ok"}) == (report.exit_code, ends(report))
    assert [] == world.events("drained") + world.events("soak_started")


def test_a_host_that_was_drained_before_stays_so() -> None:
    """`drained_when` holds: the host is neither drained nor put back by us, and counts as out of service."""
    world = World(["a", "b"], {"a": {"parked": True}})
    report = world.run(DRAINED.replace("    soak: 0\n", '    soak: 0\n    drained_when: "parked | default(false)"\n    canary: 0\n'))
    assert ["put /etc/motd", "restart web.service"] == world["a"].what
    assert "not_started" == ends(report)["b"]
    assert "drained before the run" in reason(report, "b")


def test_what_a_drain_stops_is_no_fault_while_drained() -> None:
    """A drain that stops a service is not held against the host; it must be back after the undrain."""
    world = World(["a"])
    play = DRAINED.replace("lb out", "systemctl stop web").replace("lb in", "systemctl start web")
    world["a"].programs["systemctl stop web"] = lambda host, _argv: (host.facts.update(sockets=host_sockets[:1]) or 0, "")
    world["a"].programs["systemctl start web"] = lambda host, _argv: (host.facts.update(sockets=host_sockets) or 0, "")
    host_sockets = world["a"].facts["sockets"]
    assert isinstance(host_sockets, tuple)
    assert {"a": "changed"} == ends(world.run(play))


def test_what_does_not_come_back_with_the_undrain_holds_the_host() -> None:
    """The port that the drain closed is still closed after the undrain: the host is held."""
    world = World(["a"])
    host_sockets = world["a"].facts["sockets"]
    assert isinstance(host_sockets, tuple)
    world["a"].programs["lb out"] = lambda host, _argv: (host.facts.update(sockets=host_sockets[:1]) or 0, "")
    report = world.run(DRAINED)
    assert {"a": "held"} == ends(report)
    assert "tcp/80" in reason(report, "a")


def test_a_drain_that_fails_is_taken_back() -> None:
    """Nothing disruptive is done after a failed drain, `ignore_errors` or not; the host is put back and fails."""
    world = World(["a"])
    world["a"].programs["lb out"] = lambda _host, _argv: (1, "no such backend")
    report = world.run(DRAINED.replace("state: restarted}", "state: restarted}\n      ignore_errors: true\n    - command: more"))
    assert ["put /etc/motd", "lb out", "lb in"] == world["a"].what
    assert ({"a": "failed"}, True) == (ends(report), "drain failed" in reason(report, "a"))


def test_a_drain_that_never_began_leaves_the_host_in_service() -> None:
    """The load balancer cannot be reached: nothing was done, so nothing is undone and nobody is held."""
    world = World(["a", "lb"])
    world["lb"].down = True
    play = DRAINED.replace("hosts: web", "hosts: a").replace("{command: lb out}", "{command: lb out, delegate_to: lb}")
    report = world.run(play, hosts=("a",))
    assert ({"a": "failed"}, ["put /etc/motd"]) == (ends(report), world["a"].what)
    assert "lb: connection refused" in reason(report, "a")


def test_unreachable_before_the_first_act_spends_no_failure() -> None:
    """A host that cannot be reached stays out, and the others go on."""
    world = World(["a", "b", "c"])
    world["a"].down = True
    report = world.run(RESTART)
    assert (4, {"a": "unreachable", "b": "changed", "c": "changed"}) == (report.exit_code, ends(report))
    assert [] == world.events("run_halted")


def test_an_unknown_reading_of_health_is_never_acted_on() -> None:
    """A host whose health cannot be read is not touched."""
    world = World(["a"])
    world["a"].facts["system_state"] = Unknown("no answer")
    report = world.run(RESTART)
    assert ({"a": "unknown"}, []) == (ends(report), world["a"].effects)


@pytest.mark.fault("N17")
def test_twins_are_refused() -> None:
    """Two names for one machine: the second is refused by name of the first, and the machine is touched once."""
    world = World(["a", "b"])
    world["b"].facts["machine_id"] = world["a"].facts["machine_id"]
    report = world.run(RESTART)
    assert ({"a": "changed", "b": "refused"}, []) == (ends(report), world["b"].effects)
    assert "same machine as a" in reason(report, "b")


def test_hosts_without_a_machine_id_are_no_twins() -> None:
    """An empty machine-id says nothing about who a host is."""
    world = World(["a", "b"])
    world["a"].facts["machine_id"] = world["b"].facts["machine_id"] = ""
    assert {"a": "changed", "b": "changed"} == ends(world.run(RESTART))


def test_a_jump_host_comes_after_the_hosts_behind_it() -> None:
    """Whoever is reached through a host is done before it."""
    world = World(["jump", "a", "b"], {"a": {"proxy_jump": "jump"}, "b": {"proxy_jump": "jump"}})
    world.run(RESTART)
    assert "jump" == world.log[-1][0]


def test_a_host_held_by_an_earlier_run_is_not_touched() -> None:
    """A hold stands until a person has looked: the host is not even logged in to."""
    world = World(["a", "b"])
    report = world.run(RESTART, held={"a": "held since yesterday"})
    assert ({"a": "held", "b": "changed"}, 1, 0) == (ends(report), report.exit_code, world["a"].looks)


def test_a_held_host_outside_the_limit_counts_as_out_of_service() -> None:
    """With one host that may be out, a held neighbour uses the budget up, also where the run may not touch it."""
    world = World(["a", "b"])
    report = world.run(RESTART.replace("max_unavailable: 2", "max_unavailable: 1"), hosts=("b",), held={"a": "held since yesterday"})
    assert ({"b": "not_started"}, []) == (ends(report), world["b"].effects)


def test_a_defect_on_one_host_ends_that_host_only() -> None:
    """An exception that nobody foresaw is told with its place, and the run goes on with the others."""
    world = World(["a", "b"])
    world["a"].looks = None  # type: ignore[assignment]  # the defect
    report = world.run(RESTART.replace("soak: 10", "soak: 10, max_failures: 1"))
    assert {"a": "failed", "b": "changed"} == ends(report)
    assert "unexpected TypeError" in reason(report, "a")


def test_a_stop_is_orderly() -> None:
    """Asked to stop while the first host soaks: nothing new begins, the report has no exit code, and resume ends it."""
    world = World(["a", "b"])
    sleep = world.clock.sleep

    def stopped(seconds: float) -> None:
        sleep(seconds)
        world.stop.set()

    world.clock.sleep = stopped  # type: ignore[method-assign]  # the signal comes during the first wait
    report = world.run(RESTART)
    assert (None, []) == (report.exit_code, world["b"].effects)
    world.clock.sleep = sleep  # type: ignore[method-assign]
    assert {"a": "changed", "b": "changed"} == ends(world.resume())


def test_many_hosts_at_once_in_threads() -> None:
    """With real threads every host ends once, well, and gives its lease back."""
    names = [f"h{number}" for number in range(12)]
    world = World(names, executor=Threads(4))
    report = world.run(RESTART.replace("max_unavailable: 2", "max_unavailable: 4"))
    assert (0, 12) == (report.exit_code, len(world.events("host_ended")))
    assert [] == [host.name for host in world.hosts.values() if host.lease is not None]


@pytest.mark.fault("C4")
def test_a_host_is_taken_over_by_nobody_while_its_lease_is_another_runs() -> None:
    """Somebody else has the lease: the host ends as busy, untouched, and the run exits 3."""
    world = World(["a"])
    world["a"].lease = Lease("other-run", world["a"].boot_id, 0)
    report = world.run(RESTART)
    assert (3, {"a": "busy"}, []) == (report.exit_code, ends(report), world["a"].effects)
