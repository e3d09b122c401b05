"""Draws what a dry run found: a block for every group of hosts that are to be treated alike."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from healer.report.forecast import PlanGroup, PlanView, totals
from healer.report.host_plan import HostPlan, Left, PackageChange, RebootOutlook, Restart
from healer.report.words import counted, few_causes, grouped, hosts_in_words, service

STYLES = {"would change": "yellow", "may change": "yellow", "nothing to do": "green"}


def drawn(view: PlanView) -> Iterator[RenderableType]:
    """Yield what is to be printed."""
    for group in view.groups:
        yield _heading(group)
        yield from _block(group.plan)
    yield Text(totals(view), style="bold")


def _heading(group: PlanGroup) -> Text:
    word = group.plan.result
    reason = "" if word in STYLES else f": {group.plan.reason}"
    return Text.assemble((hosts_in_words(group.hosts), "bold"), "  ", (word, STYLES.get(word, "red")), reason)


def _block(plan: HostPlan) -> Iterator[RenderableType]:
    if plan.packages:
        yield Text(f"  {counted(len(plan.packages), 'package')}, {_security(plan.packages)}:")
        yield Padding(_packages(plan.packages), (0, 0, 0, 4))
    yield from (Padding(Text(line), (0, 0, 0, 2)) for line in plan.room)
    rows = [(label, text) for label, texts in _rows(plan) for text in texts]
    if not rows:
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    last = ""
    for label, text in rows:
        table.add_row(Text(label if label != last else ""), Text(text))
        last = label
    yield Padding(table, (0, 0, 0, 2))


def _security(changes: Sequence[PackageChange]) -> str:
    marked = sum(change.security for change in changes)
    return "all security updates" if marked == len(changes) else f"{marked} of them security updates"


def _rows(plan: HostPlan) -> Iterator[tuple[str, Sequence[str]]]:
    yield "first", plan.prepared
    yield "heal", plan.heals
    yield "do", [few_causes(one) for one in plan.others]
    yield "restart", [_restart(one) for one in plan.restarts]
    yield "by scripts", [", ".join(map(service, plan.by_scripts))] if plan.by_scripts else []
    yield "reboot", _reboot(plan.reboot) if plan.packages or plan.reboot.state != "no" else []
    yield "rollback", plan.rollback
    yield "quarantine", plan.quarantine
    yield "manual", [few_causes(one) for one in plan.manual]
    yield "refused", [_left(one) for one in plan.refused]
    yield "skipped", [_left(one) for one in plan.skipped]
    yield "later", [f"{task}: decided at run time" for task in plan.at_run_time]


def _left(left: Left) -> str:
    return f"{left.task}: {left.reason}"


def _restart(restart: Restart) -> str:
    return few_causes(f"{service(restart.unit)} ({' '.join(restart.causes)})" if restart.causes else service(restart.unit))


def _reboot(outlook: RebootOutlook) -> list[str]:
    words = {"no": "no", "yes": "yes", "owed": f"not now, owed{': ' + outlook.against if outlook.against else ''}"}
    return [words[outlook.state], *(f"because {few_causes(why)}" for why in outlook.why)]


def _packages(changes: Sequence[PackageChange]) -> Table:
    """Return a row for every set of packages that take the same step: those of one source nearly always do."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True, overflow="fold")
    table.add_column(no_wrap=True, style="yellow")
    for (old, new, marked), names in grouped({change.name: (change.old, change.new, change.security) for change in changes}).items():
        table.add_row(Text(", ".join(names)), Text(f"{old} -> {new}" if old else new), "security" if marked else "")
    return table
