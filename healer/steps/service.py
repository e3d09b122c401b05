"""Have a service running or stopped, and started at boot or not. A service that is so already is left alone."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from healer.model.action import Act, Action, Decision, LookAgain, Refuse, Run, Skip
from healer.model.facts import Facts, Unit, Units, Unknown, Verdict
from healer.steps.contract import Arguments, Proof, Step, StepContext

State = Literal["started", "stopped", "restarted", "reloaded"]

_VERBS: dict[str, str] = {"started": "start", "stopped": "stop", "restarted": "restart", "reloaded": "reload"}
_UNDO = {"start": "stop", "stop": "start", "enable": "disable", "disable": "enable"}
_DISRUPTIVE = frozenset({"stop", "restart"})
_UP = frozenset({"active", "reloading"})
_DOWN = frozenset({"inactive", "failed"})
"""`activating` is in neither: it may come up, or be a service that crashes and is started again and again (sub state auto-restart)."""

_OTHER_UNITS = (".socket", ".timer", ".path", ".mount", ".target", ".slice", ".device", ".swap", ".automount", ".scope")

_ON = frozenset({"enabled", "static", "alias", "generated", "transient"})
_OFF = frozenset({"disabled", "masked", "masked-runtime", "static", "generated", "transient", "linked", "indirect"})
"""Words of systemctl is-enabled (systemctl(1)). Static, generated and transient units have nothing that could be switched."""


class Service(Arguments):
    """`disruptive` says whether the host must be out of service for it; by default stop and restart are, start and reload are not."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9:_.@\\-]+$")]
    state: State | None = None
    enabled: bool | None = None
    disruptive: bool | None = None

    @model_validator(mode="after")
    def _something(self) -> "Service":
        if self.state is None and self.enabled is None:
            raise ValueError("give state or enabled")
        if self.name.startswith("-") or self.name.endswith(_OTHER_UNITS):
            raise ValueError("service takes services only; for other units use command: systemctl ...")
        return self

    @property
    def unit(self) -> str:
        """The name that systemd knows it by."""
        return self.name if self.name.endswith(".service") else f"{self.name}.service"


def plan(arguments: Service, context: StepContext) -> Decision:
    """Return what is missing, with a look at the unit afterwards as proof."""
    units = context.facts.read("units", Units)
    if isinstance(units, Unknown):
        return Refuse(f"the services are not known: {units.reason}")
    unit = units.units.get(arguments.unit)
    refusal = _refusal(arguments, unit)
    if refusal:
        return Refuse(f"{arguments.unit} {refusal}")
    verbs = [verb for verb in (_enabling(arguments, unit), _changing(arguments, unit)) if verb]
    if not verbs:
        return Skip(f"{arguments.unit} is {_wish(arguments)} already")
    proof = Action(f"Check that {arguments.unit} is {_wish(arguments)}", LookAgain(("units",)), disruptive=False, makes_stale=())
    return Act((*(_action(arguments, verb) for verb in verbs), proof))


def _refusal(arguments: Service, unit: Unit | None) -> str:
    """Return why systemd would not do it, or an empty string."""
    if unit is None:
        return ""
    if unit.load == "masked" and (arguments.state in {"started", "restarted"} or arguments.enabled):
        return "is masked"
    if unit.refuse_manual_stop and arguments.state in {"stopped", "restarted"} and unit.active in _UP:
        return "must not be stopped by hand (RefuseManualStop)"
    return ""


def _enabling(arguments: Service, unit: Unit | None) -> str:
    if arguments.enabled is None or (unit is not None and unit.enabled in (_ON if arguments.enabled else _OFF)):
        return ""
    return "enable" if arguments.enabled else "disable"


def _changing(arguments: Service, unit: Unit | None) -> str:
    active = unit.active if unit is not None else "inactive"
    if arguments.state is None or (arguments.state == "started" and active in _UP):
        return ""
    if arguments.state == "stopped" and active in _DOWN:
        return ""
    if arguments.state == "reloaded" and active not in _UP:
        return "start"
    return _VERBS[arguments.state]


def _action(arguments: Service, verb: str) -> Action:
    disruptive = verb in _DISRUPTIVE if arguments.disruptive is None else arguments.disruptive and verb not in {"enable", "disable"}
    undo = f"systemctl {_UNDO[verb]} {arguments.unit}" if verb in _UNDO else ""
    run = Run(("systemctl", verb, "--", arguments.unit), timeout=300.0)
    unit = arguments.unit if verb == "restart" else ""
    return Action(f"{verb.capitalize()} {arguments.unit}", run, disruptive=disruptive, makes_stale=("*",), undo=undo, unit=unit)


def _wish(arguments: Service) -> str:
    state = {"restarted": "running", "started": "running", "stopped": "stopped", "reloaded": "running", None: ""}[arguments.state]
    enabled = {True: "enabled", False: "disabled", None: ""}[arguments.enabled]
    return " and ".join(word for word in (state, enabled) if word)


def verify(arguments: Service, context: StepContext, after: Facts) -> Proof:
    """Judge the unit as it is now against what was asked for; a restart must have given it a new invocation."""
    units, before = after.read("units", Units), context.facts.read("units", Units)
    if isinstance(units, Unknown):
        return Proof(Verdict.UNKNOWN, f"{arguments.unit} could not be looked at: {units.reason}")
    unit = units.units.get(arguments.unit)
    old = before.units.get(arguments.unit) if isinstance(before, Units) else None
    if arguments.state not in {None, "stopped"} and unit is not None and unit.active == "activating" and unit.sub != "auto-restart":
        return Proof(Verdict.UNKNOWN, f"{arguments.unit} is still starting")
    wrong = _running_fault(arguments, unit, old) or _enabled_fault(arguments, unit)
    return Proof(Verdict.BAD, f"{arguments.unit} {wrong}") if wrong else Proof(Verdict.GOOD, f"{arguments.unit} is {_wish(arguments)}")


def _running_fault(arguments: Service, unit: Unit | None, old: Unit | None) -> str:
    if arguments.state is None:
        return ""
    active = unit.active if unit is not None else "inactive"
    if arguments.state == "stopped":
        return f"is {active}, not stopped" if active not in _DOWN else ""
    finished = unit is not None and unit.type == "oneshot" and active == "inactive"
    if active not in _UP and not finished:
        return f"is {active}{f' ({unit.sub})' if unit is not None else ''}, not running"
    if arguments.state == "restarted" and unit and old and old.invocation and unit.invocation == old.invocation:
        return "was not restarted: it is still the same invocation"
    return ""


def _enabled_fault(arguments: Service, unit: Unit | None) -> str:
    if arguments.enabled is None or _enabling(arguments, unit) == "":
        return ""
    if unit is None and not arguments.enabled:
        return ""
    return f"is {unit.enabled if unit is not None else 'not there'}, not {'enabled' if arguments.enabled else 'disabled'}"


PLUGIN = Step(name="service", arguments=Service, plan=plan, needs=("units",), verify=verify)
