"""What can happen: the only thing that the journal stores. Everything else is a fold over a list of these.

An event's `host` is empty where it concerns the run. The journal adds sequence number and time (`Stamped`).
Addresses are `play/section/index[/item][/attempt]`, such as `0/tasks/3`, stable for a frozen playbook.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from healer.model.facts import Verdict
from healer.model.lasting_events import (
    DebtOwed,
    DebtPaid,
    DisksSeen,
    HostAcknowledged,
    HostHeld,
    IncidentsTold,
    ServiceAcknowledged,
    ServicesJudged,
    ServicesSeen,
    VersionQuarantined,
    VersionReleased,
    VersionsFrozen,
)
from healer.model.task_events import ActEnded, ActIntended, TaskEnded, TaskPlanned

__all__ = [
    "ActEnded",
    "ActIntended",
    "DebtOwed",
    "DebtPaid",
    "DisksSeen",
    "Drained",
    "Event",
    "GateJudged",
    "HostAcknowledged",
    "HostEnded",
    "HostHeld",
    "HostLooked",
    "HostPrepared",
    "IncidentsTold",
    "LeaseTaken",
    "Note",
    "PlayStarted",
    "RollbackStarted",
    "RunEnded",
    "RunHalted",
    "RunResumed",
    "RunStarted",
    "ServiceAcknowledged",
    "ServicesJudged",
    "ServicesSeen",
    "SlotTaken",
    "SoakStarted",
    "Stamped",
    "TaskEnded",
    "TaskPlanned",
    "Terminal",
    "Undrained",
    "VersionQuarantined",
    "VersionReleased",
    "VersionsFrozen",
]

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
class RollbackStarted:
    """The host was not well after its upgrade (`reason`): it goes back from `latter` to `former` versions, and cannot end well any more."""

    host: str
    play: int
    reason: str
    former: Mapping[str, str] = field(default_factory=dict)
    latter: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["rollback_started"] = "rollback_started"


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth telling a person that decides nothing: a warning, a wait for a lock and its holder."""

    host: str
    text: str
    kind: Literal["note"] = "note"


Event = (
    RunStarted | RunResumed | RunHalted | RunEnded | PlayStarted | HostLooked | HostPrepared | SlotTaken | LeaseTaken | Drained
    | Undrained | TaskPlanned | ActIntended | ActEnded | TaskEnded | GateJudged | SoakStarted | HostEnded | HostHeld | HostAcknowledged
    | VersionsFrozen | RollbackStarted | VersionQuarantined | VersionReleased | DebtOwed | DebtPaid | DisksSeen | ServicesSeen
    | ServicesJudged | ServiceAcknowledged | IncidentsTold | Note
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stamped:
    """An event as the journal keeps it: its number (grows over the whole journal), its run, and the wall time in UTC."""

    number: int
    run: str
    at: datetime
    event: Event
