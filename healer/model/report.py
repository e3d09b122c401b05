"""What is told at the end: every report format prints this value and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from healer.model.action import Owe


@dataclass(frozen=True, slots=True)
class ForecastScore:
    """Units (and the word `reboot`) of which the plan was `right` that an upgrade would make them necessary; that it `missed`, needed
    and not foretold; and its `false_alarms`, foretold and not needed."""

    right: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    false_alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostReport:
    """One host's share of a run. Durations are seconds. `forecast` is what the plan said would need a restart, and `score` how right
    that was, None where it cannot be judged.

    `restarted` are units that healer restarted; `restarted_by_scripts` those that the packages' own scripts restarted.
    """

    host: str
    terminal: str
    reason: str = ""
    seconds: float = 0.0
    packages: Mapping[str, str] = field(default_factory=dict)
    restarted: tuple[str, ...] = ()
    restarted_by_scripts: tuple[str, ...] = ()
    rebooted: bool = False
    drained: bool = False
    acts: int = 0
    notes: tuple[str, ...] = ()
    debts: tuple[Owe, ...] = ()
    forecast: tuple[str, ...] = ()
    rolled_back: Mapping[str, str] = field(default_factory=dict)
    score: ForecastScore | None = None


@dataclass(frozen=True, slots=True)
class RunReport:
    """A whole run. `exit_code` is None while it is not over; `halted` is the reason of a halt or empty. `check` marks a dry run."""

    run: str
    command: str
    playbook: str
    actor: str
    started: datetime
    ended: datetime | None
    hosts: tuple[HostReport, ...]
    halted: str = ""
    exit_code: int | None = None
    next_commands: tuple[str, ...] = ()
    check: bool = False
    quarantined: tuple[tuple[str, str], ...] = ()
