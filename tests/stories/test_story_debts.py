"""What a run leaves undone is remembered, shown, and done first by the next run that may."""

import pytest
from fake_host import FakeHost, unit, update
from world import Killed, World, ends, reason

from healer.journal.queries import debts
from healer.model.action import Owe
from healer.model.events import DebtOwed, DebtPaid
from healer.model.facts import RebootOwed, RestartForecast, RunningCode, StaleProcess, StaleProcesses, Units, Unknown, Updates

PATCH = """
- hosts: web
  become: true
  rolling: {max_unavailable: 1, canary: 0, soak: 0, max_failures: 9, drain: [{command: lb out}], undrain: [{command: lb in}]}
  tasks:
    - packages: {}
    - command: between
    - restart_stale: {}
"""
WEB = StaleProcess(9, 1, "web", "service", "web.service", ("/lib/libssl.so.3",), ("openssl",), ("openssl",))
CODE = RunningCode("openssl", 9, "web", "service", "web.service", "/lib/libssl.so.3")


def goes_stale(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
    """Upgrade the library under the running service."""
    host.facts |= {"stale_processes": StaleProcesses((WEB,)), "restart_forecast": RestartForecast(())}
    return 0, ""


def takes_new_code(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
    """Restart the service: it runs what is on the disk."""
    host.facts["stale_processes"] = StaleProcesses(())
    return 0, ""


def fleet(*names: str, forecast: bool = True) -> World:
    """Return hosts on which an upgrade of a library waits that a running service uses; what stands between fails."""
    world = World(list(names) or ["a"])
    for host in world.hosts.values():
        host.facts["updates"] = Updates((update("openssl"),), list_age=60.0)
        host.facts["restart_forecast"] = RestartForecast((CODE,) if forecast else ())
        host.programs |= {"apt upgrade": goes_stale, "restart web.service": takes_new_code, "between": lambda _host, _argv: (1, "no")}
    return world


def goes_well(world: World) -> World:
    """Let nothing fail any more."""
    for host in world.hosts.values():
        host.programs.pop("between", None)
    return world


def owed(world: World, host: str = "a") -> dict[str, tuple[str, ...]]:
    """Return what is owed on a host: items by kind."""
    return {debt.kind: debt.items for debt in debts(world.journal).get(host, ())}


def test_a_run_that_fails_before_its_restarts_owes_them_by_name() -> None:
    """The library was upgraded and the restarts were never reached: the service is named as a debt."""
    world = fleet()
    world.run(PATCH)
    assert ({"a": "failed"}, {"restart": ("web.service",)}) == (world.ends(), owed(world))


def test_the_next_run_restarts_first_although_no_package_changes() -> None:
    """The old debt is paid before anything of the play's own tasks, in a drained host, and then it is none any more."""
    world = fleet()
    world.run(PATCH)
    before = len(world["a"].what)
    goes_well(world).run(PATCH)
    assert ["lb out", "restart web.service", "between", "lb in"] == world["a"].what[before:]
    assert {} == owed(world)


def test_old_debts_are_paid_before_anything_new_is_installed() -> None:
    """A new update waits as well: the restart that is owed comes first."""
    world = fleet()
    world.run(PATCH)
    world["a"].facts |= {"updates": Updates((update("zlib"),), list_age=60.0), "restart_forecast": RestartForecast(())}
    world["a"].programs.pop("apt upgrade")
    goes_well(world).run(PATCH)
    what = world["a"].what
    assert what.index("restart web.service") < what.index("upgrade zlib=2")


def test_a_debt_that_somebody_else_has_paid_is_struck_out_at_the_look() -> None:
    """A person has restarted the service meanwhile: the look shows it, nothing is restarted, nobody is drained for it."""
    world = fleet()
    world.run(PATCH)
    takes_new_code(world["a"], ())
    before = len(world["a"].what)
    goes_well(world).run(PATCH.replace("    - command: between\n", ""))
    assert ([], {}) == (world["a"].what[before:], owed(world))


def test_a_run_killed_after_its_upgrade_and_never_resumed_leaves_the_debt() -> None:
    """The debt was written before the upgrade began: whoever is cut off after it leaves it in sight."""
    world = goes_well(fleet())
    world["a"].on_effect = dies_after(world, "upgrade openssl=2")
    with pytest.raises(Killed):
        world.run(PATCH)
    world.journal.dead = False
    assert ("web.service",) == owed(world)["restart"]


def dies_after(world: World, act: str):
    """Return what kills the control node after this act."""

    def die(_host: FakeHost, what: str) -> None:
        if what == act:
            world.journal.dead = True
            raise Killed

    return die


def test_an_upgrade_that_was_never_begun_owes_nothing() -> None:
    """Somebody else holds the package lock: nothing was done, and the restart that would have followed is no debt."""
    world = fleet()
    world["a"].programs["apt upgrade"] = lambda _host, _argv: (75, "held")
    assert ({"a": "busy"}, {}) == (ends(world.run(PATCH)), owed(world))


def test_a_good_run_leaves_no_debt() -> None:
    """The restarts were done in the same run: nothing is owed at its end."""
    world = goes_well(fleet())
    world.run(PATCH)
    assert ({"a": "changed"}, {}) == (world.ends(), owed(world))


def test_a_run_for_some_packages_pays_for_those() -> None:
    """`only` looks at one package's files: the restart that its upgrade brought about is paid, and told by the code that runs."""
    world = goes_well(fleet())
    world.run(PATCH.replace("packages: {}", "packages: {only: [openssl]}").replace("restart_stale: {}", "restart_stale: {only: [openssl]}"))
    assert (1, {}) == (world["a"].what.count("restart web.service"), owed(world))


def test_what_may_not_be_restarted_stays_owed_by_name() -> None:
    """A unit that the playbook leaves alone is a debt with its name, and the rest of the debt is paid."""
    world = goes_well(fleet())
    world.run(PATCH.replace("restart_stale: {}", "restart_stale: {exclude: [web.service]}"))
    assert {"restart": ("web.service",)} == owed(world)


def test_a_play_without_restarts_leaves_them_owed() -> None:
    """A play that only installs has no means to restart: the debt stands after a good end."""
    world = goes_well(fleet())
    world.run(PATCH.replace("    - restart_stale: {}\n", ""))
    assert ({"a": "changed"}, {"restart": ("web.service",)}) == (world.ends(), owed(world))


def test_debts_are_paid_whatever_the_task_waits_for_in_its_own_place() -> None:
    """A condition that speaks of an earlier task's result cannot hold before that task has run: the debt is paid all the same."""
    play = PATCH.replace("packages: {}", "packages: {}\n      register: patched").replace(
        "restart_stale: {}", "restart_stale: {}\n      when: patched.changed"
    )
    world = fleet()
    world.run(play)
    goes_well(world).run(play)
    assert {} == owed(world)


def test_a_condition_on_the_host_holds_for_its_debts_too() -> None:
    """A task that is not for this host does not pay this host's debts."""
    world = fleet()
    world.run(PATCH)
    goes_well(world).run(PATCH.replace("restart_stale: {}", 'restart_stale: {}\n      when: inventory_hostname != "a"'))
    assert {"restart": ("web.service",)} == owed(world)


def test_hosts_with_debts_start_first() -> None:
    """Whoever owes something is let in before the others, in whatever order the inventory has them."""
    world = fleet("a", "b", "c")
    world["b"].programs["between"] = lambda _host, _argv: (1, "no")
    for name in ("a", "c"):
        world[name].programs.pop("between")
    world.run(PATCH)
    goes_well(world).run(PATCH)
    assert ["b", "a", "c"] == [event.host for event in world.events("slot_taken")]


REBOOT = """
- hosts: web
  become: true
  rolling: {canary: 0, soak: 0}
  tasks:
    - packages: {}
    - reboot: {policy: "{{ how }}"}
"""


def test_a_reboot_that_is_allowed_now_comes_before_the_upgrade() -> None:
    """It was owed and forbidden; the next run that may boots first and installs then."""
    world = fleet(forecast=False)
    world["a"].facts |= {"reboot_owed": RebootOwed(("a new kernel",)), "updates": Updates((), list_age=60.0)}
    world["a"].programs.pop("apt upgrade")
    world.run(REBOOT, extra={"how": "never"})
    assert {"reboot": ()} == owed(world)
    world["a"].facts["updates"] = Updates((update("zlib"),), list_age=60.0)
    world.run(REBOOT, extra={"how": "always"})
    assert (["reboot", "upgrade zlib=2"], {}) == (world["a"].what, owed(world))


def test_a_configuration_file_to_be_merged_is_owed_until_it_is_gone() -> None:
    """The job names what dpkg left beside a changed file: a person merges it, and a later look strikes the debt out."""
    world = goes_well(fleet(forecast=False))
    left = "/etc/demo/demo.conf.dpkg-dist"
    world["a"].programs["apt upgrade"] = lambda _host, _argv: (0, f"healer: conffile-left {left}\n")
    world["a"].facts["conffiles_left"] = (left,)
    world.run(PATCH)
    assert (Owe("conffile", f"diff -u /etc/demo/demo.conf {left}", items=(left,)),) == debts(world.journal)["a"]
    world.run(PATCH)
    assert {"conffile": (left,)} == owed(world)
    world["a"].facts["conffiles_left"] = ()
    world.run(PATCH)
    assert {} == owed(world)


def test_a_file_that_cannot_be_looked_for_stays_owed() -> None:
    """Not known is not paid."""
    world = goes_well(fleet(forecast=False))
    world["a"].programs["apt upgrade"] = lambda _host, _argv: (0, "healer: conffile-left /etc/demo/demo.conf.dpkg-dist\n")
    world["a"].facts["conffiles_left"] = Unknown("no root there")
    world.run(PATCH)
    world.run(PATCH)
    assert ("/etc/demo/demo.conf.dpkg-dist",) == owed(world)["conffile"]


ROLL = """
- hosts: web
  become: true
  rolling: {max_unavailable: 1, canary: 0, soak: 0, max_failures: 9, drain: [{command: lb out}], undrain: [{command: lb in}]}
  tasks:
    - command: work
      changed_when: false
"""
NOTHING = ROLL.replace("- command: work\n      changed_when: false", "- debug: {msg: hello}")


def held_and_freed(*names: str) -> World:
    """Return a fleet whose host a fell ill while it was drained, was held, looked at, made well and freed by a person."""
    world = World(list(names) or ["a"])
    ill = Units({"web.service": unit("web.service", active="failed", sub="failed")}, ("web.service",))

    def falls_ill(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
        host.facts["units"] = ill
        return 0, ""

    world["a"].programs["work"] = falls_ill
    world.run(ROLL)
    assert "held" == world.ends()["a"]
    world["a"].programs.pop("work")
    return world


def test_a_host_that_was_held_and_freed_is_put_back_by_the_next_run() -> None:
    """Its run took it out of service and could not put it back: the next one proves it healthy and does, with nothing else to do."""
    world = held_and_freed()
    world["a"].facts["units"] = Units({"web.service": unit("web.service")}, ())
    before = len(world["a"].what)
    world.run(NOTHING)
    assert (["lb in"], {"a": "changed"}, {}) == (world["a"].what[before:], world.ends(), owed(world))


def test_a_host_that_is_still_ill_is_not_put_back() -> None:
    """A service that failed since the host was drained has failed still: it stays out of service and is held again."""
    world = held_and_freed()
    before = len(world["a"].what)
    report = world.run(NOTHING)
    assert ([], {"a": "held"}, ["undrain"]) == (world["a"].what[before:], ends(report), list(owed(world)))
    assert "web.service failed" in reason(report, "a")


def test_another_way_back_is_not_taken() -> None:
    """A play that undrains otherwise does not know how this host left: it does not touch that, and the debt stays."""
    world = held_and_freed()
    world["a"].facts["units"] = Units({"web.service": unit("web.service")}, ())
    before = len(world["a"].what)
    world.run(NOTHING.replace("lb in", "other lb in"))
    assert ([], ["undrain"]) == (world["a"].what[before:], list(owed(world)))


def test_what_somebody_else_drained_stays_drained() -> None:
    """A host that was found drained is none of ours: it is not put back, and nothing is owed."""
    world = World(["a"])
    world["a"].facts["load"] = {"drained": True}
    play = ROLL.replace("undrain: [", "drained_when: [facts.load.drained], undrain: [")
    world.run(play)
    assert (["work"], {}) == (world["a"].what, owed(world))


def test_a_host_of_ours_is_put_back_although_it_is_found_drained() -> None:
    """`drained_when` holds because an earlier run drained the host: that one is put back."""
    world = held_and_freed()
    world["a"].facts |= {"units": Units({"web.service": unit("web.service")}, ()), "load": {"drained": True}}
    before = len(world["a"].what)
    world.run(NOTHING.replace("undrain: [", "drained_when: [facts.load.drained], undrain: ["))
    assert ["lb in"] == world["a"].what[before:]


def test_a_host_that_waits_for_its_way_back_counts_as_out_of_service() -> None:
    """While it is drained nobody else of its group is let out beside it; it comes first itself."""
    world = held_and_freed("a", "b", "c")
    world["a"].facts["units"] = Units({"web.service": unit("web.service")}, ())
    world.run(ROLL)
    assert ("a", {"changed"}) == (world.events("slot_taken")[0].host, set(world.ends().values()))


@pytest.mark.parametrize("way", [("lb in", "other lb in"), (", drain: [{command: lb out}], undrain: [{command: lb in}]", "")])
def test_a_host_that_another_play_took_out_of_service_is_out_for_every_play(way: tuple[str, str]) -> None:
    """A play that cannot put it back counts it in the budget too, also after its own slot there: nobody else of the group is let out."""
    world = held_and_freed("a", "b", "c")
    world["a"].facts["units"] = Units({"web.service": unit("web.service")}, ())
    before = len(world["b"].what)
    report = world.run(ROLL.replace(*way))
    assert [] == world["b"].what[before:]
    assert world.ends()["a"] in ("ok", "changed")
    assert {"b": "not_started", "c": "not_started"} == {name: world.ends()[name] for name in "bc"}
    assert "a (drained by an earlier run)" in reason(report, "b")


def test_a_host_that_a_person_has_declared_in_service_is_out_no_more() -> None:
    """`healer ack HOST --in-service` strikes the debt out: the other play's budget is whole again."""
    world = held_and_freed("a", "b", "c")
    world["a"].facts["units"] = Units({"web.service": unit("web.service")}, ())
    world.journal.append("run-1", DebtPaid("a", "undrain"))
    world.run(ROLL.replace("lb in", "other lb in"))
    assert {"changed"} == set(world.ends().values())


def test_a_host_that_somebody_has_put_back_is_drained_again_before_it_is_disturbed() -> None:
    """A person put it back by the load balancer's own means, which nobody can see here: nothing disturbs it before it is out again."""
    world = held_and_freed()
    world["a"].facts["units"] = Units({"web.service": unit("web.service")}, ())
    before = len(world["a"].what)
    world.run(ROLL)
    assert (["lb out", "work", "lb in"], {}) == (world["a"].what[before:], owed(world))


def test_a_host_that_is_seen_to_be_back_in_service_owes_no_way_back() -> None:
    """`drained_when` says that somebody has put it back: that is no debt any more, and a host with nothing to do is not touched."""
    world = held_and_freed()
    world["a"].facts |= {"units": Units({"web.service": unit("web.service")}, ()), "load": {"drained": False}}
    before = len(world["a"].what)
    world.run(NOTHING.replace("undrain: [", "drained_when: [facts.load.drained], undrain: ["))
    assert ([], {}) == (world["a"].what[before:], owed(world))


def test_one_way_back_does_not_pay_for_another() -> None:
    """A play with another load balancer puts back what it took out itself; what the first one owes stays owed, and is paid by it."""
    world = held_and_freed()
    world["a"].facts["units"] = Units({"web.service": unit("web.service")}, ())
    world.run(ROLL.replace("lb out", "other lb out").replace("lb in", "other lb in"))
    assert ["undrain"] == list(owed(world))
    assert "run-1" in debts(world.journal)["a"][0].detail
    before = len(world["a"].what)
    world.run(NOTHING)
    assert (["lb in"], {}) == (world["a"].what[before:], owed(world))


def test_both_ways_back_may_be_owed() -> None:
    """The second play could not put it back either: each play knows its own way, whatever else is owed."""
    world = held_and_freed()
    other = ROLL.replace("lb out", "other lb out").replace("lb in", "other lb in")
    world["a"].facts["units"] = Units({"web.service": unit("web.service")}, ())
    world["a"].programs["other lb in"] = lambda _host, _argv: (1, "no")
    world.run(other)
    assert 2 == len(owed(world)["undrain"])
    before = len(world["a"].what)
    world.run(NOTHING)
    assert ["lb in"] == world["a"].what[before:]
    assert 1 == len(owed(world)["undrain"])


@pytest.mark.parametrize("where", ["pre_tasks", "tasks"])
def test_a_guard_of_the_play_holds_for_its_debts_too(where: str) -> None:
    """A condition on what another check of the play says is no mere `has something changed`: it is never left out."""
    world = fleet()
    world.run(PATCH)
    world["a"].programs["may restart"] = lambda _host, _argv: (1, "no")
    guard = "    - command: may restart\n      register: guard\n      failed_when: false\n"
    play = PATCH.replace("restart_stale: {}", "restart_stale: {}\n      when: guard.rc == 0")
    play = play.replace("  tasks:\n", f"  tasks:\n{guard}" if where == "tasks" else f"  pre_tasks:\n{guard}  tasks:\n")
    before = len(world["a"].what)
    goes_well(world).run(play)
    assert "restart web.service" not in world["a"].what[before:]
    assert {"restart": ("web.service",)} == owed(world)


def test_a_drain_that_fails_before_it_began_owes_no_way_back() -> None:
    """The host was never taken out of service."""
    world = World(["a"])
    world.run(ROLL.replace("drain: [{command: lb out}]", "drain: [{assert: {that: [1 > 2]}}]"))
    assert {} == owed(world)


def test_each_debt_is_written_once_a_run() -> None:
    """The journal is not filled with what it holds already."""
    world = fleet()
    world.run(PATCH)
    restarts = [event for event in world.events("debt_owed") if isinstance(event, DebtOwed) and event.debt.kind == "restart"]
    assert 1 == len(restarts)


def test_what_the_play_makes_sure_of_first_comes_before_old_debts() -> None:
    """`pre_tasks` are where a play asks whether its cluster may lose a member: when they fail, nothing is restarted for an old debt."""
    world = fleet()
    world.run(PATCH)
    world["a"].programs["cluster is whole"] = lambda _host, _argv: (1, "no")
    before = len(world["a"].what)
    guard = "  pre_tasks:\n    - command: {cmd: cluster is whole, mutating: false}\n  tasks:\n"
    goes_well(world).run(PATCH.replace("  tasks:\n", guard))
    assert ([], {"restart": ("web.service",)}) == (world["a"].what[before:], owed(world))
