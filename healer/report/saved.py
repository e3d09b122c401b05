"""A saved plan as a view: what `healer apply` shows before it asks. The plan keeps decisions; names and steps come from its playbook."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from healer.model.action import Act, Decision
from healer.model.events import Event, HostEnded, PlayStarted, Stamped, TaskPlanned
from healer.model.playbook import Playbook, Task
from healer.report.forecast import PlanView, plan_view

SECTIONS = ("prepare", "pre_tasks", "tasks", "post_tasks", "handlers")
NO_TIME = datetime.fromtimestamp(0, UTC)


def saved_view(decisions: Mapping[str, Mapping[str, Decision]], playbook: Playbook, hosts: Sequence[str]) -> PlanView:
    """Return what the saved decisions (by host and address) say for these hosts."""
    events: list[Event] = [PlayStarted(0, "", tuple(hosts))]
    for host in hosts:
        events += _of_host(host, decisions.get(host, {}), playbook)
    return plan_view([Stamped(number, "", NO_TIME, event) for number, event in enumerate(events)])


def _of_host(host: str, decisions: Mapping[str, Decision], playbook: Playbook) -> Iterator[Event]:
    for address, decision in decisions.items():
        task = _task(address, playbook)
        yield TaskPlanned(host, address, task.name or task.step if task else address, task.step if task else "", decision)
    work = any(isinstance(decision, Act) and decision.actions for decision in decisions.values())
    yield HostEnded(host, 0, "changed" if work else "ok")


def _task(address: str, playbook: Playbook) -> Task | None:
    """Return the task at an address, None for an address that names none."""
    play, section, number = (*address.split("/"), "", "")[:3]
    name = section.partition("-")[0]
    if not play.isdecimal() or int(play) >= len(playbook.plays) or name not in SECTIONS or not number.isdecimal():
        return None
    tasks: tuple[Task, ...] = getattr(playbook.plays[int(play)], name)
    return tasks[int(number)] if int(number) < len(tasks) else None
