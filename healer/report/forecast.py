"""What a run would do, folded from the events of a dry run and told once for all hosts that would be treated alike.

Forty equal servers read as one; `totals` is the sentence that a person confirms.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from healer.model.events import PlayStarted, Stamped
from healer.reclaim.words import size_words
from healer.report.host_plan import HostPlan, host_plan
from healer.report.words import counted, grouped


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """Hosts for which the same would be done."""

    hosts: tuple[str, ...]
    plan: HostPlan


@dataclass(frozen=True, slots=True)
class PlanView:
    """The whole dry run, its groups in the order of their first hosts."""

    groups: tuple[PlanGroup, ...] = ()

    @property
    def open(self) -> bool:
        """Whether a run may do something: there is work, or a task that is decided at its turn."""
        return any(group.plan.work or group.plan.at_run_time for group in self.groups)


def plan_view(events: Sequence[Stamped]) -> PlanView:
    """Return the view of a dry run, or of one that is going on."""
    own: dict[str, list[Stamped]] = {}
    for stamped in events:
        if isinstance(stamped.event, PlayStarted):
            own.update({host: [] for host in stamped.event.hosts if host not in own})
        elif stamped.event.host in own:
            own[stamped.event.host].append(stamped)
    plans = {host: host_plan(stamps) for host, stamps in own.items()}
    return PlanView(tuple(PlanGroup(hosts, plan) for plan, hosts in grouped(plans).items()))


def as_data(view: PlanView) -> list[dict[str, object]]:
    """Return the view as JSON-shaped values: one mapping a host, `host` first."""
    return [{"host": host, "result": group.plan.result, **asdict(group.plan)} for group in view.groups for host in group.hosts]


def totals(view: PlanView) -> str:
    """Return the one sentence that a person confirms: hosts, room on disks, packages, restarts, boots."""
    changing = [group for group in view.groups if group.plan.work]
    total = sum(len(group.hosts) for group in view.groups)
    hosts = sum(len(group.hosts) for group in changing)
    perhaps = sum(len(group.hosts) for group in view.groups if group.plan.result == "may change")
    start = f"{hosts} of {counted(total, 'host')} would change" + (f", {perhaps} may (decided at run time)" if perhaps else "")
    if not hosts:
        return start
    packages = len({change.name for group in changing for change in group.plan.packages})
    restarts = sum(len(group.hosts) * len(_restarted(group.plan)) for group in changing)
    boots = {state: sum(len(group.hosts) for group in changing if group.plan.reboot.state == state) for state in ("yes", "owed")}
    gain = sum(len(group.hosts) * group.plan.gain for group in changing)
    words = [f"{size_words(gain)} given back"] if gain else []
    if packages or restarts or any(boots.values()) or not gain:
        words += [counted(packages, "package"), counted(restarts, "restart"), counted(boots["yes"], "reboot")]
    owed = f" ({counted(boots['owed'], 'host')} would owe one)" if boots["owed"] else ""
    return f"{start}: {', '.join(words)}{owed}"


def _restarted(plan: HostPlan) -> set[str]:
    return {*(restart.unit for restart in plan.restarts), *plan.by_scripts}
