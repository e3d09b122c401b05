"""What can happen: the only thing that the journal stores. Everything else is a fold over a list of these.

An event's `host` is empty where it concerns the run. The journal adds sequence number and time (`Stamped`).
Addresses are `play/section/index[/item][/attempt]`, such as `0/tasks/3`, stable for a frozen playbook.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from healer.model.action import Action, Decision, Owe
from healer.model.facts import Verdict
from healer.model.policy import FrozenVersions

Terminal = Literal["ok", "changed", "failed", "held", "unreachable", "refused", "busy", "skipped", "waiting", "not_started", "unknown"]
"""How a host can end. `waiting`: work was left for a window. `not_started`: the rollout was halted or its budget used up."""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The first event of a run. `documents` are the frozen inputs (inventory, playbook, policy) as JSON texts by name."""

    command: str
    playbook: str
    playbook_digest: str
    inventory_digest: str
    hosts: tuple[str, ...]
    actor: str
    documents: Mapping[str, str] = field(default_factory=dict)
    host: str = ""
    kind: Literal["run_started"] = "run_started"


@dataclass(frozen=True, slots=True)
class RunResumed:
    """Somebody went on with the run. `actor` says who."""

    actor: str
    host: str = ""
    kind: Literal["run_resumed"] = "run_resumed"


@dataclass(frozen=True, slots=True)
class RunHalted:
    """Nobody new is started any more; running hosts are finished."""

    reason: str
    host: str = ""
    kind: Literal["run_halted"] = "run_halted"


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The last event of a run. `exit_code` is the command's; `took` each changed host's seconds in its slot, by play and host.

    `unpaid` are the numbers of the events by which debts stood when events up to `counted` had been read.
    """

    exit_code: int
    took: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    unpaid: tuple[int, ...] = ()
    counted: int = 0
    host: str = ""
    kind: Literal["run_ended"] = "run_ended"


@dataclass(frozen=True, slots=True)
class PlayStarted:
    """A play of the playbook begins; `index` counts from 0."""

    index: int
    name: str
    hosts: tuple[str, ...]
    host: str = ""
    kind: Literal["play_started"] = "play_started"


@dataclass(frozen=True, slots=True)
class HostLooked:
    """What the first look at a host showed: `health` is unknown when it could not be read; `before` is what gates compare with, as JSON."""

    host: str
    play: int
    health: Verdict
    reason: str = ""
    before: Mapping[str, object] = field(default_factory=dict)
    kind: Literal["host_looked"] = "host_looked"


@dataclass(frozen=True, slots=True)
class HostPrepared:
    """The play's `prepare` section ended on this host."""

    host: str
    play: int
    verdict: Verdict
    reason: str = ""
    kind: Literal["host_prepared"] = "host_prepared"


@dataclass(frozen=True, slots=True)
class SlotTaken:
    """The scheduler let the host start. `role` says whether it is a canary."""

    host: str
    play: int
    role: Literal["canary", "member"] = "member"
    kind: Literal["slot_taken"] = "slot_taken"


@dataclass(frozen=True, slots=True)
class LeaseTaken:
    """The host granted its lease. Acts carry `boot_id` and `epoch`."""

    host: str
    boot_id: str
    epoch: int
    kind: Literal["lease_taken"] = "lease_taken"


@dataclass(frozen=True, slots=True)
class Drained:
    """The host was taken out of service, or was found drained (`found` true: it stays so at the end).

    `before` is what the gate compares with as long as the host is out of service: a drain may stop services and close ports.
    """

    host: str
    play: int
    found: bool = False
    before: Mapping[str, object] = field(default_factory=dict)
    kind: Literal["drained"] = "drained"


@dataclass(frozen=True, slots=True)
class Undrained:
    """The host was put back into service."""

    host: str
    play: int
    kind: Literal["undrained"] = "undrained"


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


@dataclass(frozen=True, slots=True)
class GateJudged:
    """The health gate's judgement after the acts. `reasons` say what is not good."""

    host: str
    play: int
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    kind: Literal["gate_judged"] = "gate_judged"


@dataclass(frozen=True, slots=True)
class SoakStarted:
    """The host is back in service and watched for `seconds`."""

    host: str
    play: int
    seconds: float
    kind: Literal["soak_started"] = "soak_started"


@dataclass(frozen=True, slots=True)
class HostEnded:
    """The one terminal state of a host in a play, with its reason. `acted` says whether any mutating act was intended."""

    host: str
    play: int
    terminal: Terminal
    reason: str = ""
    acted: bool = False
    kind: Literal["host_ended"] = "host_ended"


@dataclass(frozen=True, slots=True)
class HostHeld:
    """No run touches the host until a person acknowledges it."""

    host: str
    reason: str
    kind: Literal["host_held"] = "host_held"


@dataclass(frozen=True, slots=True)
class HostAcknowledged:
    """A person has looked: the hold is lifted."""

    host: str
    actor: str
    kind: Literal["host_acknowledged"] = "host_acknowledged"


@dataclass(frozen=True, slots=True)
class VersionsFrozen:
    """A canary passed its soak; others of the same key get exactly these versions."""

    group: str
    frozen: FrozenVersions
    host: str = ""
    kind: Literal["versions_frozen"] = "versions_frozen"


@dataclass(frozen=True, slots=True)
class RollbackStarted:
    """The host was not well after its upgrade (`reason`): it goes back from `latter` to `former` versions, and cannot end well any more."""

    host: str
    play: int
    reason: str
    former: Mapping[str, str] = field(default_factory=dict)
    latter: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["rollback_started"] = "rollback_started"


@dataclass(frozen=True, slots=True)
class VersionQuarantined:
    """A host was not well with this version: no run installs it anywhere until a person releases it. `host` is where that was seen."""

    host: str
    package: str
    version: str
    reason: str
    kind: Literal["version_quarantined"] = "version_quarantined"


@dataclass(frozen=True, slots=True)
class VersionReleased:
    """A person lifted a quarantine."""

    package: str
    version: str
    actor: str
    host: str = ""
    kind: Literal["version_released"] = "version_released"


@dataclass(frozen=True, slots=True)
class DebtOwed:
    """Something stays to be done on the host."""

    host: str
    debt: Owe
    kind: Literal["debt_owed"] = "debt_owed"


@dataclass(frozen=True, slots=True)
class DebtPaid:
    """It was done, or is no longer needed."""

    host: str
    debt_kind: str
    kind: Literal["debt_paid"] = "debt_paid"


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth telling a person that decides nothing: a warning, a wait for a lock and its holder."""

    host: str
    text: str
    kind: Literal["note"] = "note"


Event = (
    RunStarted | RunResumed | RunHalted | RunEnded | PlayStarted | HostLooked | HostPrepared | SlotTaken | LeaseTaken | Drained
    | Undrained | TaskPlanned | ActIntended | ActEnded | TaskEnded | GateJudged | SoakStarted | HostEnded | HostHeld | HostAcknowledged
    | VersionsFrozen | RollbackStarted | VersionQuarantined | VersionReleased | DebtOwed | DebtPaid | Note
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stamped:
    """An event as the journal keeps it: its number (grows over the whole journal), its run, and the wall time in UTC."""

    number: int
    run: str
    at: datetime
    event: Event
