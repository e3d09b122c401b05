"""What would be done on one host, folded from the events of a dry run: packages, restarts, boots, and what is left to run time."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from healer.model.action import Act, Action, Decision, Job, LookAgain, Reboot, Refuse, Relogin, Run, Skip
from healer.model.events import HostEnded, Stamped, TaskPlanned
from healer.report.words import alike

AT_RUN_TIME = "decided at run time"
"""How the reason of a skip begins that is none yet."""
NO_TURN = ("no service is to be brought back", "no package change is to blame")
"""How reasons of skips begin that are no news: most rungs of a ladder have nothing to do."""
ABOUT_DISKS = ("reclaim", "cure")
_RESTART = re.compile(r"restart (?P<unit>\S+)(?: \((?P<causes>.*)\))?")
_BY_SCRIPT = re.compile(r"(?P<package>\S+)'s own script restarts (?P<unit>\S+)")


@dataclass(frozen=True, slots=True)
class PackageChange:
    """One package's step. `old` is empty where the version that is there now was not told."""

    name: str
    old: str
    new: str
    security: bool = False


@dataclass(frozen=True, slots=True)
class Restart:
    """A unit that would be restarted, and the packages because of which."""

    unit: str
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RebootOutlook:
    """Whether the host would be booted. `owed`: needed but not done now. `why` says what needs it, `against` what forbids it."""

    state: Literal["no", "yes", "owed"] = "no"
    why: tuple[str, ...] = ()
    against: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """A task without anything to do, or one whose turn decides; `reason` says which."""

    task: str
    reason: str


@dataclass(frozen=True, slots=True)
class HostPlan:
    """What would be done on a host. `prepared` disturbs nothing; `others` are actions that are no packages, restarts or boots.

    `rollback` says whether the packages could be taken back, `quarantine` which versions stay out. `room` are the lines about what
    would be given back on full disks, and what would not, `gain` the bytes that come free by it. `heals` are the services that would be
    brought back, and how.
    `terminal` is how the dry run ended: `changed` means that there is work. `refused` are tasks that will not act, and why.
    """

    terminal: str = "pending"
    reason: str = ""
    packages: tuple[PackageChange, ...] = ()
    restarts: tuple[Restart, ...] = ()
    by_scripts: tuple[str, ...] = ()
    reboot: RebootOutlook = RebootOutlook()
    manual: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    prepared: tuple[str, ...] = ()
    skipped: tuple[Left, ...] = ()
    refused: tuple[Left, ...] = ()
    at_run_time: tuple[str, ...] = ()
    rollback: tuple[str, ...] = ()
    quarantine: tuple[str, ...] = ()
    room: tuple[str, ...] = ()
    gain: int = 0
    heals: tuple[str, ...] = ()

    @property
    def work(self) -> bool:
        """Whether something would be done for sure; what is decided at run time only may be nothing."""
        return self.terminal == "changed" and bool(
            self.packages or self.restarts or self.by_scripts or self.others or self.room or self.heals or self.reboot.state == "yes"
        )

    @property
    def result(self) -> str:
        """The dry run's end in words: a dry run has changed nothing."""
        if self.work:
            return "would change"
        if self.terminal == "changed" or (self.terminal == "ok" and self.at_run_time):
            return "may change"
        return "nothing to do" if self.terminal == "ok" else self.terminal


def host_plan(events: Sequence[Stamped]) -> HostPlan:
    """Return what would be done on the host that these events are about."""
    tasks = tuple(stamped.event for stamped in events if isinstance(stamped.event, TaskPlanned))
    end = next((stamped.event for stamped in reversed(events) if isinstance(stamped.event, HostEnded)), None)
    rooms, acts = _apart(task for task in tasks if isinstance(task.decision, Act))
    lines = tuple(dict.fromkeys(line for task in acts for line in _forecast_of(task.decision)))
    actions = tuple(action for task in acts for action in _main_actions(task))
    return HostPlan(
        terminal=_terminal(events),
        reason=end.reason if end else "",
        packages=tuple(change for task in acts for change in _changes(task.decision)),
        restarts=_restarts(lines, actions),
        by_scripts=tuple(dict.fromkeys(found["unit"] for line in lines if (found := _BY_SCRIPT.fullmatch(line)))),
        reboot=_reboot(lines, tasks),
        manual=(*_told(lines, "manual: "), *_debts(tasks, "manual")),
        others=_others(lines, actions),
        prepared=tuple(action.summary for task in acts if _section(task) == "prepare" for action in _actions(task.decision)),
        skipped=tuple(_left(tasks, _is_plain_skip)),
        refused=tuple(_left(tasks, lambda decision: isinstance(decision, Refuse))),
        at_run_time=tuple(task.name for task in tasks if _is_open(task.decision)),
        rollback=tuple(dict.fromkeys(outlook for task in acts for outlook in _rollback(task.decision))),
        quarantine=_debts(acts, "quarantine"),
        room=tuple(line for task in rooms for line in _forecast_of(task.decision)),
        gain=sum(_gain(task.decision) for task in rooms),
        heals=tuple(action.summary for action in actions if action.rung),
    )


def _terminal(events: Iterable[Stamped]) -> str:
    """Return how the host ended; of several plays one with work makes it work."""
    ends = [stamped.event.terminal for stamped in events if isinstance(stamped.event, HostEnded)]
    if not ends:
        return "pending"
    return "changed" if ends[-1] == "ok" and "changed" in ends else ends[-1]


def _apart(acts: Iterable[TaskPlanned]) -> tuple[tuple[TaskPlanned, ...], tuple[TaskPlanned, ...]]:
    """Return the tasks about full disks, whose forecast tells each act in its order and why, and the others."""
    every = tuple(acts)
    return tuple(task for task in every if task.step in ABOUT_DISKS), tuple(task for task in every if task.step not in ABOUT_DISKS)


