"""What a playbook may say, and how a mistake in it is told."""

import hashlib

import pytest
from playbook_cases import load, play, refusal, task

from healer.model.playbook import Where


def test_a_play_keeps_its_sections_in_order() -> None:
    """Every section of a play holds the tasks that were written in it, in their order."""
    found = play(
        "prepare: [{debug: a}]\npre_tasks: [{debug: b}]\ntasks: [{debug: c}, {debug: d}]\npost_tasks: [{debug: e}]\n"
        "health: [{http: 'http://127.0.0.1/'}]\nhandlers: [{name: h, debug: f}]"
    )
    sections = (found.prepare, found.pre_tasks, found.tasks, found.post_tasks, found.health, found.handlers)
    assert [len(section) for section in sections] == [1, 1, 2, 1, 1, 1]
    assert [each.arguments for each in found.tasks] == [{"msg": "c"}, {"msg": "d"}]


def test_every_task_keyword_is_read() -> None:
    """Each keyword of a task ends in the field of its name."""
    found = play(
        """\
handlers: [{name: told, debug: x}]
tasks:
- name: all of it
  command: "uptime"
  when: [a, b == 1]
  register: result
  loop: [1, 2]
  loop_control: {loop_var: one}
  until: result is succeeded
  retries: 7
  delay: 2
  notify: told
  tags: "x, y"
  delegate_to: "{{ other }}"
  ignore_errors: true
  no_log: true
  become: false
  vars: {v: "{{ w }}"}
  changed_when: false
  failed_when: result.rc > 1"""
    ).tasks[0]
    expected = ("all of it", "command", {"cmd": "uptime"}, ("a", "b == 1"), "result", [1, 2], "one", ("result is succeeded",), 7, 2.0)
    assert expected == (
        found.name, found.step, found.arguments, found.when, found.register, found.loop, found.loop_var, found.until, found.retries, found.delay,
    )  # fmt: skip
    rest = (("told",), frozenset({"x", "y"}), "{{ other }}", True, True, False, {"v": "{{ w }}"}, ("False",), ("result.rc > 1",))
    assert rest == (
        found.notify, found.tags, found.delegate_to, found.ignore_errors, found.no_log, found.become, found.vars, found.changed_when,
        found.failed_when,
    )  # fmt: skip


def test_a_task_knows_its_place() -> None:
    """A task remembers file, line and column, counted from 1."""
    assert Where("p.yml", 3, 5) == load("- hosts: web\n  tasks:\n  - debug: x\n").plays[0].tasks[0].where


def test_a_rolling_block_is_kept_raw() -> None:
    """Values of rolling stay as written, templates included, until the play starts."""
    found = play(
        "rolling:\n  canary: '{{ c }}'\n  max_unavailable: 10%\n  soak: 5m\n  max_failures: 2\n  domain: rack\n"
        "  drain: [{command: a}]\n  undrain: [{command: b}]\n  drained_when: flag is defined"
    ).rolling
    expected = ("{{ c }}", "10%", "5m", 2, "rack", 1, 1, ("flag is defined",))
    assert expected == (
        found.canary, found.max_unavailable, found.soak, found.max_failures, found.domain, len(found.drain), len(found.undrain),
        found.drained_when,
    )  # fmt: skip


def test_the_digest_is_of_the_bytes() -> None:
    """A playbook's digest is the SHA-256 of the file, so that a changed comment is a changed playbook."""
    text = "- hosts: web  # a comment\n"
    assert hashlib.sha256(text.encode()).hexdigest() == load(text).digest


@pytest.mark.parametrize("text", ["gather_facts: false", "gather_facts: true"])
def test_gather_facts_is_accepted(text: str) -> None:
    """Facts are read when they are needed: gather_facts is accepted and changes nothing."""
    assert play("") == play(text)


def test_a_collection_may_stand_before_a_step() -> None:
    """A step may be written with ansible.builtin in front, as Ansible people do."""
    assert task("ansible.builtin.command: uptime").step == "command"


def test_merge_keys_and_anchors_work() -> None:
    """YAML anchors and merge keys give what they give everywhere: own keys win over merged ones."""
    text = "- hosts: web\n  vars: {base: &b {x: 1, y: 2}, mine: {<<: *b, y: 3}}\n"
    assert load(text).plays[0].vars["mine"] == {"x": 1, "y": 3}


def test_unsafe_text_is_no_template() -> None:
    """Text marked !unsafe is kept as it is by the renderer, however much it looks like a template."""
    assert task("shell: !unsafe 'echo ${#x} {{ y }}'").arguments == {"cmd": "{% raw %}echo ${#x} {{ y }}{% endraw %}"}


