"""A run that pays what earlier runs left may be killed at any moment too: it comes to the same end, and nothing is done twice."""

from collections import Counter

import pytest
from fake_host import FakeHost, update
from world import Killed, World, dies_after_effect

from healer.journal.queries import debts
from healer.model.facts import RebootOwed, RestartForecast, RunningCode, StaleProcess, StaleProcesses, Updates

PLAY = """
- hosts: web
  become: true
  rolling:
    max_unavailable: 2
    canary: 0
    soak: 10
    max_failures: 9
    rollback: never
    drain: [{command: "lb out"}]
    undrain: [{command: "lb in"}]
  tasks:
    - packages: {}
    - reboot: {policy: "{{ how }}"}
    - restart_stale: {}
      notify: tell
  handlers:
    - name: tell
      command: tell
  health:
    - command: {cmd: check, mutating: false}
"""
WEB = StaleProcess(9, 1, "web", "service", "web.service", ("/lib/libssl.so.3",), ("openssl",), ("openssl",))


def goes_stale(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
    """Upgrade what the service has mapped, and leave a configuration file to be merged."""
    host.facts |= {"stale_processes": StaleProcesses((WEB,)), "reboot_owed": RebootOwed(("a new kernel",))}
    return 0, "healer: conffile-left /etc/demo.conf.dpkg-dist\n"


def takes_new_code(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
    """Run what is on the disk."""
    host.facts["stale_processes"] = StaleProcesses(())
    return 0, ""


def in_debt() -> World:
    """Return a host that an earlier run upgraded, drained, could not restart and left held; a person has made it well and freed it.

    The next run finds the restart, a reboot, a merged file and the way back, and something new to install.
    """
    world = World(["a"])
    for host in world.hosts.values():
        code = RunningCode("openssl", 9, "web", "service", "web.service", "/lib/libssl.so.3")
        host.facts |= {"updates": Updates((update("openssl"),), list_age=60.0), "restart_forecast": RestartForecast((code,))}
        host.facts["conffiles_left"] = ("/etc/demo.conf.dpkg-dist",)
        host.programs |= {
            "apt upgrade": goes_stale,
            "restart web.service": lambda _host, _argv: (1, "no"),
            "check": lambda _host, _argv: (1, "no"),
        }
        host.boots = lambda one: takes_new_code(one, ()) and None
    world.run(PLAY, extra={"how": "never"})
    assert {"a": "held"} == world.ends()
    for host in world.hosts.values():
        host.programs = {"restart web.service": takes_new_code}
        host.facts |= {"updates": Updates((update("zlib"),), list_age=60.0), "restart_forecast": RestartForecast(()), "conffiles_left": ()}
        host.effects.clear()
    return world


def finished(world: World) -> tuple[object, ...]:
    """Return what can be seen at the end: terminals, what was done, what is still owed."""
    return world.ends(), {name: sorted(host.what) for name, host in world.hosts.items()}, debts(world.journal)


WHOLE: dict[str, tuple[World, int]] = {}
for policy in ("never", "always"):
    before = in_debt()
    kept = len(before.journal.kept)
    before.run(PLAY, extra={"how": policy})
    WHOLE[policy] = before, kept


def test_the_undisturbed_run_pays_everything_first() -> None:
    """What the law compares with: out of service to be sure, restarts or the boot before the upgrade, and put back once, at the end."""
    ways = {policy: world["a"].what for policy, (world, _kept) in WHOLE.items()}
    assert {
        "never": ["lb out", "restart web.service", "tell", "upgrade zlib=2", "lb in"],
        "always": ["lb out", "reboot", "upgrade zlib=2", "lb in"],
    } == ways
    assert {"never": ["reboot"], "always": []} == {p: [debt.kind for debt in debts(w.journal).get("a", ())] for p, (w, _k) in WHOLE.items()}


CUTS = [(policy, cut) for policy, (world, kept) in WHOLE.items() for cut in range(kept + 2, len(world.journal.kept) + 1)]


@pytest.mark.parametrize(("policy", "cut"), CUTS)
def test_a_run_that_pays_debts_survives_being_killed(policy: str, cut: int) -> None:
    """Killed before any event could be written: resume pays what is left to be paid, once, and ends as if nothing had happened."""
    world = in_debt()
    world.journal.dies_at = cut
    with pytest.raises(Killed):
        world.run(PLAY, extra={"how": policy})
    world.resume()
    assert finished(WHOLE[policy][0]) == finished(world)
    assert [] == [act for host in world.hosts.values() for act, times in Counter(act for act, _ in host.effects).items() if times > 1]


@pytest.mark.parametrize("policy", sorted(WHOLE))
@pytest.mark.parametrize("number", range(1, 9))
def test_a_debt_whose_payment_was_never_heard_of_is_paid_once(policy: str, number: int) -> None:
    """Killed after an act and before its result: the act is asked about and never repeated, in the debts' sections as in all others."""
    world = in_debt()
    dies_after_effect(world, number)
    if number > sum(len(host.effects) for host in WHOLE[policy][0].hosts.values()):
        world.run(PLAY, extra={"how": policy})
    else:
        with pytest.raises(Killed):
            world.run(PLAY, extra={"how": policy})
        world.resume()
    assert finished(WHOLE[policy][0]) == finished(world)
