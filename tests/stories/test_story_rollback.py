"""A host that is not well after its upgrade goes back to what it had, where that can be proved; the version that did it goes nowhere else."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from fake_host import FakeHost, unit, update
from world import Killed, World, ends, reason

from healer.model.events import VersionQuarantined, VersionReleased
from healer.model.facts import StaleProcess, StaleProcesses, Units, Updates

PLAY = """
- hosts: web
  become: true
  rolling: {max_unavailable: 1, soak: 10, drain: [{command: lb out}], undrain: [{command: lb in}]}
  tasks:
    - packages: {}
  health:
    - command: {cmd: check, mutating: false}
"""
FAILED = Units({"web.service": unit("web.service", active="failed", sub="failed")}, ("web.service",))


def breaks(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
    """Upgrade to what makes the service fail."""
    host.facts["units"] = FAILED
    return 0, ""


def mends(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
    """Go back to what lets the service start; the package's script starts it."""
    host.facts["units"] = Units({"web.service": unit("web.service", invocation="old again")}, ())
    return 0, ""


def fleet(*names: str, packages: tuple[str, ...] = ("web",)) -> World:
    """Return hosts to which a bad version is offered."""
    world = World(names or ("a", "b", "c"))
    for host in world.hosts.values():
        host.facts["updates"] = Updates(tuple(update(name) for name in packages), list_age=60.0)
        host.programs["apt upgrade"] = breaks
        host.programs["apt rollback"] = mends
    return world


AT_THE_GATE = fleet("a")
AT_THE_GATE.run(PLAY)


def test_the_canary_goes_back_and_nobody_else_is_touched() -> None:
    """The canary ends failed, healthy and in service with its former version; the run halts, and the others were left alone."""
    world = fleet()
    report = world.run(PLAY)
    assert {"a": "failed", "b": "not_started", "c": "not_started"} == ends(report)
    assert ["lb out", "upgrade web=2", "rollback web=1", "lb in"] == world["a"].what
    assert [] == world["b"].what + world["c"].what
    assert 5 == report.exit_code
    assert [] == world.events("host_held")


def test_the_reason_tells_the_whole_story() -> None:
    """What was not well, what it went back to, and that it is well again, in one sentence."""
    world = fleet()
    expected = "health gate bad: web.service failed and had not failed before; rolled back to web 1, and well again"
    assert expected == reason(world.run(PLAY), "a")


def test_the_version_is_in_quarantine_for_the_fleet() -> None:
    """The next run installs it nowhere, says why on every host, and ends well."""
    world = fleet()
    world.run(PLAY)
    report = world.run(PLAY)
    assert {"a": "ok", "b": "ok", "c": "ok"} == ends(report)
    assert [] == world["b"].what + world["c"].what
    owed = [event.debt.detail for event in world.events("debt_owed", "b")]  # type: ignore[union-attr]  # the kind says what it is
    assert ["web 2 is in quarantine since run run-1, in which a was not well with it (`healer release web 2` lifts it)"] == owed


def test_a_person_releases_it() -> None:
    """A released version is installed again, and that it was left out is owed no more."""
    world = fleet()
    world.run(PLAY)
    world.run(PLAY)
    world.journal.append("run-1", VersionReleased("web", "2", "somebody"))
    for host in world.hosts.values():
        host.programs["apt upgrade"] = lambda _host, _argv: (0, "")
    report = world.run(PLAY)
    assert {"a": "changed", "b": "changed", "c": "changed"} == ends(report)
    assert {"a", "b", "c"} == {event.host for event in world.events("debt_paid")}


def test_a_release_stands_though_the_run_goes_on_later() -> None:
    """A run that died in its rollback does not take back what a person has said since."""
    world = fleet("a")
    world.journal.dies_at = next(one.number for one in AT_THE_GATE.journal.kept if one.event.kind == "version_quarantined") + 2
    with pytest.raises(Killed):
        world.run(PLAY)
    world.journal.dead, world.journal.dies_at = False, 0
    world.journal.append("run-1", VersionReleased("web", "2", "somebody"))
    world.resume()
    assert 1 == len(world.events("version_quarantined"))


def test_a_newer_version_needs_no_release() -> None:
    """Only the very version is in quarantine: what comes after it is installed."""
    world = fleet("a")
    world.run(PLAY)
    world["a"].facts["updates"] = Updates((update("web", candidate="3"),), list_age=60.0)
    world["a"].programs["apt upgrade"] = lambda _host, _argv: (0, "")
    assert {"a": "changed"} == ends(world.run(PLAY))
    assert "upgrade web=3" in world["a"].what


