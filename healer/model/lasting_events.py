"""What outlives its run: holds, debts, versions proved or barred, how disks and services were. Import them from `events`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from healer.model.action import Owe
from healer.model.logs import DiskSample
from healer.model.policy import FrozenVersions
from healer.model.services import ServiceJudgement, ServiceSample


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
class DisksSeen:
    """How full the host's disks were. Written only when it says something new: how fast they fill is learned from it."""

    host: str
    samples: tuple[DiskSample, ...]
    kind: Literal["disks_seen"] = "disks_seen"


@dataclass(frozen=True, slots=True)
class ServicesSeen:
    """How the host's services were. Written only when it says something new; the fields are told in `services.ServicePast`."""

    host: str
    boot_id: str
    samples: Mapping[str, ServiceSample] = field(default_factory=dict)
    blocked: tuple[tuple[int, int], ...] = ()
    zombies: Mapping[str, int] = field(default_factory=dict)
    memory_kills: int = 0
    kind: Literal["services_seen"] = "services_seen"


@dataclass(frozen=True, slots=True)
class ServicesJudged:
    """What was decided of the host's services, refusals too. Written only for those of which it says something new.

    `well` are units that were told of before and that nothing is wrong with any more.
    """

    host: str
    judgements: tuple[ServiceJudgement, ...] = ()
    well: tuple[str, ...] = ()
    kind: Literal["services_judged"] = "services_judged"


@dataclass(frozen=True, slots=True)
class ServiceAcknowledged:
    """A person has looked at a service: its quarantine is lifted, and what was tried before counts no longer."""

    host: str
    unit: str
    actor: str
    kind: Literal["service_acknowledged"] = "service_acknowledged"


@dataclass(frozen=True, slots=True)
class IncidentsTold:
    """People were notified: the incidents that stand now, each with the sentence that was told of it; what is not there any more was
    told as resolved. `failed` says why nobody could be reached, empty when it went out; `standing` is then what was told before.
    """

    standing: Mapping[str, str] = field(default_factory=dict)
    failed: str = ""
    host: str = ""
    kind: Literal["incidents_told"] = "incidents_told"