def _gain(decision: Decision) -> int:
    gains = decision.results.get("gain") if isinstance(decision, Act) else None
    return sum(gain for gain in gains.values() if isinstance(gain, int)) if isinstance(gains, Mapping) else 0


def _rollback(decision: Decision) -> Iterator[str]:
    if isinstance(decision, Act) and "rollback" in decision.results:
        yield str(decision.results["rollback"])


def _section(task: TaskPlanned) -> str:
    return task.address.split("/")[1] if "/" in task.address else ""


def _is_open(decision: Decision) -> bool:
    return isinstance(decision, Skip) and decision.reason.startswith(AT_RUN_TIME)


def _is_plain_skip(decision: Decision) -> bool:
    """Whether nothing else tells of the skip: one that leaves a reboot owed is told as that."""
    if not isinstance(decision, Skip) or _is_open(decision) or decision.reason.startswith(NO_TURN):
        return False
    return all(debt.kind != "reboot" for debt in decision.owes)


def _left(tasks: Iterable[TaskPlanned], concerns: Callable[[Decision], bool]) -> Iterator[Left]:
    for task in tasks:
        if concerns(task.decision) and not isinstance(task.decision, Act):
            yield Left(task.name, alike(task.decision.reason))


def _forecast_of(decision: Decision) -> tuple[str, ...]:
    return decision.forecast if isinstance(decision, Act) else ()


def _actions(decision: Decision) -> tuple[Action, ...]:
    """Return the actions that do something; looks and proofs are no news."""
    if not isinstance(decision, Act):
        return ()
    return tuple(action for action in decision.actions if not _only_looks(action))


def _only_looks(action: Action) -> bool:
    return isinstance(action.verb, (LookAgain, Relogin)) or (isinstance(action.verb, Run) and not action.verb.mutating)


def _main_actions(task: TaskPlanned) -> tuple[Action, ...]:
    """Return what a task does outside of `prepare`, without the transaction that its packages tell better."""
    actions = _actions(task.decision)
    if _section(task) == "prepare":
        return ()
    transaction = next((one for one in reversed(actions) if isinstance(one.verb, Job)), None) if _versions(task.decision) else None
    return tuple(action for action in actions if action is not transaction)


def _versions(decision: Decision) -> Mapping[str, str]:
    return decision.versions if isinstance(decision, Act) else {}


def _changes(decision: Decision) -> Iterator[PackageChange]:
    results = decision.results if isinstance(decision, Act) else {}
    installed, security = results.get("installed"), results.get("security")
    old = installed if isinstance(installed, Mapping) else {}
    marked = security if isinstance(security, Sequence) else ()
    for name, version in _versions(decision).items():
        yield PackageChange(name, str(old.get(name, "")), version, name in marked)


def _restarts(lines: Iterable[str], actions: Iterable[Action]) -> tuple[Restart, ...]:
    """Return forecast restarts, and those that are due already; a unit once, with all its causes."""
    sentences = [*lines, *(action.summary for action in actions if action.unit)]
    causes: dict[str, dict[str, None]] = {}
    for found in filter(None, map(_RESTART.fullmatch, sentences)):
        causes.setdefault(found["unit"], {}).update(dict.fromkeys((found["causes"] or "").split()))
    return tuple(Restart(unit, tuple(names)) for unit, names in causes.items())


def _others(lines: Iterable[str], actions: Iterable[Action]) -> tuple[str, ...]:
    known = ("reboot: ", "manual: ")
    rest = [line for line in lines if not (line.startswith(known) or _RESTART.fullmatch(line) or _BY_SCRIPT.fullmatch(line))]
    plain = [one.summary for one in actions if (not one.unit or isinstance(one.verb, Job)) and not isinstance(one.verb, Reboot)]
    return (*plain, *rest)


def _told(lines: Iterable[str], start: str) -> tuple[str, ...]:
    return tuple(line.removeprefix(start) for line in lines if line.startswith(start))


def _debts(tasks: Iterable[TaskPlanned], kind: str) -> tuple[str, ...]:
    decisions = [task.decision for task in tasks if not _is_open(task.decision)]
    return tuple(alike(debt.detail) for one in decisions if not isinstance(one, Refuse) for debt in one.owes if debt.kind == kind)


def _tidy(reasons: Iterable[str]) -> tuple[str, ...]:
    """Return the reasons without what the word `owed` before them says already."""
    return tuple(reason.replace("; a reboot is owed instead", "") for reason in reasons)


def _reboot(lines: Sequence[str], tasks: Sequence[TaskPlanned]) -> RebootOutlook:
    """Return the outlook: an act is sure, a debt that stands is sure too; what an upgrade brings about hangs on the task's turn."""
    boot = next((one for task in tasks for one in _actions(task.decision) if isinstance(one.verb, Reboot)), None)
    why = _tidy(_told(lines, "reboot: "))
    if boot is not None:
        return RebootOutlook("yes", (boot.summary.partition(": ")[2] or boot.summary, *why))
    standing = _tidy(_debts(tasks, "reboot"))
    if standing:
        return RebootOutlook("owed", (*standing, *why))
    if not why:
        return RebootOutlook()
    turns = [task.decision for task in tasks if _is_open(task.decision) and task.step == "reboot"]
    against = [debt.detail for turn in turns if isinstance(turn, Skip) for debt in turn.owes if debt.kind == "reboot"]
    if turns and not against:
        return RebootOutlook("yes", why)
    return RebootOutlook("owed", why, against[0] if against else "no task of the playbook reboots")
