"""What the operator allows: budgets, canaries, soak, failures, windows. Plain values; the rollout room judges by them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Share:
    """A number of hosts, or a percentage of them rounded down, at least 1. A number is taken as it is and may be 0."""

    number: int | None = None
    percent: float | None = None

    def of(self, total: int) -> int:
        """Return how many of `total` hosts this allows."""
        if self.number is not None:
            return self.number
        return max(1, int(total * (self.percent or 0.0) / 100.0))

    def __str__(self) -> str:
        """Return it as people write it."""
        return str(self.number) if self.number is not None else f"{self.percent:g}%"


@dataclass(frozen=True, slots=True)
class RolloutPolicy:
    """How a play rolls. `settle` is seconds that the default gate is given to become good after the acts, `soak` seconds in service after
    the undrain. `barriers` are the sizes of ordered batches (from a `serial` list):
    the next batch starts when the one before has ended; empty means a pure sliding window. `max_fail_percentage` None means: not judged."""

    max_unavailable: Share = field(default_factory=lambda: Share(percent=25.0))
    canary: int = 1
    soak: float = 10.0
    max_failures: int = 0
    max_fail_percentage: float | None = None
    barriers: tuple[Share, ...] = ()
    rollback: bool = True
    settle: float = 60.0


@dataclass(frozen=True, slots=True)
class Member:
    """What the scheduler must know of one host of a play. `group` is its budget group; `domain` its failure domain or empty.

    `touchable` is false for members that count in the budget but are outside `--limit`. `after` names hosts that must have
    ended before this one may start (a jump host waits for the hosts behind it). `owes`: earlier runs have left something to be done
    there. `seconds` is how long it is expected to need in its slot, 0 where nobody knows.
    """

    host: str
    group: str
    domain: str = ""
    canary: bool = False
    touchable: bool = True
    after: tuple[str, ...] = ()
    owes: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class FrozenVersions:
    """What a canary proved, per `release/architecture`: package -> version. A host of the same key gets exactly these."""

    key: str
    versions: Mapping[str, str]
