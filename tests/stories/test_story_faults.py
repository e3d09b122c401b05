"""Links that break, journals that cannot be written, acts that nobody can be asked about."""

import importlib.util
import py_compile
from dataclasses import replace
from pathlib import Path

import pytest
from fake_host import FakeHost
from world import Killed, World, ends, free, reason

from healer.model.errors import JournalError, OutcomeUnknown, UnreachableError
from healer.model.events import Event, Stamped
from healer.model.host import Host
from healer.pipeline import carry_out
from healer.ports import Remote

HEAD = "- hosts: web\n  become: true\n  rolling: {soak: 0, canary: 0, max_unavailable: 1}\n  tasks:\n"
TWO = HEAD + "    - command: one\n    - command: two\n"
PYTHON = HEAD + "    - python: {file: work.py}\n"


def dying_after(world: World, what: str) -> None:
    """Let the control node die right after this was done."""

    def die(_host: FakeHost, done: str) -> None:
        if done == what:
            world.journal.dead = True
            raise Killed

    for host in world.hosts.values():
        host.on_effect = die


def test_a_link_that_breaks_after_the_act_is_asked_again() -> None:
    """The answer is lost, the act was done: the host is logged in to anew and asked, and the act is not repeated."""
    world = World(["a"])

    def break_link(host: FakeHost, what: str) -> None:
        if what == "one":
            raise OutcomeUnknown(host.name, "the link broke.")

    world["a"].on_effect = break_link
    assert ({"a": "changed"}, ["one", "two"]) == (ends(world.run(TWO)), world["a"].what)


def test_a_link_that_breaks_before_the_act_is_tried_again() -> None:
    """The host never heard of the act: it is sent once more under the same lease, and done once."""
    world = World(["a"])
    broken = iter((True,))

    def break_link(host: FakeHost, _act: str) -> None:
        if next(broken, False):
            raise UnreachableError(host.name, "the link broke.")

    world["a"].before_act = break_link
    assert ({"a": "changed"}, ["one", "two"]) == (ends(world.run(TWO)), world["a"].what)


def test_a_boot_between_send_and_answer_makes_the_act_unknown() -> None:
    """The host went down when the act was sent: whether it was done is not known, and it is never done again."""
    world = World(["a"])
    broken = iter((True,))

    def crash(host: FakeHost, _act: str) -> None:
        if next(broken, False):
            host.boot += 1
            host.lease = None
            raise OutcomeUnknown(host.name, "the link broke.")

    world["a"].before_act = crash
    report = world.run(TWO)
    assert ({"a": "unknown"}, []) == (ends(report), world["a"].what)
    assert [] != world.events("host_held")


def test_a_host_that_is_lost_after_an_act_is_held() -> None:
    """It cannot be reached any more: nobody knows how it is, so it is held, and the run ends."""
    world = World(["a"])

    def go_down(host: FakeHost, what: str) -> None:
        host.down = what == "one"

    world["a"].on_effect = go_down
    report = world.run(TWO)
    assert (1, {"a": "unknown"}) == (report.exit_code, ends(report))
    assert [] != world.events("host_held")


def test_resume_settles_a_host_that_could_not_be_asked() -> None:
    """It was held with an open act; it is back: resume asks it, lifts the hold, and does the rest."""
    world = World(["a"])

    def go_down(host: FakeHost, what: str) -> None:
        host.down = what == "one"

    world["a"].on_effect = go_down
    world.run(TWO)
    world["a"].down = False
    report = world.resume()
    assert (0, {"a": "changed"}, ["one", "two"]) == (report.exit_code, ends(report), world["a"].what)


def test_a_foreground_act_before_a_boot_is_never_repeated_by_resume() -> None:
    """Its trace in /run went with the boot: the host is held until a person says what became of it."""
    world = World(["a"])
    dying_after(world, "one")
    with pytest.raises(Killed):
        world.run(TWO)
    world["a"].boot += 1
    world["a"].lease, world["a"].acts = None, {}
    report = world.resume()
    assert ({"a": "unknown"}, ["one"]) == (ends(report), world["a"].what)
    assert ({"a": "changed"}, ["one", "two"]) == (ends(world.resume(settled={"a": "done"})), world["a"].what)


