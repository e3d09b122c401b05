"""Services as the rooms that heal see them: how they are, what probes said, what was found, what was decided, what was done before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from healer.model.facts import Unknown, Verdict

FindingKind = Literal["failed", "crash_loop", "absent", "stuck", "blocked", "zombies", "memory", "network"]
"""What can be wrong with a service.

`failed`: it has ended and its manager does not start it any more. `crash_loop`: it is started again and again. `absent`: the policy wants a
unit that the host does not have. `stuck`: it runs, and its probes are bad. `blocked`: a process of it is in the D state since at least
two minutes. `zombies`: it leaves more and more dead children behind. `memory`: the kernel killed one of its processes for memory.
`network`: it is well from the host itself, and not from another one.
"""

Rung = Literal["start", "reload", "restart", "kill", "reboot"]
RUNGS: tuple[Rung, ...] = ("start", "reload", "restart", "kill", "reboot")
"""The ladder, gentlest first. `start` is for services that are down: it takes nobody out of service. `kill` ends the unit's processes and
starts it."""

LEFT_ALONE = 3
"""Exit status of a try that was none: somebody else was at the service, and nothing was done."""

Choice = Literal["heal", "wait", "withhold", "quarantine", "tell"]
"""What was decided. `wait`: not sure yet, or too early after its start. `withhold`: it may not be done now (a brake, a budget, a shared
cause). `quarantine`: it was tried too often, a person is needed. `tell`: nothing that healer may do would help."""


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One unit as its manager shows it. `started` and `changed` are seconds of host uptime, 0 where not known.

    `result` is systemd's Result (`exit-code`, `oom-kill`, `start-limit-hit`, ...), `exit_status` the main process's. `restarts` counts the
    manager's own restarts, -1 where it does not count them. `cpu` is the seconds of processor time of all its processes. `busy` is true
    while its manager works on it: somebody else has asked for something. `triggered` is true for units that a timer, a socket or a path
    starts.
    """

    name: str
    load: str = "loaded"
    active: str = ""
    sub: str = ""
    result: str = ""
    type: str = ""
    enabled: str = ""
    restart: str = ""
    restarts: int = -1
    invocation: str = ""
    main_pid: int = 0
    exit_status: int = 0
    started: float = 0.0
    changed: float = 0.0
    cpu: float | Unknown = field(default_factory=lambda: Unknown("not looked at"))
    busy: bool = False
    triggered: bool = False
    reloads: bool = False
    refuse_manual_stop: bool = False
    fragment: str = ""


@dataclass(frozen=True, slots=True)
class ServiceStates:
    """The services of one host that are in trouble or that the policy names, by name. `uptime` is the host's, in seconds.

    `named` maps each unit or pattern of the policy to the units that it stands for here, none when there is no such unit.
    `manager` is `systemd`, `openrc` or `sysv`.
    """

    boot_id: str
    uptime: float
    states: Mapping[str, ServiceState]
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    manager: str = "systemd"


@dataclass(frozen=True, slots=True)
class ProbeReading:
    """One answer. `unit` is the policy's unit or pattern, `number` the probe's place in its list, from 0; `asks` names it for people.

    `signature` is equal for probes that ask the same question on other hosts. `origin` is `host`, `control` or the name of another host.
    `tries` is how often it was asked in this look; all of them were bad when the verdict is.
    """

    unit: str
    number: int
    kind: str
    asks: str
    verdict: Verdict
    reason: str = ""
    signature: str = ""
    origin: str = "host"
    tries: int = 1


@dataclass(frozen=True, slots=True)
class BlockedProcess:
    """A process in the D state. `start_ticks` tells it from a later one of the same number; `waits_in` is the kernel's word."""

    pid: int
    start_ticks: int
    name: str
    unit: str
    waits_in: str = ""


@dataclass(frozen=True, slots=True)
class Backlog:
    """A listening socket whose queue of connections that nobody has accepted is as full as it may be."""

    port: int
    waiting: int
    most: int
    process: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ProcessTroubles:
    """What no unit's state tells. `zombies` counts dead children by the unit of their parent (empty: of none).

    `memory_kills` is the kernel's counter since the boot, `killed_units` those units of which it says that it killed a process.
    """

    blocked: tuple[BlockedProcess, ...] = ()
    zombies: Mapping[str, int] = field(default_factory=dict)
    memory_kills: int = 0
    killed_units: tuple[str, ...] = ()
    backlogs: tuple[Backlog, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageChange:
    """One upgrade as the package manager has logged it. `at` is epoch seconds. `units` are those whose unit file or program it owns."""

    at: float
    package: str
    old: str
    new: str
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a service. `since` is epoch seconds, as far back as it is known; `detail` is a sentence for people.

    `signatures` are those of the probes that are bad. `dead` is true when the service does nothing for anybody any more, so that starting
    it takes nothing away. `tries` is how often in a row its probes were bad.
    """

    unit: str
    kind: FindingKind
    detail: str
    since: float = 0.0
    signatures: tuple[str, ...] = ()
    dead: bool = False
    tries: int = 1


@dataclass(frozen=True, slots=True)
class ServiceJudgement:
    """What was decided of a service, and by which rule: the line of `healer why`.

    `rule` is the rule's short name, such as `shared-cause` or `heals-an-hour`; `cause` is what is to blame where that is known;
    `rung` is the next one to try, with `choice` heal. `package` is the version change that is blamed: (package, old, new).
    """

    unit: str
    finding: FindingKind
    detail: str
    choice: Choice
    rule: str
    reason: str
    rung: Rung | None = None
    cause: str = ""
    package: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Heal:
    """One try to bring a service back, from the journal. `at` is epoch seconds; an unknown verdict is one whose end was never seen.

    `took` is the seconds from its intent to its end, 0 where no end was seen; `run` is the run that tried.
    """

    host: str
    unit: str
    rung: Rung
    at: float
    verdict: Verdict
    reason: str = ""
    took: float = 0.0
    run: str = ""


@dataclass(frozen=True, slots=True)
class ServiceSample:
    """How a service was at an earlier look. `bad` is how often in a row its probes were bad then, `since` the first of these.

    `starts` is how many looks in a row found it freshly started, each time anew. `cpu` is as in ServiceState, -1 where not known.
    """

    restarts: int = -1
    invocation: str = ""
    bad: int = 0
    since: float = 0.0
    starts: int = 0
    cpu: float = -1.0


@dataclass(frozen=True, slots=True)
class ServicePast:
    """What the journal knows of one host's services.

    `samples` are of the newest look that was news, at `at` (epoch seconds) in the boot `boot_id`; `blocked` are (pid, start ticks) that
    were in the D state then, and `blocked_since` says since which look; `zombies` and `memory_kills` as then. `grown` are the times at
    which a service's restart counter was seen to have grown, oldest first, by unit. `heals` are in order. `quarantined` maps units to the
    reason, until somebody has looked. `judged` is the newest judgement of each unit, with its time.
    """

    at: float = 0.0
    boot_id: str = ""
    samples: Mapping[str, ServiceSample] = field(default_factory=dict)
    blocked: tuple[tuple[int, int], ...] = ()
    blocked_since: Mapping[tuple[int, int], float] = field(default_factory=dict)
    zombies: Mapping[str, int] = field(default_factory=dict)
    memory_kills: int = 0
    grown: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    heals: tuple[Heal, ...] = ()
    quarantined: Mapping[str, str] = field(default_factory=dict)
    judged: Mapping[str, tuple[float, ServiceJudgement]] = field(default_factory=dict)