def test_no_lower_version_comes_in_its_place() -> None:
    """A package whose candidate is in quarantine stays, whatever else is offered; other packages are upgraded without it."""
    world = fleet("a", packages=("web", "curl"))
    world["a"].facts["updates"] = Updates((update("web", offered=("2", "1.5")), update("curl")), list_age=60.0)
    world["a"].programs["apt upgrade"] = lambda _host, _argv: (0, "")
    world.journal.append("run-0", VersionQuarantined("z", "web", "2", "bad"))
    assert {"a": "changed"} == ends(world.run(PLAY))
    assert "upgrade curl=2" in world["a"].what


def test_a_dry_run_tells_of_the_quarantine() -> None:
    """`--check` keeps its events to itself, but it knows what earlier runs found."""
    world = fleet("a")
    world.run(PLAY)
    past = world.journal
    world.journal = type(past)(clock=world.clock)
    plain = world.doors
    world.doors = lambda: replace(plain(), past=past)  # type: ignore[method-assign]  # as the command line hands it in
    report = world.run(PLAY, check=True)
    assert {"a": "ok"} == ends(report)
    assert any("is in quarantine" in event.decision.reason for event in world.events("task_planned"))  # type: ignore[union-attr]  # as above


def test_nobody_gets_it_in_the_same_run_either() -> None:
    """With failures to spare the run goes on, and the others are not given what broke the first."""
    world = fleet()
    play = PLAY.replace("soak: 10", "soak: 10, canary: 0, max_failures: 5")
    assert {"a": "failed", "b": "ok", "c": "ok"} == ends(world.run(play))
    assert [] == world["b"].what + world["c"].what


