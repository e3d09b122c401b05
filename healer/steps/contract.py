"""What a step is: a model of its arguments, the facts that it needs, and a pure plan that returns actions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from healer.model.action import Decision, Owe
from healer.model.facts import Facts, Verdict
from healer.model.host import Host, Value
from healer.model.logs import DiskPast
from healer.model.services import ServicePast


class Arguments(BaseModel):
    """Base of every step's arguments: unknown words are refused, so that a typo never passes in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class WindowState:
    """Whether disruptive work such as a reboot is allowed now, and the sentence that says why or when next."""

    verdict: Verdict
    reason: str
    declared: bool = False


@dataclass(frozen=True, slots=True)
class StepContext:
    """Everything that a plan may know beside its arguments.

    `frozen` are the versions that a canary proved for this host's release and architecture (empty on a canary and before).
    `control_node` is true when this host is the machine that healer runs on. `files` are the contents of the control-node files that
    the step named, templates among them already rendered. `check` is true in a dry run. `saved_plan` is true while a plan is
    saved or a saved one is applied: package lists are not refreshed then, or the plan would be about another world.
    `quarantined` maps (package, version) to the sentence why it is not installed anywhere. In a rollback `former` are the versions that
    the host had before this play upgraded it (empty for a package that was new), `latter` those that it got, and `ran_before` the
    services that were running. `left_alone` says, to the proof, which files of the plan the host found to be others. `past` is what the
    journal knows of the host's disks, `services` of its services; `survey` is what the step's own survey made of all hosts of the play,
    None where it has none; `group` is the host's budget group, `tried` are the units and rungs that this run has tried on the host. `now`
    is the control node's time, epoch seconds, `run` this run's id.
    """

    host: Host
    facts: Facts
    frozen: Mapping[str, str] = field(default_factory=dict)
    window: WindowState = field(default_factory=lambda: WindowState(Verdict.UNKNOWN, "no window is declared"))
    control_node: bool = False
    files: Mapping[str, bytes] = field(default_factory=dict)
    variables: Mapping[str, Value] = field(default_factory=dict)
    check: bool = False
    saved_plan: bool = False
    quarantined: Mapping[tuple[str, str], str] = field(default_factory=dict)
    former: Mapping[str, str] = field(default_factory=dict)
    latter: Mapping[str, str] = field(default_factory=dict)
    ran_before: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()
    past: DiskPast = field(default_factory=DiskPast)
    services: ServicePast = field(default_factory=ServicePast)
    survey: object = None
    group: str = ""
    tried: tuple[tuple[str, str], ...] = ()
    now: float = 0.0
    run: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What `verify` found by comparing the facts before and after. `settling`: what is bad may become good by itself, it is young yet."""

    verdict: Verdict
    reason: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)
    settling: bool = False


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One host as the survey of a play sees it. `arguments` are the step's own, rendered for it. `facts` is None for a host that could not
    be looked at, with the `reason`. `group` is its budget group; `past` what the journal knows of its services.
    """

    host: str
    group: str
    arguments: Any
    facts: Facts | None
    past: ServicePast = field(default_factory=ServicePast)
    reason: str = ""


def no_files(_arguments: Any) -> tuple[str, ...]:
    """Return nothing: most steps need no file of the control node."""
    return ()


def nothing_foreseen(_arguments: Any, _context: StepContext) -> tuple[Owe, ...]:
    """Return nothing: most steps cannot say what they will leave undone after an earlier task has changed the host."""
    return ()


@dataclass(frozen=True, slots=True)
class Step:
    """A step plug-in.

    `free_form` names the argument that a bare value (`command: uptime`) stands for, or is empty.
    `conditions` names arguments whose strings are bare expressions: `plan` receives them as {"expression": text, "holds": bool}.
    `expressions` names arguments whose strings are bare expressions of any value: {"expression": text, "value": value}.
    `files` and `templates` name the control-node files that `plan` wants in `context.files`; templates are rendered first.
    `verify` judges a LookAgain action: facts before, facts after.
    `foresee` says, in a dry run, which debts the step would leave instead of acting where its turn hangs on what earlier tasks change.
    `early` steps have their arguments rendered and judged for every host before the first connection: their policy may differ by host.
    `consumes` marks steps whose acts take away what they were planned from: in a dry run a second one is left to its turn, for it
    would be planned from what the first has taken.
    `foretells` steps are told of in a dry run as they plan now, although earlier tasks would change what they read.
    `learns` names what the journal is asked for: `disks` (StepContext.past), `services` (StepContext.services).
    `survey` sees all hosts of the play at once, after their first look, also those that the run may not touch: what it returns is the
    same value for each host's plan (StepContext.survey). It gets the control node's time, epoch seconds. Pure.
    `rolls` false marks steps that never act on the host (debug, assert): no slot reason, no drain.
    """

    name: str
    arguments: type[Arguments]
    plan: Callable[[Any, StepContext], Decision]
    needs: tuple[str, ...] = ()
    free_form: str = ""
    conditions: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    files: Callable[[Any], tuple[str, ...]] = no_files
    templates: Callable[[Any], tuple[str, ...]] = no_files
    verify: Callable[[Any, StepContext, Facts], Proof] | None = None
    foresee: Callable[[Any, StepContext], tuple[Owe, ...]] = nothing_foreseen
    early: bool = False
    consumes: bool = False
    foretells: bool = False
    learns: tuple[str, ...] = ()
    survey: Callable[[Sequence[Surveyed], float], object] | None = None
    rolls: bool = True
