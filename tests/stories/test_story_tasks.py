"""What the words of a task do: when, loop, until, register, notify, ignore_errors, delegate_to, no_log."""

import pytest
from fake_host import FakeHost
from world import World, ends, reason

from healer.executors.threads import Threads
from healer.model.command import Command, CommandResult
from healer.model.errors import OutcomeUnknown
from healer.model.redact import Redactor
from healer.model.secret import Secret

HEAD = "- hosts: web\n  become: true\n  rolling: {soak: 0, canary: 0, max_unavailable: 100%}\n  tasks:\n"


def play(*tasks: str, more: str = "") -> str:
    """Return a play of these tasks, each written as a flow mapping."""
    return HEAD + "".join(f"    - {task}\n" for task in tasks) + more


def fails(_host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
    """End with an error."""
    return 1, "broken"


def lost(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
    """Break the link after the command was sent."""
    raise OutcomeUnknown(host.name, "the link broke.")


def test_register_and_when() -> None:
    """What one task printed decides whether the next one runs."""
    world = World(["a", "b"])
    world["a"].programs["ask"] = lambda _host, _argv: (0, "yes\n")
    world.run(play("{command: {cmd: ask, mutating: false}, register: answer}", '{command: act, when: answer.stdout == "yes"}'))
    assert (["act"], []) == (world["a"].what, world["b"].what)


def test_a_loop_runs_once_an_item() -> None:
    """Each item is one act of its own, and the register holds all results."""
    world = World(["a"])
    world.run(play('{command: "do {{ item }}", loop: [one, two], register: all}', '{command: "did {{ all.results | length }}"}'))
    assert ["do one", "do two", "did 2"] == world["a"].what


def test_facts_that_templates_name_are_read_again_after_an_act() -> None:
    """A condition on facts sees the host as it is then, although an act has made everything stale."""
    world = World(["a"])
    report = world.run(play("{command: act}", "{command: debian, when: facts.os_release.id == 'debian'}"))
    assert ({"a": "changed"}, ["act", "debian"]) == (ends(report), world["a"].what)


def test_until_repeats_a_failure() -> None:
    """A bad answer is asked for again, until it is good."""
    world = World(["a"])
    answers = iter((1, 1, 0))
    world["a"].programs["ask"] = lambda _host, _argv: (next(answers), "")
    task = "{command: {cmd: ask, mutating: false}, register: said, until: said.rc == 0, retries: 3, delay: 1}"
    assert {"a": "ok"} == ends(world.run(play(task)))


def test_until_that_never_holds_fails_the_host() -> None:
    """After the last attempt the task has failed, whatever failed_when says of a single answer."""
    world = World(["a"])
    task = "{command: {cmd: ask, mutating: false}, register: said, until: said.stdout == 'up', retries: 2, failed_when: false}"
    report = world.run(play(task))
    assert ({"a": "failed"}, True) == (ends(report), "until did not hold in 2 attempts" in reason(report, "a"))


def test_until_never_repeats_what_is_unknown() -> None:
    """The link breaks during the first attempt: nobody knows whether it happened, so it is not tried again."""
    world = World(["a"])
    asked: list[str] = []

    def once(host: FakeHost, argv: tuple[str, ...]) -> tuple[int, str]:
        asked.append(argv[0])
        return lost(host, argv)

    world["a"].programs["ask"] = once
    report = world.run(play("{command: {cmd: ask, mutating: false}, register: said, until: said.rc == 0, retries: 5}"))
    assert ({"a": "unknown"}, ["ask"]) == (ends(report), asked)


def test_ignore_errors_goes_on_after_a_failure() -> None:
    """A failed task is told as failed to those that ask, and the host goes on."""
    world = World(["a"])
    world["a"].programs["risky"] = fails
    report = world.run(play("{command: risky, ignore_errors: true, register: it}", '{command: "after {{ it.failed }} {{ it.stdout }}"}'))
    assert ({"a": "changed"}, ["risky", "after True broken"]) == (ends(report), world["a"].what)


def test_ignore_errors_never_ignores_what_is_unknown() -> None:
    """Not to know is no failure that could be ignored: the host ends there."""
    world = World(["a"])
    world["a"].programs["ask"] = lost
    report = world.run(play("{command: {cmd: ask, mutating: false}, ignore_errors: true}", "{command: after}"))
    assert ({"a": "unknown"}, []) == (ends(report), world["a"].what)


def test_handlers_run_once_at_the_end_of_the_section() -> None:
    """Notified twice it runs once, after all tasks; a handler may notify another."""
    more = "  handlers:\n    - {name: reload, command: reload, notify: [then]}\n    - {name: then, command: then}\n    - {name: idle, command: idle}\n"
    world = World(["a"])
    world.run(play("{command: one, notify: [reload]}", "{command: two, notify: [reload]}", more=more))
    assert ["one", "two", "reload", "then"] == world["a"].what


@pytest.mark.parametrize("failing", ["{command: broken}", '{command: "{{ facts.nowhere }}"}'])
def test_handlers_run_after_a_failure_too(failing: str) -> None:
    """The changed file wants its reload although a later task failed, or could not even be rendered."""
    world = World(["a"])
    world["a"].programs["broken"] = fails
    report = world.run(play("{command: change, notify: [reload]}", failing, more="  handlers:\n    - {name: reload, command: reload}\n"))
    assert ({"a": "failed"}, "reload") == (ends(report), world["a"].what[-1])


def test_a_template_mistake_fails_its_host_only() -> None:
    """A variable that one host does not have ends that host, with the playbook's line; the others go on."""
    world = World(["a", "b"], {"b": {"colour": "red"}})
    report = world.run(play('{command: "paint {{ colour }}"}').replace("soak: 0", "soak: 0, max_failures: 1"))
    assert ({"a": "failed", "b": "changed"}, True) == (ends(report), "play.yml:5" in reason(report, "a"))


def test_delegate_to_acts_on_the_other_host() -> None:
    """The act happens there, the result counts here, and the lease there is given back at once."""
    world = World(["a", "lb"])
    report = world.run(play("{command: 'out {{ inventory_hostname }}', delegate_to: lb}").replace("hosts: web", "hosts: a"), hosts=("a",))
    assert ({"a": "changed"}, ["out a"], [], None) == (ends(report), world["lb"].what, world["a"].what, world["lb"].lease)


def test_hosts_that_delegate_at_once_take_turns() -> None:
    """Ten hosts send the same neighbour to work in threads: it works on one at a time and nobody is refused."""
    names = [f"h{number}" for number in range(10)]
    world = World([*names, "lb"], executor=Threads(5))
    working: list[str] = []
    crowds: list[int] = []

    def work(_host: FakeHost, argv: tuple[str, ...]) -> tuple[int, str]:
        working.append(argv[-1])
        crowds.append(len(working))
        working.remove(argv[-1])
        return 0, ""

    world["lb"].programs["out"] = work
    task = play("{command: 'out {{ inventory_hostname }}', delegate_to: lb}", "{command: here}").replace("hosts: web", "hosts: web,!lb")
    report = world.run(task, hosts=tuple(names))
    assert (0, [1] * 10) == (report.exit_code, crowds)


def test_a_delegate_that_also_rolls_is_not_disturbed() -> None:
    """A host that has a slot of its own is delegated to by another: both acts are done under one lease."""
    world = World(["a", "b"], executor=Threads(2))
    report = world.run(play("{command: one}", "{command: two, delegate_to: b}", "{command: three}"))
    assert (0, 4) == (report.exit_code, len(world["b"].effects))


def test_no_log_hides_words_and_output() -> None:
    """Neither the arguments nor the output of a `no_log` task are written down, in success and in failure; its register works."""
    world = World(["a"])
    world["a"].programs["fetch"] = lambda _host, _argv: (0, "hush-hush\n")
    world["a"].programs["use"] = lambda _host, _argv: (1, "bad token hush-hush")
    report = world.run(
        play(
            "{command: {cmd: fetch --with hidden-word, mutating: false}, register: token, no_log: true}",
            '{command: "use {{ token.stdout }}", no_log: true}',
        )
    )
    text = world.journal_text().replace(repr(world.events("run_started")[0]), "")
    assert (["use hush-hush"], False, False) == (world["a"].what, "hush-hush" in text, "hidden-word" in text)
    assert ({"a": "failed"}, "hidden by no_log") == (ends(report), reason(report, "a"))


def test_secrets_never_get_into_the_journal() -> None:
    """A password that a task uses, and that a program prints, is written down nowhere; the host gets it all the same."""
    world = World(["a"], {"a": {"ansible_become_password": "opensesame"}}, secrets=Redactor([Secret("opensesame")]))
    world["a"].programs["login"] = lambda _host, argv: (0, f"hello {argv[-1]}")
    world.run(play('{command: "login {{ ansible_become_password }}", register: said}', '{command: "echo {{ said.stdout }}"}'))
    assert ["login opensesame", "echo hello opensesame"] == world["a"].what
    assert "opensesame" not in world.journal_text()


def test_become_false_never_falls_back_to_root() -> None:
    """Who we are logged in as cannot be told: the task fails instead of running as root."""
    world = World(["a"])
    answer = world["a"].command

    def mute(command: Command) -> object:
        if command.argv == ("id", "-un"):
            raise OutcomeUnknown("a", "the link broke.")
        return answer(command)

    world["a"].command = mute  # type: ignore[method-assign,assignment]  # the host answers everything else
    world.run(play("{command: touch /x, become: false}"))
    assert [] == world["a"].what


def as_ops(host: FakeHost) -> FakeHost:
    """Let the login be a plain user's."""
    answer = host.command
    host.command = lambda command: CommandResult(0, b"ops\n") if command.argv == ("id", "-un") else answer(command)  # type: ignore[method-assign]
    return host


@pytest.mark.parametrize(("said", "done"), [("no", "runuser -u ops -- touch /x"), ("yes", "touch /x")])
def test_the_inventory_says_who_becomes_root(said: str, done: str) -> None:
    """`ansible_become` of the host beats what task and play say, as it does in Ansible."""
    world = World(["a"], {"a": {"ansible_become": said}})
    as_ops(world["a"])
    world.run(play(f"{{command: touch /x, become: {'no' if said == 'yes' else 'yes'}}}"))
    assert [done] == world["a"].what


def test_files_without_become_are_placed_by_the_login_user() -> None:
    """What the play does not do as root is not done as root by another way."""
    world = World(["a"])
    as_ops(world["a"])
    world.run(play("{copy: {dest: /x, content: hello}, become: false}"))
    assert ["runuser -u ops --"] == [what[:17] for what in world["a"].what]


def test_an_act_that_is_asked_for_later_is_not_let_in_as_root() -> None:
    """The host was lost before it heard of the act; resume lets it in as whom it was meant to run."""
    world = World(["a"])
    as_ops(world["a"]).before_act = lambda host, _act: setattr(host, "down", True)
    world.run(play("{command: touch /x, become: false}"))
    world["a"].down, world["a"].before_act = False, lambda _host, _act: None
    world.resume()
    assert ["runuser -u ops -- touch /x"] == world["a"].what


def test_a_second_delegate_to_oneself_is_the_host_itself() -> None:
    """`delegate_to` one's own name uses one's own login and lease."""
    world = World(["a"])
    report = world.run(play('{command: one, delegate_to: "{{ inventory_hostname }}"}'))
    assert ({"a": "changed"}, 1) == (ends(report), world["a"].leases)


def test_an_unchanged_file_is_no_change() -> None:
    """A copy that finds the file as wanted ends ok, is not watched in service, and notifies nobody."""
    world = World(["a"])
    task = play("{copy: {dest: /etc/x, content: x}, notify: [reload]}", more="  handlers:\n    - {name: reload, command: reload}\n")
    world.run(task)
    report = world.run(task)
    assert ({"a": "ok"}, ["put /etc/x", "reload", "put /etc/x"]) == (ends(report), world["a"].what)
