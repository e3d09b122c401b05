"""What can happen to a task and to its acts: half of `events`, which everybody else imports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from healer.model.action import Action, Decision
from healer.model.facts import Verdict


@dataclass(frozen=True, slots=True)
class TaskPlanned:
    """A task's step decided. After a crash a decision of which an act was intended is carried out, never a new one."""

    host: str
    address: str
    name: str
    step: str
    decision: Decision
    kind: Literal["task_planned"] = "task_planned"


@dataclass(frozen=True, slots=True)
class ActIntended:
    """Written before the act. `act` is its id on the host; without an ActEnded only the host can say what happened.

    `on` is the host that is acted on, which differs from `host` in a delegated task; `boot_id` is that host's boot at the time.
    `prefix` is put before the argument list where it shall not be root's: whoever asks for the act later must not let it in as root.
    """

    host: str
    address: str
    index: int
    act: str
    action: Action
    on: str = ""
    boot_id: str = ""
    prefix: tuple[str, ...] = ()
    kind: Literal["act_intended"] = "act_intended"


@dataclass(frozen=True, slots=True)
class ActEnded:
    """The act's result as it was seen. `output` is the tail of what it printed, redacted. `detail` are values worth keeping."""

    host: str
    address: str
    index: int
    act: str
    verdict: Verdict
    changed: bool
    reason: str = ""
    status: int | None = None
    output: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)
    kind: Literal["act_ended"] = "act_ended"


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """One task (one loop item, one attempt) is over. `result` is what `register` binds. `notified` are handler names.

    `terminal` says how the host ends because of this task (failed, busy, skipped, unknown, refused), empty when it goes on.
    """

    host: str
    address: str
    verdict: Verdict
    changed: bool
    skipped: bool = False
    ignored: bool = False
    reason: str = ""
    result: Mapping[str, object] = field(default_factory=dict)
    register: str = ""
    notified: tuple[str, ...] = ()
    terminal: str = ""
    kind: Literal["task_ended"] = "task_ended"
