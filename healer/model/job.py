"""The words of the job protocol: a lease that the host grants, an act that its gate lets through once, and what is seen of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from healer.model.facts import Unknown


@dataclass(frozen=True, slots=True)
class Lease:
    """What the host granted. The host issues `epoch` and raises it at each take-over; `boot_id` names the boot it belongs to."""

    holder: str
    boot_id: str
    epoch: int
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class JobSpec:
    """One act for the gate. Same intent, same `act` id: starting it again attaches.

    `argv` runs as root with `stdin`. `detached` acts live outside the SSH session and survive it; others are waited for.
    `timeout` is seconds after which the host itself ends the act (TERM, then KILL); it then counts as bad, not unknown.
    """

    act: str
    argv: tuple[str, ...]
    stdin: bytes = b""
    timeout: float = 60.0
    detached: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: str = ""


@dataclass(frozen=True, slots=True)
class JobReport:
    """What the host says of an act.

    `state`: absent (never started), running, ended (`status` is its exit code), lost (started, but neither running nor a result:
    killed or the power was cut; `reason` says what is known), unasked (the host could not be asked).
    `output` is what both streams printed from `offset` on; `next_offset` is where to read on.
    """

    state: str
    status: int | Unknown = field(default_factory=lambda: Unknown("no result yet"))
    output: bytes = b""
    next_offset: int = 0
    reason: str = ""
