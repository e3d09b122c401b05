"""From a task to a decision: renders its arguments for one host, reads the facts that its step needs, and asks the step's pure plan."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from healer.discovery import plugins
from healer.inventory.login_variables import LoginVariables
from healer.model.action import Decision
from healer.model.facts import Facts, Identity
from healer.model.host import Host
from healer.model.logs import DiskPast
from healer.model.playbook import Task
from healer.model.services import ServicePast
from healer.playbook.schema import arguments_of
from healer.playbook.scope import Scope
from healer.playbook.trust import read_trusted
from healer.rollout import service_memory
from healer.rollout.context import PlayContext
from healer.rollout.disk_memory import recalled
from healer.rollout.doors import Doors
from healer.rollout.session import Session
from healer.steps.contract import Step, StepContext

VERSIONED = "updates"
"""The fact that every step reads whose plan is about package versions."""
LOCAL = ("local", "ansible.builtin.local")


@dataclass(frozen=True, slots=True)
class Planned:
    """A decision together with what its proof will need: the step, its rendered arguments, and what was seen before."""

    step: Step
    arguments: BaseModel
    context: StepContext
    decision: Decision


@dataclass(frozen=True, slots=True)
class Known:
    """What this run and those before it know of package versions, for one host; the fields are told in StepContext."""

    frozen: Mapping[str, str] = field(default_factory=dict)
    quarantined: Mapping[tuple[str, str], str] = field(default_factory=dict)
    former: Mapping[str, str] = field(default_factory=dict)
    latter: Mapping[str, str] = field(default_factory=dict)
    ran_before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """What the run knows beside the host itself; the fields are told in StepContext. `surveys` are by the step's name."""

    group: str = ""
    tried: tuple[tuple[str, str], ...] = ()
    surveys: Mapping[str, object] = field(default_factory=dict)


def steps() -> Mapping[str, Step]:
    """Return all steps by name."""
    return plugins("healer.steps", Step)


ALONE = Beside()


def plan_task(
    play: PlayContext,
    doors: Doors,
    task: Task,
    host: Host,
    session: Session,
    *,
    scope: Scope,
    known: Callable[[], Known],
    beside: Beside = ALONE,
) -> Planned:
    """Plan the task. Raises PlaybookError for arguments that cannot be rendered, HostError when the host cannot be read.

    A delegated task acts on the host of its session: that one's window counts, and what a canary of this group proved is not its own.
    """
    step = steps()[task.step]
    arguments = arguments_of(task, step, play.renderer, scope)
    facts = session.look((*step.needs, "identity")) if step.needs else Facts()
    about = known() if VERSIONED in step.needs else Known()
    own = about if session.host.name == host.name else Known(quarantined=about.quarantined)
    context = StepContext(
        host=host,
        facts=facts,
        frozen=own.frozen,
        window=play.window(session.host, doors.clock),
        control_node=_is_control_node(session.host, facts, doors),
        now=doors.clock.now().timestamp(),
        files=_files(play, step, task, arguments, scope),
        check=play.inputs.check,
        saved_plan=play.inputs.saving or play.inputs.saved is not None,
        quarantined=own.quarantined,
        former=own.former,
        latter=own.latter,
        ran_before=own.ran_before,
        past=recalled(doors, session.host.name) if "disks" in step.learns else DiskPast(),
        services=service_memory.recalled(doors, session.host.name) if service_memory.READ in step.learns else ServicePast(),
        survey=beside.surveys.get(step.name),
        group=beside.group,
        tried=beside.tried,
        run=play.inputs.run,
    )
    return Planned(step, arguments, context, step.plan(arguments, context))


def _is_control_node(host: Host, facts: Facts, doors: Doors) -> bool:
    """Whether the host is the machine that healer runs on; one that is reached without SSH is, whatever its machine-id says."""
    if LoginVariables(host).text("connection") in LOCAL:
        return True
    identity = facts.get("identity")
    return isinstance(identity, Identity) and bool(doors.machine_id) and identity.machine_id == doors.machine_id


def _files(play: PlayContext, step: Step, task: Task, arguments: BaseModel, scope: Scope) -> dict[str, bytes]:
    plain = {name: read_trusted(play.control_file(name, task.where), what="file") for name in step.files(arguments)}
    for name in step.templates(arguments):
        text = read_trusted(play.control_file(name, task.where), what="template").decode("utf-8")
        plain[name] = play.renderer.text(text, scope, task.where).encode()
    return plain
