"""What outlives its run: holds, debts, versions that were proved or barred, how full disks were. Import them from `events`."""

from dataclasses import dataclass
from typing import Literal

from healer.model.action import Owe
from healer.model.logs import DiskSample
from healer.model.policy import FrozenVersions


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