PLACES = [
    ("- hosts: web\n  taks: []\n", (2, 3), "Did you mean 'tasks'?"),
    ("- hosts: web\n  tasks:\n  - comand: uptime\n", (3, 5), "Did you mean 'command'?"),
    ("- hosts: web\n  tasks:\n  - command: uptime\n    whn: x\n", (4, 5), "Did you mean 'when'?"),
    ("- hosts: web\n  tasks:\n  - service: {name: nginx, state: strated}\n", (3, 28), "Did you mean 'started'?"),
    ("- hosts: web\n  tasks:\n  - service: {name: nginx, sate: started}\n", (3, 28), "Did you mean 'state'?"),
    ("- hosts: web\n  tasks:\n  - copy: {dest: /x, content: x, mode: 0644}\n", (3, 34), ""),
    ("- hosts: web\n  tasks:\n  - debug:\n      msg: |\n        one\n        {{ x | boool }}\n", (6, 0), "Did you mean 'bool'?"),
    ("- hosts: web\n  tasks:\n  - debug: x\n    when: '{{ x }}'\n", (4, 11), "Leave out the {{ }}."),
    ("- hosts: web\n  tasks:\n  - debug: x\n    when: x ==\n", (4, 11), ""),
    (
        "- hosts: web\n  tasks:\n  - debug: x\n    notify: restrat\n  handlers: [{name: restart, debug: x}]\n",
        (3, 5),
        "Did you mean 'restart'?",
    ),
    ("- hosts: web\n  rolling: {max_unavailible: 1}\n", (2, 13), "Did you mean 'max_unavailable'?"),
    ("- hosts: web\n  rolling: {soak: soon}\n", (2, 19), ""),
    ("- hosts: web\n  vars: {a: 1, a: 2}\n", (2, 16), ""),
    ("- hosts: web\n  tasks:\n  - debug: {msg: {{ x }}}\n", (3, 19), "A value that begins with {{ must be quoted: '{{ name }}'."),
    ("- hosts: web\n  tasks:\n  - debug: x\n    loop: {a: 1}\n", (4, 11), "A mapping becomes one with the dict2items filter."),
    ("- hosts: web\n\tname: x\n", (2, 1), "Indent with spaces."),
]


@pytest.mark.parametrize(("text", "place", "advice"), PLACES)
def test_a_mistake_is_told_with_its_place(text: str, place: tuple[int, int], advice: str) -> None:
    """A mistake names file, line and column, and the right word where one is near."""
    error = refusal(text)
    assert ("p.yml", *place, advice) == (error.file, error.line, error.column, error.advice.strip())


REFUSED = [
    "block",
    "run_once",
    "include_tasks",
    "import_tasks",
    "async",
    "with_items",
    "local_action",
    "environment",
    "become_user",
    "args",
]


@pytest.mark.parametrize("word", REFUSED)
def test_a_task_word_of_ansible_that_is_not_taken_is_refused_by_name(word: str) -> None:
    """What healer does not take over from Ansible is refused by its name and with what to write instead, never ignored."""
    error = refusal(f"- hosts: web\n  tasks:\n  - debug: x\n    {word}: x\n")
    assert (f"{word!r} is refused for now.", True) == (error.message, bool(error.advice))


@pytest.mark.parametrize("word", ["roles", "strategy", "vars_files", "any_errors_fatal", "remote_user", "import_playbook"])
def test_a_play_word_of_ansible_that_is_not_taken_is_refused_by_name(word: str) -> None:
    """The same holds for the words of a play."""
    error = refusal(f"- hosts: web\n  {word}: x\n")
    assert (f"{word!r} is refused for now.", True) == (error.message, bool(error.advice))


