"""What steps make of all hosts of a play at once, after the first look: made once, and the same for each host's plan."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from healer.model.errors import InputError
from healer.model.facts import Verdict
from healer.model.playbook import Task
from healer.model.services import ServicePast
from healer.playbook.schema import arguments_of
from healer.rollout.context import PlayContext
from healer.rollout.doors import Doors
from healer.rollout.host_run import HostRun
from healer.rollout.planning import steps
from healer.rollout.service_memory import READ, recalled
from healer.steps.contract import Step, Surveyed


class _Surveyor(NamedTuple):
    """A step that wants to see all hosts, and the first task that uses it."""

    step: Step
    task: Task


def _surveyors(play: PlayContext) -> Iterator[_Surveyor]:
    tasks = (*play.play.prepare, *play.play.pre_tasks, *play.play.tasks, *play.play.post_tasks)
    first: dict[str, Task] = {}
    for task in filter(play.selects, tasks):
        first.setdefault(task.step, task)
    for name, task in first.items():
        if steps()[name].survey is not None:
            yield _Surveyor(steps()[name], task)


def survey_needs(play: PlayContext) -> set[str]:
    """Return the facts that the surveys of the play are made of: hosts that the run may not touch are read for these too."""
    return {fact for one in _surveyors(play) for fact in one.step.needs}


def surveys(play: PlayContext, doors: Doors, runs: Iterable[tuple[HostRun, str]]) -> Mapping[str, object]:
    """Return what each surveying step makes of the hosts, with the budget group of each, by the step's name.

    Hosts that nobody has looked at, because a person or another run has them, are not part of it.
    """
    looked = [(run, group) for run, group in runs if run.state.health is not None]
    now = doors.clock.now().timestamp()
    return {
        one.step.name: one.step.survey([_surveyed(play, doors, one, run, group) for run, group in looked], now)
        for one in _surveyors(play)
        if one.step.survey is not None
    }


def _surveyed(play: PlayContext, doors: Doors, by: _Surveyor, run: HostRun, group: str) -> Surveyed:
    name = run.host.name
    past = recalled(doors, name) if READ in by.step.learns else ServicePast()
    reason = "" if run.seen else run.state.reason or "it could not be read"
    return Surveyed(name, group, _arguments(play, by, run), run.seen, past, reason)


def _arguments(play: PlayContext, by: _Surveyor, run: HostRun) -> Any:
    """Return the task's arguments for the host, None where they cannot be rendered there."""
    try:
        return arguments_of(by.task, by.step, play.renderer, play.scope(run.host, by.task, {}))
    except InputError:
        return None


def unread(run: HostRun) -> bool:
    """Whether a host was looked at by a process that has died since, so that this one knows nothing of it yet."""
    return run.state.health not in (None, Verdict.UNKNOWN) and run.seen is None
