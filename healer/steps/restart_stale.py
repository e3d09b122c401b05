"""`restart_stale`: make the running services use the code that is on the disk, and leave alone what must not be restarted in place."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from healer.model.action import Act, Action, Decision, LookAgain, Owe, Refuse, Relogin, Run, Skip
from healer.model.facts import Facts, Identity, StaleProcess, StaleProcesses, Unit, Units, Unknown, Verdict
from healer.steps._forecast import services
from healer.steps.contract import Arguments, Proof, Step, StepContext

SSH_UNITS = ("ssh.service", "sshd.service")


class RestartStaleArguments(Arguments):
    """Which services. `only` are shell patterns for packages (or their sources) whose replaced files count; none means all files.

    `exclude` are shell patterns for units that are left alone. `sshd` false leaves the SSH server alone too.
    """

    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    sshd: bool = True


@dataclass(slots=True)
class Sorting:
    """What is to be done about stale code, by the way it is cured. `debts` are details by kind of debt, `later` units not restarted now."""

    restart: set[str] = field(default_factory=set)
    manager: bool = False
    debts: dict[str, list[str]] = field(default_factory=dict)
    later: dict[str, None] = field(default_factory=dict)

    def owe(self, kind: str, detail: str, unit: str = "") -> None:
        """Remember a debt once."""
        details = self.debts.setdefault(kind, [])
        if detail not in details:
            details.append(detail)
        if kind == "restart":
            self.later[unit] = None

    def owes(self) -> tuple[Owe, ...]:
        """Return one debt a kind; the units whose restart is owed by name."""
        items = {"restart": tuple(self.later)}
        return tuple(Owe(kind, "; ".join(details), items=items.get(kind, ())) for kind, details in sorted(self.debts.items()))


def plan(arguments: RestartStaleArguments, context: StepContext) -> Decision:
    """Return the restarts in order: the manager, the base, the rest, sshd last and proved by a second login."""
    stale, units = context.facts.read("stale_processes", StaleProcesses), context.facts.read("units", Units)
    if isinstance(stale, Unknown):
        return Refuse(f"which processes run replaced code is not known: {stale.reason}")
    blind = _blind(stale, context.facts)
    if blind:
        return Refuse(blind)
    counted = [process for process in stale.processes if _counts(arguments, process)]
    if not counted:
        among = f" of {', '.join(arguments.only)}" if arguments.only else ""
        return Skip(f"no process runs replaced code{among}", pays=_pays(arguments))
    if isinstance(units, Unknown):
        return Refuse(f"the units are not known: {units.reason}")
    sorting = sort_out(arguments, counted, units)
    if not sorting.restart and not sorting.manager:
        return Skip("replaced code runs only where nothing may be restarted in place", sorting.owes(), _pays(arguments))
    return Act(_actions(sorting, counted), results=_results(sorting, counted), owes=sorting.owes(), pays=_pays(arguments))


def _pays(arguments: RestartStaleArguments) -> tuple[str, ...]:
    """Return the debts of earlier runs that are none any more unless owed again; who looked at some packages only knows of none."""
    return () if arguments.only else ("restart", "manual")


def _results(sorting: Sorting, processes: list[StaleProcess]) -> dict[str, object]:
    """Return the units that are restarted, and for each the packages whose files it still runs the old ones of."""
    units = sorted(sorting.restart)
    return {"units": units, "causes": {unit: _causes(unit, processes) for unit in units}}


def _causes(unit: str, processes: list[StaleProcess]) -> list[str]:
    return sorted({name for process in processes if process.unit == unit for name in process.packages})


def _blind(stale: StaleProcesses, facts: Facts) -> str:
    identity = facts.read("identity", Identity)
    if not stale.unreadable or (isinstance(identity, Identity) and identity.is_root):
        return ""
    return f"{stale.unreadable} processes could not be looked into without root: that nothing else is stale cannot be said"


def _counts(arguments: RestartStaleArguments, process: StaleProcess) -> bool:
    if not arguments.only:
        return True
    return any(fnmatchcase(name, pattern) for name in (*process.packages, *process.sources) for pattern in arguments.only)


def sort_out(arguments: RestartStaleArguments, processes: Iterable[StaleProcess], units: Units) -> Sorting:
    """Decide for every stale process how its code is renewed."""
    sorting = Sorting()
    for process in processes:
        match process.kind:
            case "manager":
                sorting.manager = True
            case "service":
                _sort_service(arguments, process, units, sorting)
            case "own-session":
                pass
            case "session":
                sorting.owe("manual", f"{process.name} in a login session takes the new code at the next login")
            case "user-service":
                sorting.owe("manual", f"{process.unit} of a user's own manager takes the new code when that user restarts it")
            case "container":
                sorting.owe("manual", f"{process.name} (process {process.pid}) runs in a container: its image must be rebuilt")
            case _:
                sorting.owe("manual", f"{process.name} (process {process.pid}) belongs to no unit")
    return sorting


def _sort_service(arguments: RestartStaleArguments, process: StaleProcess, units: Units, sorting: Sorting) -> None:
    kind, detail = _obstacle(arguments, process.unit, units.units.get(process.unit))
    if kind:
        sorting.owe(kind, detail, process.unit)
    else:
        sorting.restart.add(process.unit)


def _obstacle(arguments: RestartStaleArguments, name: str, unit: Unit | None) -> tuple[str, str]:
    """Return the kind of debt and its words when the unit must not be restarted now, else two empty texts."""
    if any(fnmatchcase(name, pattern) for pattern in arguments.exclude) or (name in SSH_UNITS and not arguments.sshd):
        return "restart", f"{name} is excluded and runs replaced code"
    reason = services().never_in_place(name)
    if reason:
        return ("reboot" if "reboot is owed" in reason else "manual"), reason
    return _state_against(name, unit)


def _state_against(name: str, unit: Unit | None) -> tuple[str, str]:
    if unit is None:
        return "manual", f"{name} is not known to systemd any more, but a process of it runs"
    if unit.refuse_manual_stop:
        return "reboot", f"{name} refuses to be stopped by hand"
    if unit.type == "oneshot":
        return "manual", f"{name} runs once and to its end: it takes the new code when it runs next"
    if unit.active != "active":
        return "manual", f"{name} is {unit.active}, but a process of it runs replaced code"
    return "", ""


def _actions(sorting: Sorting, processes: list[StaleProcess]) -> tuple[Action, ...]:
    actions: list[Action] = []
    if sorting.manager:
        actions.append(Action("let systemd execute itself again", Run(("systemctl", "daemon-reexec"), timeout=120), disruptive=False))
    ordinary = tuple(unit for unit in sorting.restart if unit not in SSH_UNITS)
    actions += [_restart(unit, processes) for unit in services().order(ordinary)]
    for unit in sorted(sorting.restart & set(SSH_UNITS)):
        actions += [
            Action("check sshd's configuration", Run(("sshd", "-t"), mutating=False), disruptive=False, makes_stale=()),
            _restart(unit, processes),
            Action("prove that a second login works", Relogin(), disruptive=False, makes_stale=()),
        ]
    looked = ("stale_processes", "units")
    actions.append(Action("look whether replaced code still runs", LookAgain(looked), disruptive=False, makes_stale=()))
    return tuple(actions)


def _restart(unit: str, processes: list[StaleProcess]) -> Action:
    causes = _causes(unit, processes)
    because = f" ({' '.join(causes)})" if causes else ""
    return Action(f"restart {unit}{because}", Run(services().act("restart", unit), timeout=300), unit=unit)


def verify(arguments: RestartStaleArguments, context: StepContext, after: Facts) -> Proof:
    """Take as proof a new invocation that is active and maps nothing that was replaced; an exit status proves nothing."""
    before, old = context.facts.read("stale_processes", StaleProcesses), context.facts.read("units", Units)
    now, new = after.read("stale_processes", StaleProcesses), after.read("units", Units)
    if isinstance(before, Unknown) or isinstance(old, Unknown) or isinstance(now, Unknown) or isinstance(new, Unknown):
        reasons = [reading.reason for reading in (before, old, now, new) if isinstance(reading, Unknown)]
        return Proof(Verdict.UNKNOWN, "; ".join(reasons))
    sorting = sort_out(arguments, [process for process in before.processes if _counts(arguments, process)], old)
    faults = [fault for unit in sorted(sorting.restart) if (fault := _fault(unit, old.units[unit], new.units.get(unit)))]
    still = sorted({process.unit for process in now.processes if process.unit in sorting.restart})
    faults += [f"{unit} still runs replaced code" for unit in still]
    if sorting.manager and any(process.kind == "manager" for process in now.processes):
        faults.append("systemd itself still runs replaced code")
    return Proof(Verdict.BAD, "; ".join(faults)) if faults else Proof(Verdict.GOOD, f"{len(sorting.restart)} restarted, none of them stale")


def _fault(name: str, before: Unit, after: Unit | None) -> str:
    if after is None:
        return f"{name} is gone after its restart"
    if after.active != "active":
        return f"{name} is {after.active} after its restart"
    return f"{name} was not restarted: its invocation is the same" if after.invocation == before.invocation else ""


PLUGIN = Step(
    name="restart_stale",
    arguments=RestartStaleArguments,
    plan=plan,
    needs=("stale_processes", "units", "os_release", "identity"),
    verify=verify,
)