BROKEN = {
    "": "the file is empty.",
    "{}": "a playbook is a list of plays.",
    "[]": "a playbook is a list of plays.",
    "- tasks: []": "the play has no hosts.",
    "- hosts: []": "hosts is empty.",
    "- hosts: web\n---\n- hosts: db": "this is not YAML: expected a single document in the stream, but found another document.",
    "- hosts: web\n  tasks: [{name: x}]": "the task names no step.",
    "- hosts: web\n  tasks: [{debug: x, command: y}]": "the task names two steps: debug and command.",
    "- hosts: web\n  tasks: [{apt: {name: x}}]": "there is no step 'apt'.",
    "- hosts: web\n  tasks: [{debug: x, retries: 3}]": "retries needs until.",
    "- hosts: web\n  tasks: [{debug: x, listen: y}]": "listen belongs to handlers.",
    "- hosts: web\n  tasks: [{debug: x, register: a-b}]": "'a-b' is no variable name.",
    "- hosts: web\n  tasks: [{debug: x, register: hostvars}]": "'hostvars' is a name of healer's own.",
    "- hosts: web\n  tasks: [{debug: x, ignore_errors: '{{ x }}'}]": "'{{ x }}' is neither true nor false.",
    "- hosts: web\n  tasks: [{debug: x, when: 1}]": "1 is no condition.",
    "- hosts: web\n  handlers: [{debug: x}]": "a handler needs a name or a listen, or nobody can notify it.",
    "- hosts: web\n  serial: 0": "serial must let at least one host start.",
    "- hosts: web\n  serial: 1\n  rolling: {max_unavailable: 1}": "serial and rolling.max_unavailable say the same.",
    "- hosts: web\n  max_fail_percentage: 101": "101 is more than 100 percent.",
    "- hosts: web\n  vars: {x: !vault abc}": "encrypted values are refused for now.",
    "- hosts: web\n  vars: {x: !!python/name:os.system ''}": "the YAML tag '!!python/name:os.system' is refused.",
    "- hosts: web\n  vars: {x: 2024-13-45}": "'2024-13-45' is no valid value: month must be in 1..12.",
    "- hosts: web\n  vars: &x {y: *x}": "an alias contains itself.",
    "- hosts: web\n  tasks: [{service: name=nginx state=started}]": "the arguments of service must be a mapping.",
    "- hosts: web\n  tasks: [{service: }]": "service needs 'name'.",
    "- hosts: web\n  tasks: [{debug: x, name: 5}]": "5 is not text.",
    "- hosts: web\n  tasks: [{debug: x, until: y, retries: -1}]": "-1 is no whole number.",
    "- hosts: web\n  tasks: [{debug: x, delay: soon}]": "'soon' is no number of seconds.",
    "- hosts: web\n  tasks: [debug]": "a task must be a mapping (name: value), not 'debug'.",
    "- hosts: web\n  tasks: debug": "tasks must be a list, each item with a - in front.",
    "- hosts: web\n  tasks: [{debug: x, loop: [1], loop_control: {label: x}}]": "loop_control has no 'label'.",
    "- hosts: web\n  tasks: [{debug: x, loop: [1], loop_control: }, {dbug: x}]": "'dbug' is no step and no keyword of a task.",
    "- hosts: web\n  tasks: [{debug: x, when: a b}]": "unexpected 'b' in 'a b'.",
    "- hosts: web\n  tasks: [{command: {argv: [a, 1]}}]": "command: argv.1 is 1: it should be a valid string.",
    "- hosts: web\n  tasks: [{wait_for: {port: 1, path: /x}}]": "wait_for: give either port or path.",
    "- hosts: web\n  rolling: {canary: -1}": "-1 is no whole number.",
    "- hosts: web\n  command: uptime": "'command' is no keyword of a play.",
    "- hosts: web\n  rolling: {max_unavailable: 101%}": "'101%' is more than 100%.",
    "- hosts: web\n  rolling: {domain: }\n  serial: x": "'x' is neither a number of hosts nor a percentage such as '25%'.",
    "- hosts: web\n  vars: {<<: [1]}": "<< takes a mapping or a list of mappings.",
    "- hosts: web\n  vars: {x: !unsafe 'a {% endraw %}'}": "text marked !unsafe must not hold the word endraw.",
    "- hosts: web\n  vars: {x: !!set {a}}": "the YAML tag '!!set' is refused.",
    "- hosts: web\n  vars: {x: 'a": "this is not YAML: while scanning a quoted scalar, found unexpected end of stream.",
}


@pytest.mark.parametrize(("text", "message"), BROKEN.items())
def test_what_makes_no_sense_is_refused(text: str, message: str) -> None:
    """A playbook that cannot mean anything is refused before any host is asked."""
    assert message == refusal(text).message


def test_all_mistakes_are_told_at_once() -> None:
    """One look shows every mistake of a file, in order of place, one a line."""
    told = str(refusal("- hosts: web\n  tasks:\n  - command: {cmd: a, rc: x}\n  - service: {}\n  handlers:\n  - comand: x\n"))
    assert [line.split(": ")[0] for line in told.splitlines()] == ["p.yml:3:23", "p.yml:4:14", "p.yml:6:5"]


def test_arguments_with_templates_are_checked_later() -> None:
    """An argument that is a template is not judged before it is rendered; its neighbours are."""
    assert task("wait_for: {port: '{{ p }}', state: started}").arguments == {"port": "{{ p }}", "state": "started"}


def test_aliases_cannot_explode() -> None:
    """A short file whose aliases stand for billions of values is refused."""
    lines = ["  vars:", "    a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"    a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert refusal("- hosts: web\n" + "\n".join(lines)).advice == "Use fewer aliases."


def test_nesting_has_an_end() -> None:
    """A file that is nested without end is refused and not a crash."""
    assert refusal("[" * 20_000).message == "the file is nested too deeply."


def test_an_unsafe_text_without_braces_is_itself() -> None:
    """Only text that could be taken for a template needs protection."""
    assert task("shell: !unsafe uptime").arguments == {"cmd": "uptime"}


def test_an_expression_nested_without_end_is_refused() -> None:
    """A condition that is nested too deeply is a mistake at its place and not a crash."""
    error = refusal(f"- hosts: web\n  tasks:\n  - debug: x\n    when: '{'(' * 5000}1{')' * 5000}'\n")
    assert (error.line, "nested too deeply" in error.message) == (4, True)
