"""What is wanted: plays and tasks as read from a file, still with templates in them, and where each came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from healer.model.host import Value


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file that people write. Line and column count from 1; 0 means not known."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `file:line:column` without what is not known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


@dataclass(frozen=True, slots=True)
class Task:
    """One entry of a task list. `step` names the plug-in, `arguments` are its raw arguments (templates allowed).

    `when` and `until` are bare jinja2 expressions, all must hold. `delay` is seconds between attempts of an `until`.
    `environment` and `vars` are raw. `loop` None means: once, without an item.
    """

    name: str
    step: str
    arguments: Value
    when: tuple[str, ...] = ()
    register: str = ""
    loop: Value = None
    loop_var: str = "item"
    until: tuple[str, ...] = ()
    retries: int = 3
    delay: float = 5.0
    notify: tuple[str, ...] = ()
    listen: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    delegate_to: str = ""
    ignore_errors: bool = False
    no_log: bool = False
    become: bool | None = None
    vars: Mapping[str, Value] = field(default_factory=dict)
    changed_when: tuple[str, ...] | None = None
    failed_when: tuple[str, ...] | None = None
    where: Where = field(default_factory=Where)


@dataclass(frozen=True, slots=True)
class Rolling:
    """The `rolling:` block, values raw (templates allowed, rendered once per play before anything starts).

    `max_failures` None: no failure is borne, unless the play has a `max_fail_percentage`, which then judges alone.
    `rollback`: `auto` takes back the package upgrades of a host that is not well after them, where that can be proved; `never` holds it.
    """

    canary: Value = 1
    max_unavailable: Value = "25%"
    domain: str = ""
    soak: Value = 10
    max_failures: Value = None
    drain: tuple[Task, ...] = ()
    undrain: tuple[Task, ...] = ()
    drained_when: tuple[str, ...] = ()
    rollback: Value = "auto"
    settle: Value = 60


@dataclass(frozen=True, slots=True)
class Play:
    """One play. The sections run in the order prepare (all hosts at once), then per host in its slot pre_tasks, tasks, post_tasks.

    `hosts` is a pattern over the inventory. `serial` and `max_fail_percentage` have Ansible's meaning as far as healer takes it over.
    `health` are tasks that must all be good before the slot is freed, in addition to the default gate.
    """

    name: str
    hosts: str
    vars: Mapping[str, Value] = field(default_factory=dict)
    become: bool = False
    tags: frozenset[str] = frozenset()
    rolling: Rolling = field(default_factory=Rolling)
    serial: Value = None
    max_fail_percentage: float | None = None
    prepare: tuple[Task, ...] = ()
    pre_tasks: tuple[Task, ...] = ()
    tasks: tuple[Task, ...] = ()
    post_tasks: tuple[Task, ...] = ()
    health: tuple[Task, ...] = ()
    handlers: tuple[Task, ...] = ()
    where: Where = field(default_factory=Where)


@dataclass(frozen=True, slots=True)
class Playbook:
    """A whole file. `digest` is the SHA-256 of everything that was read for it (the file and what it includes)."""

    file: str
    plays: tuple[Play, ...]
    digest: str
