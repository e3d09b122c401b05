"""`--check`, saved plans, and what they promise."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from fake_host import update
from world import World, ends, free, reason

from healer.freezing import documents_of, inputs_of
from healer.model.action import Decision
from healer.model.facts import Updates
from healer.model.redact import Redactor
from healer.model.secret import Secret
from healer.pipeline import carry_out
from healer.plans import read_plan, save_plan

HEAD = "- hosts: web\n  become: true\n  rolling: {soak: 0, canary: 0, max_unavailable: 100%, drain: [{command: lb out}], undrain: [{command: lb in}]}\n"
PLAY = (
    HEAD
    + """\
  prepare:
    - packages: {state: refreshed}
  tasks:
    - packages: {}
    - service: {name: web, state: restarted}
    - restart_stale: {}
  health:
    - command: {cmd: check, mutating: false}
"""
)


def fleet(**more: object) -> World:
    """Return two hosts with an update."""
    world = World(["a", "b"], **more)  # type: ignore[arg-type]  # a story names the fields
    for host in world.hosts.values():
        host.facts["updates"] = Updates((update("openssl"),), list_age=60.0)
    return world


def saved(world: World, play: str, folder: Path) -> Mapping[str, Mapping[str, Decision]]:
    """Make a plan, write it to a file, and read its decisions back."""
    order = world.order(play, check=True, saving=True)
    carry_out(order, world.doors(), free)
    path = save_plan(str(folder / "plan"), order.inputs, play, world.journal.events(order.inputs.run))
    return read_plan(str(path)).decisions


def test_check_does_nothing_on_a_host() -> None:
    """A dry run takes no lease, lets no act in, and exits 3 when it found work."""
    world = fleet()
    report = world.run(PLAY, check=True)
    assert (3, {"a": "changed", "b": "changed"}) == (report.exit_code, ends(report))
    assert [([], 0), ([], 0)] == [(host.effects, host.leases) for host in world.hosts.values()]


def test_check_tells_when_there_is_nothing_to_do() -> None:
    """On a fleet that is as wanted a dry run exits 0."""
    world = World(["a"])
    play = HEAD + "  tasks:\n    - service: {name: web, state: started}\n"
    assert (0, {"a": "ok"}) == ((report := world.run(play, check=True)).exit_code, ends(report))


def test_check_leaves_to_run_time_what_hangs_on_a_result() -> None:
    """A condition on what a command will print is no mistake: it is decided at run time, and counts as work."""
    world = World(["a"])
    play = HEAD + "  tasks:\n    - {command: {cmd: ask, mutating: false}, register: it}\n    - {command: act, when: it.stdout == 'yes'}\n"
    report = world.run(play, check=True)
    told = [event.decision.reason for event in world.events("task_planned") if event.decision.decision == "skip"]
    assert ({"a": "changed"}, True) == (ends(report), told[0].startswith("decided at run time"))


def test_check_still_finds_mistakes() -> None:
    """A variable that the host does not have fails it in the dry run as well."""
    world = World(["a", "b"], {"b": {"colour": "red"}})
    play = HEAD + "  tasks:\n    - {command: ask, register: it}\n    - {command: '{{ colour }}'}\n"
    assert {"a": "failed", "b": "changed"} == ends(world.run(play, check=True))


def test_a_saved_plan_is_carried_out_as_it_was_saved(tmp_path: Path) -> None:
    """Nothing moved since: the hosts are drained, done and put back, although a plan names no drain."""
    world = fleet()
    report = world.run(PLAY, saved=saved(world, PLAY, tmp_path))
    assert (0, {"a": "changed", "b": "changed"}) == (report.exit_code, ends(report))
    assert ["lb out", "upgrade openssl=2", "restart web.service", "lb in"] == world["a"].what


def test_a_host_that_moved_since_the_plan_is_refused_by_name(tmp_path: Path) -> None:
    """Its decision differs from the saved one: it is not touched, and the others are done."""
    world = fleet()
    plan = saved(world, PLAY, tmp_path)
    world["b"].facts["updates"] = Updates((update("openssl", candidate="3"),), list_age=60.0)
    report = world.run(PLAY, saved=plan)
    assert (1, {"a": "changed", "b": "refused"}, []) == (report.exit_code, ends(report), world["b"].effects)
    assert "the saved plan says something else" in reason(report, "b")


def test_a_plan_with_a_masked_secret_can_be_applied(tmp_path: Path) -> None:
    """The plan holds no password, and a task that uses one is still the same task."""
    world = fleet(variables={"a": {"ansible_password": "opensesame"}}, secrets=Redactor([Secret("opensesame")]))
    play = HEAD + "  tasks:\n    - command: \"login {{ ansible_password | default('nobody') }}\"\n"
    plan = saved(world, play, tmp_path)
    assert "opensesame" not in (tmp_path / "plan").read_text()
    report = world.run(play, saved=plan)
    assert (0, "login opensesame") == (report.exit_code, world["a"].what[1])


def test_attempts_of_an_until_are_those_of_the_plan(tmp_path: Path) -> None:
    """A plan knows the first attempt; the next ones are the same task."""
    world = World(["a"])
    play = HEAD + "  tasks:\n    - {command: ask, register: it, until: it.rc == 0, retries: 3}\n"
    plan = saved(world, play, tmp_path)
    answers = iter((1, 1, 0))
    world["a"].programs["ask"] = lambda _host, _argv: (next(answers), "")
    assert {"a": "changed"} == ends(world.run(play, saved=plan))


def test_what_was_asked_for_survives_freezing() -> None:
    """What a run was asked for comes back from its journal: the same hosts, tags and playbook."""
    world = fleet()
    order = world.order(PLAY, tags=frozenset({"x"}), extra={"one": 1})
    back = inputs_of(order.inputs.run, documents_of(order.inputs, order.playbook_text))
    assert order.inputs == replace(back, inventory=order.inputs.inventory)