def test_what_was_planned_before_the_quarantine_is_not_installed_either() -> None:
    """While one host is drained another one's upgrade fails: the version that was planned already is not installed, and the host comes back."""
    world = fleet("a")

    def meanwhile(_host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
        world.journal.append("run-0", VersionQuarantined("z", "web", "2", "bad"))
        return 0, ""

    world["a"].programs["lb out"] = meanwhile
    world.run(PLAY)
    assert ["lb out", "lb in"] == world["a"].what


def test_what_was_running_is_started_again() -> None:
    """A service that the former package leaves down is started, its failures forgotten first."""
    world = fleet("a")
    world["a"].programs["apt rollback"] = lambda _host, _argv: (0, "")
    world["a"].on_effect = lambda host, what: (
        host.facts.update(units=Units({"web.service": unit("web.service")}, ())) if "start" in what else None
    )
    assert {"a": "failed"} == ends(world.run(PLAY))
    assert ["upgrade web=2", "rollback web=1", "reset-failed web.service", "start web.service"] == world["a"].what[1:-1]


@pytest.mark.parametrize(
    ("packages", "words"),
    [
        (("libc6", "web"), "libc6 is never rolled back: the whole system rests on it"),
        (("postgresql-15",), "postgresql-15 is never rolled back: what it keeps on disk may have been converted"),
    ],
)
def test_what_is_never_rolled_back_holds_the_host(packages: tuple[str, ...], words: str) -> None:
    """One package of the never-set among them and the host is held as it is, with the command for a person."""
    world = fleet(packages=packages)
    report = world.run(PLAY)
    command = f"apt-get install --allow-downgrades {' '.join(f'{name}=1' for name in packages)}"
    assert "held" == ends(report)["a"]
    assert f"not rolled back: {words}; by hand: {command}" in reason(report, "a")
    assert ["lb out", f"upgrade {' '.join(f'{name}=2' for name in packages)}"] == world["a"].what


def test_a_host_whose_former_packages_are_gone_is_held() -> None:
    """The job finds that it cannot go back and does nothing: held, drained, with the reason and the command; the version is in quarantine."""
    world = fleet()
    world["a"].programs["apt rollback"] = lambda _host, _argv: (48, "healer: no archive of web 1 is at hand: nothing was done\n")
    report = world.run(PLAY)
    assert {"a": "held", "b": "not_started", "c": "not_started"} == ends(report)
    assert "no archive of web 1 is at hand" in reason(report, "a")
    assert "by hand: apt-get install --allow-downgrades web=1" in reason(report, "a")
    assert "lb in" not in world["a"].what
    assert ["web"] == [event.package for event in world.events("version_quarantined")]  # type: ignore[union-attr]  # as above


def test_the_playbook_may_forbid_it() -> None:
    """`rollback: never` holds the host, and the version is in quarantine all the same."""
    world = fleet("a")
    report = world.run(PLAY.replace("soak: 10", "soak: 10, rollback: never"))
    assert {"a": "held"} == ends(report)
    assert "not rolled back: the playbook says rollback: never; by hand: apt-get install" in reason(report, "a")
    assert 1 == len(world.events("version_quarantined"))


def test_tags_do_not_leave_it_out() -> None:
    """What belongs to the gate is done whatever tags were asked for; who leaves out `always` by name has the host held."""
    play = PLAY.replace("- packages: {}", "- packages: {}\n      tags: [patch]")
    world = fleet("a")
    assert {"a": "failed"} == ends(world.run(play, tags=frozenset({"patch"})))
    other = fleet("a")
    report = other.run(play, skip_tags=frozenset({"always"}))
    assert {"a": "held"} == ends(report)
    assert "not rolled back: --skip-tags always leaves it out; by hand: apt-get" in reason(report, "a")


def test_a_host_that_is_not_well_afterwards_either_is_held() -> None:
    """The former version did not help: the host stays drained and is held, and the reason tells both."""
    world = fleet("a")
    world["a"].programs["apt rollback"] = lambda _host, _argv: (0, "")
    report = world.run(PLAY)
    assert {"a": "held"} == ends(report)
    assert "rolled back to web 1, but it is not well: health gate bad" in reason(report, "a")
    assert "lb in" not in world["a"].what


def test_unknown_health_is_no_reason_to_go_back() -> None:
    """Where nobody can say that the host is ill, it is held as it is."""
    world = fleet("a")

    def blinds(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
        host.facts.pop("sockets")
        return 0, ""

    world["a"].programs["apt upgrade"] = blinds
    assert {"a": "held"} == ends(world.run(PLAY))
    assert ["lb out", "upgrade web=2"] == world["a"].what
    assert [] == world.events("version_quarantined")


def test_a_failed_health_check_goes_back_too() -> None:
    """The play's own checks speak as the gate does, and are asked again after the way back."""
    world = fleet("a")
    world["a"].programs |= {"apt upgrade": lambda _host, _argv: (0, ""), "check": lambda host, _argv: (int("web" in host.replaced), "no")}
    report = world.run(PLAY)
    assert {"a": "failed"} == ends(report)
    assert reason(report, "a").startswith("health check: ")


def test_a_host_that_fell_ill_in_service_is_taken_out_again() -> None:
    """What shows in the soak only goes back as well: drained once more, and undrained when it is proved."""
    world = fleet("a")
    undrained: list[str] = []

    def dies_in_service(host: FakeHost, what: str) -> None:
        if what == "lb in" and not undrained:
            undrained.append(what)
            host.facts["units"] = FAILED

    world["a"].programs["apt upgrade"] = lambda _host, _argv: (0, "")
    world["a"].on_effect = dies_in_service
    assert {"a": "failed"} == ends(world.run(PLAY))
    assert ["lb out", "upgrade web=2", "lb in", "lb out", "rollback web=1", "lb in"] == world["a"].what


def test_a_host_that_upgraded_nothing_is_held() -> None:
    """A gate that fails without any upgrade is nothing that a rollback could cure."""
    world = fleet("a")
    world["a"].programs["break it"] = breaks
    report = world.run(PLAY.replace("packages: {}", "command: break it"))
    assert {"a": "held"} == ends(report)
    assert [] == world.events("rollback_started")


def test_an_upgrade_whose_end_is_not_known_is_held() -> None:
    """As long as nobody knows what became of the transaction, nothing is taken back."""
    world = fleet("a")

    def vanishes(host: FakeHost, _what: str) -> None:
        host.down = True

    world["a"].on_effect = lambda host, what: vanishes(host, what) if what.startswith("upgrade") else None
    assert {"a": "unknown"} == ends(world.run(PLAY))
    assert [] == world.events("rollback_started")


def test_a_check_that_could_not_be_asked_is_no_reason_to_go_back() -> None:
    """The host by which the play's check asks is away: nobody knows that this one is ill, so it is held as it is, upgraded."""
    world = fleet("a", "lb")
    world["lb"].down = True
    play = PLAY.replace("hosts: web", "hosts: a").replace("mutating: false}", "mutating: false}\n      delegate_to: lb")
    world["a"].programs["apt upgrade"] = lambda _host, _argv: (0, "")
    world.run(play, hosts=("a",))
    assert ({"a": "held"}, ["lb out", "upgrade web=2"]) == (world.ends(), world["a"].what)
    assert [] == world.events("rollback_started") + world.events("version_quarantined")


def test_a_check_that_cannot_be_rendered_is_no_reason_to_go_back() -> None:
    """A mistake in the playbook's own check says nothing about the host: it is held as it is."""
    world = fleet("a")
    world["a"].programs["apt upgrade"] = lambda _host, _argv: (0, "")
    world.run(PLAY.replace("cmd: check", 'cmd: "check {{ facts.nothing.at.all }}"'))
    assert {"a": "held"} == world.ends()
    assert [] == world.events("rollback_started")


def test_what_the_play_leaves_alone_is_left_alone_on_the_way_back() -> None:
    """A unit that the play's own restarts leave out, or an SSH server that they spare, is not restarted by the rollback either."""
    world = fleet("a")
    stale = [
        StaleProcess(number, 1, name, "service", f"{name}.service", ("/lib/web.so",), ("web",), ("web",))
        for number, name in ((8, "queue"), (9, "ssh"), (10, "web"))
    ]
    running = Units({one.unit: unit(one.unit) for one in stale}, ())
    world["a"].facts["units"] = running

    def goes_stale(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
        host.facts |= {"stale_processes": StaleProcesses(tuple(stale)), "units": running}
        return 0, ""

    world["a"].programs["apt rollback"] = goes_stale
    tasks = "packages: {}\n    - restart_stale: {exclude: [queue.service], sshd: false}"
    world.run(PLAY.replace("packages: {}", tasks))
    assert ["restart web.service"] == [what for what in world["a"].what if what.startswith("restart")]


SICK = PLAY.replace("soak: 10", "soak: 10, max_failures: 5")


def at_the_gate() -> World:
    """Return a host that is ill right after its upgrade."""
    return fleet("a")


def in_a_check() -> World:
    """Return a host that only the play's own check finds ill."""
    world = fleet("a")
    world["a"].programs |= {"apt upgrade": lambda _host, _argv: (0, ""), "check": lambda host, _argv: (int("web" in host.replaced), "no")}
    return world


def in_service() -> World:
    """Return a host that falls ill when it is back in service, and does not start what fell by itself."""
    world = fleet("a")
    world["a"].programs |= {"apt upgrade": lambda _host, _argv: (0, ""), "apt rollback": lambda _host, _argv: (0, ""), "lb in": _falls}
    world["a"].programs["start"] = mends
    return world


def _falls(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
    if host.replaced:
        host.facts["units"] = FAILED
    return 0, ""


def beyond_help() -> World:
    """Return a host that cannot go back."""
    world = fleet("a")
    world["a"].programs["apt rollback"] = lambda _host, _argv: (49, "healer: going back would touch more than what was upgraded: curl\n")
    return world


MAKERS = (at_the_gate, in_a_check, in_service, beyond_help)
WHOLE: dict[str, World] = {}
for _make in MAKERS:
    WHOLE[_make.__name__] = _make()
    WHOLE[_make.__name__].run(SICK)
EVENTS = [(make, cut) for make in MAKERS for cut in range(2, len(WHOLE[make.__name__].journal.kept) + 1)]
ACTS = [(make, number) for make in MAKERS for number in range(1, len(WHOLE[make.__name__]["a"].effects) + 1)]


def test_the_undisturbed_runs_are_what_they_should_be() -> None:
    """What the laws compare with are rollbacks: three that helped, one that could not be done."""
    assert ["failed", "failed", "failed", "held"] == [WHOLE[make.__name__].ends()["a"] for make in MAKERS]


def comes_to_the_same_end(world: World, whole: World) -> None:
    """Hold what resume promises: the same end, the same acts, each once, one rollback, one quarantine, no lease left behind."""
    assert whole.ends() == world.ends()
    assert sorted(whole["a"].what) == sorted(world["a"].what)
    assert [] == [act for act, times in Counter(act for act, _ in world["a"].effects).items() if times > 1]
    assert 1 == len(world.events("version_quarantined")) == len(world.events("rollback_started"))
    assert world["a"].lease is None


@pytest.mark.parametrize(("make", "cut"), EVENTS, ids=lambda value: getattr(value, "__name__", value))
def test_resume_after_any_event_of_a_rollback(make: Callable[[], World], cut: int) -> None:
    """Killed before any event could be written: one resume brings the same end, and every act is done once."""
    world = make()
    world.journal.dies_at = cut
    with pytest.raises(Killed):
        world.run(SICK)
    world.resume()
    comes_to_the_same_end(world, WHOLE[make.__name__])


@pytest.mark.parametrize(("make", "number"), ACTS, ids=lambda value: getattr(value, "__name__", value))
def test_resume_after_an_act_of_a_rollback_whose_result_was_never_heard(make: Callable[[], World], number: int) -> None:
    """Killed after an act and before its result: the act is asked about and never repeated."""
    world = make()
    left = [number]

    def die(_host: FakeHost, _what: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            world.journal.dead = True
            raise Killed

    world["a"].on_effect = die
    with pytest.raises(Killed):
        world.run(SICK)
    world.resume()
    comes_to_the_same_end(world, WHOLE[make.__name__])