def test_a_person_may_have_it_done_again() -> None:
    """`redo`: the act is let in anew."""
    world = World(["a"])
    dying_after(world, "one")
    with pytest.raises(Killed):
        world.run(TWO)
    world["a"].boot += 1
    world["a"].lease, world["a"].acts = None, {}
    world["a"].on_effect = world.noted
    assert ({"a": "changed"}, ["one", "one", "two"]) == (ends(world.resume(settled={"a": "redo"})), world["a"].what)


@pytest.mark.fault("C7")
def test_a_journal_that_cannot_be_written_stops_the_run() -> None:
    """No act follows an intent that could not be kept: the run ends with the journal's error, exit code 74."""
    world = World(["a", "b"])
    keep = world.journal.append

    def full(run: str, event: Event) -> Stamped:
        if event.kind == "act_intended":
            raise JournalError("disk full")
        return keep(run, event)

    world.journal.append = full  # type: ignore[method-assign]  # the disk is full
    with pytest.raises(JournalError) as caught:
        world.run(TWO)
    assert (74, [], []) == (caught.value.exit_code, world["a"].effects, world["b"].effects)
    assert None is world["a"].lease


def python_world(folder: Path, body: str) -> World:
    """Return a host, and a Python step beside the playbook."""
    world = World(["a"], folder=str(folder))
    file = folder / "work.py"
    file.write_text(f"import pathlib\ndef run(connection):\n    {body}\n")
    file.chmod(0o600)
    return world


def test_a_python_step_is_found_beside_the_playbook(tmp_path: Path) -> None:
    """The file is named from the playbook's folder, and its result is a change."""
    world = python_world(tmp_path, f"pathlib.Path({str(tmp_path / 'log')!r}).write_text('done')")
    assert ({"a": "changed"}, "done") == (ends(world.run(PYTHON)), (tmp_path / "log").read_text())


def test_a_python_step_that_exits_fails_its_host(tmp_path: Path) -> None:
    """`sys.exit` in the user's code is that host's failure, not the end of healer."""
    world = python_world(tmp_path, "raise SystemExit(3)")
    report = world.run(PYTHON)
    assert ({"a": "failed"}, True) == (ends(report), "run raised SystemExit: 3" in reason(report, "a"))


def test_compiled_code_beside_a_python_step_is_not_believed(tmp_path: Path) -> None:
    """What runs is the file that was judged, whatever lies in `__pycache__`."""
    world = python_world(tmp_path, f"pathlib.Path({str(tmp_path / 'log')!r}).write_text('judged')")
    other = tmp_path / "other.py"
    other.write_text("def run(connection):\n    raise SystemExit('planted')\n")
    cached = importlib.util.cache_from_source(str(tmp_path / "work.py"))
    py_compile.compile(str(other), cached, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    assert ({"a": "changed"}, "judged") == (ends(world.run(PYTHON)), (tmp_path / "log").read_text())


@pytest.mark.parametrize(("word", "calls"), [("done", "x"), ("redo", "xx")])
def test_an_interrupted_python_step_holds_until_a_person_says(tmp_path: Path, word: str, calls: str) -> None:
    """It cannot be asked about: resume holds the host; with a person's word it goes on."""
    log = tmp_path / "log"
    world = python_world(tmp_path, f"log = pathlib.Path({str(log)!r}); log.write_text((log.read_text() if log.exists() else '') + 'x')")
    keep = world.journal.append

    def die(run: str, event: Event) -> Stamped:
        if event.kind == "act_ended":
            world.journal.dead = True
        return keep(run, event)

    world.journal.append = die  # type: ignore[method-assign]  # killed after the call
    with pytest.raises(Killed):
        world.run(PYTHON)
    world.journal.append = keep  # type: ignore[method-assign]
    report = world.resume()
    assert ({"a": "unknown"}, "x") == (ends(report), log.read_text())
    assert ({"a": "changed"}, calls) == (ends(world.resume(settled={"a": word})), log.read_text())


def test_a_fact_that_is_not_known_is_no_broken_link() -> None:
    """One reading that the host cannot give costs no second login."""
    world = World(["a"])
    del world["a"].facts["kernel"]
    logins = []
    connect = world.doors().connect

    def counted(host: Host) -> Remote:
        logins.append(host.name)
        return connect(host)

    play = (
        HEAD
        + "    - {command: one, when: facts.kernel is defined}\n    - {command: two}\n    - {command: three, when: facts.kernel is defined}\n"
    )
    report = carry_out(world.order(play), replace(world.doors(), connect=counted), free)
    assert ({"a": "changed"}, ["two"], ["a"]) == (ends(report), world["a"].what, logins)
