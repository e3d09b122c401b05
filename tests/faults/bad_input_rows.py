"""The table of bad input: what is wrong, the files, the command, its exit code, and what must be read in its message."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

HEAD = "- hosts: all\n"
TASK = "  tasks:\n    - debug: {msg: hello}\n"
RUN = "run ./book.yml -i hosts.ini"
INVENTORY = "[web]\nweb1 ansible_host=198.18.254.1\nweb2 ansible_host=198.18.254.2\n"


@dataclass(frozen=True)
class Row:
    """One mistake. `files` lie in the folder that the command is given in; a content of None is a folder. All of `words` must be said."""

    what: str
    code: int
    words: tuple[str, ...]
    command: str = RUN
    files: Mapping[str, str | bytes | None] = field(default_factory=dict)


def book(what: str, text: str, *words: str) -> Row:
    """Return the row of a playbook that is refused."""
    return Row(what, 65, words, files={"book.yml": text})


def rolling(what: str, value: str, *words: str) -> Row:
    """Return the row of a play whose soak is a template that must not be taken."""
    return book(what, f"- hosts: all\n  rolling: {{soak: {json.dumps(value)}}}\n{TASK}", "book.yml:1:3:", *words)


def plan(what: str, content: str | bytes, *words: str) -> Row:
    """Return the row of a saved plan that is refused."""
    return Row(what, 65, ("plan.json", "healer plan -o FILE", *words), "apply plan.json --yes", {"plan.json": content})


BOMB = "".join(f"    a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))

PLAYBOOKS = (
    book("typo in a play", "- hosts: all\n  taks: []\n", "book.yml:2:3:", "'taks'", "Did you mean 'tasks'?"),
    book("typo in a task", f"{HEAD}{TASK}      wehn: true\n", "book.yml:4:7:", "'wehn'", "Did you mean 'when'?"),
    book("typo in a step", f"{HEAD}  tasks:\n    - debgu: {{}}\n", "book.yml:3:7:", "'debgu'", "Did you mean 'debug'?"),
    book("typo in an argument", f"{HEAD}  tasks:\n    - debug: {{mgs: x}}\n", "book.yml:3:15:", "'mgs'", "Did you mean 'msg'?"),
    book("typo under rolling", f"{HEAD}  rolling: {{sock: 1}}\n{TASK}", "book.yml:2:13:", "'sock'", "Did you mean 'soak'?"),
    book("undefined variable", f"{HEAD}  vars: {{colour: red}}\n  tasks:\n    - debug: {{msg: '{{{{ color }}}}'}}\n",
         "book.yml:4:7:", "'color' is undefined", "Did you mean 'colour'?"),
    book("undefined in a condition", f"{HEAD}{TASK}      when: color == 'red'\n", "book.yml:3:7:", "'color' is undefined"),
    book("undefined in hosts", f"- hosts: '{{{{ fleet }}}}'\n{TASK}", "book.yml:1:3:", "'fleet' is undefined"),
    rolling("undefined in the policy", "{{ bacth }}", "'bacth' is undefined"),
    book("template loop", f"{HEAD}  vars: {{a: '{{{{ b }}}}', b: '{{{{ a }}}}'}}\n  tasks:\n    - debug: {{msg: '{{{{ a }}}}'}}\n",
         "book.yml:4:7:", "template loop: a -> b -> a", "plain value"),
    book("template that is none", f"{HEAD}  tasks:\n    - debug: {{msg: '{{{{ a'}}\n", "book.yml:3:20:"),
    rolling("endless range", "{{ range(10**9) | list | length }}", "Range too big"),
    rolling("huge product", "{{ 'x' * 10**9 }}", "larger than 16 MiB"),
    rolling("huge power", "{{ 9 ** 9999999 }}", "larger than 4096"),
    rolling("huge printing", "{% for a in range(9999) %}{% for b in range(9999) %}0123456789{% endfor %}{% endfor %}", "larger than 16 MiB"),
    rolling("endless soak", "{{ 10 ** 30 }}", "longer than a week"),
    book("huge", f"{HEAD}{TASK}" + f"{' ' * 79}#\n" * (100 * 1024 * 1024 // 80), "book.yml", "larger than 4 MiB"),
    book("alias bomb", f"{HEAD}  vars:\n    a0: &a0 [x,x,x,x,x,x,x,x,x]\n{BOMB}{TASK}", "book.yml:", "Use fewer aliases."),
    book("nested without end", "[" * 20_000, "book.yml", "nested too deeply"),
    Row("binary", 65, ("book.yml:1:", "not UTF-8 text", "Is this a playbook?"), files={"book.yml": b"\x7fELF\x02\xff\xfe"}),
    Row("zero bytes", 65, ("book.yml:1:", "the character 0x00 is not text"), files={"book.yml": b"- hosts: all\0\n"}),
    book("empty", "", "book.yml", "is empty", "A playbook is a list of plays."),
    Row("folder", 65, ("book.yml", "this is a folder"), files={"book.yml": None}),
    Row("missing", 65, ("book.yml", "no such playbook")),
    book("pattern that names nothing", f"- hosts: wbe\n{TASK}", "book.yml:1:3:", "'wbe'", "Did you mean 'web'?"),
)  # fmt: skip

GOOD = {"book.yml": HEAD + TASK}
INVENTORIES = (
    Row("missing", 65, ("nowhere.ini", "no such inventory"), "patch -i nowhere.ini"),
    Row("empty", 65, ("hosts.ini", "names no host"), "patch -i hosts.ini", {"hosts.ini": ""}),
    Row("empty folder", 65, ("hosts", "holds no inventory"), "patch -i hosts", {"hosts": None}),
    Row("binary", 65, ("hosts.ini", "is a binary file"), "patch -i hosts.ini", {"hosts.ini": b"\x7fELF\0\0"}),
    Row("device", 65, ("/dev/null", "neither a file nor a folder"), "patch -i /dev/null"),
    Row("unreadable", 65, ("/proc/self/mem", "cannot be read"), "patch -i /proc/self/mem"),
    Row("its name empty", 2, ("inventory's name is empty",), "patch -i|"),
    Row("none given", 2, ("-i FILE", "HEALER_INVENTORY"), "patch"),
    Row("limit that names nothing", 2, ("--limit", "'wbe1'", "Did you mean 'web1'?"), "patch -i hosts.ini -l wbe1"),
    Row("limit that leaves nobody", 2, ("--limit", "leaves no host"), "patch -i hosts.ini -l web1:!web1"),
    Row("limit that is empty", 2, ("--limit", "is empty", "`all`"), "patch -i hosts.ini -l|"),
    Row("packages that are empty", 2, ("--only", "is empty"), "patch -i hosts.ini --only|"),
    Row("tag that is empty", 2, ("--tags", "is empty"), f"{RUN} --tags|", GOOD),
    Row("tag that no task has", 2, ("book.yml", "'wbe'"), f"{RUN} --tags wbe", GOOD),
    Row("flags that contradict each other", 2, ("exclude each other",), "patch -i hosts.ini --all --security"),
)

PLAN = {"format": 1, "created": "2026-01-01", "documents": {"playbook": "x"}, "decisions": {}, "digest": "0" * 64}
PLANS = (
    plan("edited by hand", json.dumps(PLAN), "was changed after it was saved"),
    plan("cut short", json.dumps(PLAN)[:70], "is cut short"),
    plan("empty", "", "is cut short, or is no plan"),
    plan("of another version", json.dumps({**PLAN, "format": 2}), "is no plan of this version"),
    plan("binary", b"\xff\xfe\0", "is no plan"),
    plan("something else", "[]", "is no plan"),
    plan("nested without end", "[" * 100_000, "is no plan"),
    Row("missing", 65, ("plan.json", "No such file"), "apply plan.json --yes"),
)
