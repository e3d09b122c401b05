"""`heal`: one rung of the ladder for the services that it is the next one for; without a rung, the account of what is still wrong."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Literal

from pydantic import Field, field_validator

from healer.healing.detect import blind, proved
from healer.healing.judge import judge
from healer.healing.named import entry_of
from healer.healing.policy import ServicePolicy, ServicesPolicy
from healer.healing.probing import LEAST_GRACE, usual_start
from healer.healing.survey import Seen, Survey, survey
from healer.model.action import Act, Decision, Refuse, Skip
from healer.model.facts import Facts, Identity, Unknown, Verdict
from healer.model.services import Rung, ServiceJudgement, ServicePast, ServiceStates
from healer.steps._booting import disturbed
from healer.steps._forecast import services
from healer.steps._heal_acts import PROVES, look_whether_well, rung_acts
from healer.steps._heal_packages import MANAGER, blamed, taken_back, undo
from healer.steps.contract import Arguments, Proof, Step, StepContext, Surveyed

LOOKED_AT = (*PROVES, "package_changes", MANAGER, "load")


class HealArguments(Arguments):
    """`policy` is what may be done. `rung` is the rung whose turn it is; `rollback` undoes package changes that are to blame; none at all
    accounts for what is still wrong.
    """

    policy: ServicesPolicy = Field(default_factory=ServicesPolicy)
    rung: Rung | Literal["rollback"] | None = None

    @field_validator("policy", mode="before")
    @classmethod
    def _unset(cls, value: Any) -> Any:
        """Leave out what nobody has set, so that what is built in holds."""
        return {name: one for name, one in value.items() if one is not None} if isinstance(value, Mapping) else value

    @field_validator("rung", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        return value or None


def plan(arguments: HealArguments, context: StepContext) -> Decision:
    """Return the tries of this rung, or what is still wrong. What cannot be seen is left alone, and the account says so."""
    unseen = blind(context.facts) or _powerless(context.facts)
    if unseen:
        return Refuse(f"how the services are is not known: {unseen}") if arguments.rung is None else Skip(unseen)
    judged = _judged(arguments, context)
    if arguments.rung is None:
        return _account(judged, arguments, context)
    if arguments.rung == "rollback":
        return undo(judged, arguments.policy, context)
    return _climb(arguments.rung, judged, arguments, context)


def _powerless(facts: Facts) -> str:
    identity = facts.read("identity", Identity)
    return "" if isinstance(identity, Identity) and identity.is_root else "only root can look into services and start them: use become"


def _judged(arguments: HealArguments, context: StepContext) -> tuple[ServiceJudgement, ...]:
    tried = tuple((unit, rung) for unit, rung in context.tried)
    known = context.survey if isinstance(context.survey, Survey) else Survey()
    policy, past = arguments.policy, context.services
    return judge(context.host.name, context.group, context.facts, policy, past, known, context.now, tried)  # type: ignore[arg-type]  # words of Rung


def _climb(rung: Rung, judged: tuple[ServiceJudgement, ...], arguments: HealArguments, context: StepContext) -> Decision:
    due = {one.unit: one for one in (*judged, *_hanging(rung, judged, arguments, context)) if one.choice == "heal" and one.rung == rung}
    if not due:
        return Skip(f"no service is to be brought back by {rung} now", judged=judged)
    forbidden = _no_boot(context) if rung == "reboot" else ""
    if forbidden:
        return Skip(f"{', '.join(due)} would need a reboot, but {forbidden}", judged=judged)
    units = services().order(tuple(due))[: 1 if rung == "reboot" else None]
    states = context.facts.read("services", ServiceStates)
    if isinstance(states, Unknown):
        return Skip(states.reason, judged=judged)
    acts = chain.from_iterable(rung_acts(rung, due[unit], states, _entry(arguments.policy, unit, states)) for unit in units)
    patience = max(_grace(_entry(arguments.policy, unit, states), unit, context.services) for unit in units)
    return Act((*acts, look_whether_well(units, patience)), results={"units": list(units), "rung": rung}, judged=judged)


def _entry(policy: ServicesPolicy, unit: str, states: ServiceStates) -> ServicePolicy:
    return entry_of(policy, unit, states.named) or ServicePolicy(unit=unit)


def _grace(entry: ServicePolicy, unit: str, past: ServicePast) -> float:
    """Return the seconds after which bad answers of its probes count again."""
    return max(LEAST_GRACE, entry.grace, 3 * usual_start(past, unit)) + 5.0 if entry.probes else 0.0


def _hanging(
    rung: Rung, judged: Sequence[ServiceJudgement], arguments: HealArguments, context: StepContext
) -> tuple[ServiceJudgement, ...]:  # fmt: skip
    """Return the services that this run has told to restart and that will not stop: the kill is for these above all."""
    states = context.facts.read("services", ServiceStates)
    if rung != "kill" or isinstance(states, Unknown):
        return ()
    told = {unit for unit, tried in context.tried if tried == "restart"} - {unit for unit, tried in context.tried if tried == "kill"}
    stopping = [unit for unit in sorted(told) if (state := states.states.get(unit)) and state.active == "deactivating"]
    known = {one.unit for one in judged}
    return tuple(
        ServiceJudgement(unit, "stuck", "it was told to restart and does not stop", "heal", "stuck", "kill is the next rung", "kill")
        for unit in stopping
        if unit not in known and "kill" in _entry(arguments.policy, unit, states).ladder
    )


def _no_boot(context: StepContext) -> str:
    """Return why the host must not be booted now: healer runs on it, or nobody has declared that it may be."""
    if context.control_node:
        return "healer runs on this host: the control node is never rebooted by healer"
    return "" if context.window.verdict is Verdict.GOOD else context.window.reason


def _account(judged: tuple[ServiceJudgement, ...], arguments: HealArguments, context: StepContext) -> Decision:
    """Fail the host for what is still wrong. What only has to wait is no failure, and in a dry run neither is what would be healed.

    What this run has tried is a failure also where it has to wait, or where nobody can say whether it is well.
    """
    tried = {unit for unit, _rung in context.tried}
    wrong = [one for one in judged if one.choice != "wait" or one.unit in tried]
    doubts = [doubt for unit in sorted(tried - {one.unit for one in judged}) if (doubt := _doubt(unit, arguments, context))]
    told = "; ".join([*map(_told, wrong or judged), *doubts])
    if not told:
        return Skip("every service is well")
    if not (wrong or doubts) or (context.check and any(one.choice == "heal" for one in wrong)):
        return Skip(told, judged=judged)
    return Refuse(told, judged=judged)


def _doubt(unit: str, arguments: HealArguments, context: StepContext) -> str:
    """Return why it is not proved that a service which this run has tried is well; empty when it is."""
    verdict, why = proved(context.facts, arguments.policy, context.services, context.now, unit)
    return "" if verdict is Verdict.GOOD else f"{unit}: {why}"


def _told(one: ServiceJudgement) -> str:
    words = {
        "heal": "is to be brought back",
        "wait": "waits",
        "withhold": "withheld",
        "quarantine": "in quarantine",
        "tell": "left to a person",
    }
    return f"{one.unit}: {words.get(one.choice, one.choice)}: {one.reason}"


def verify(arguments: HealArguments, context: StepContext, after: Facts) -> Proof:
    """Take as proof what is found now of the services that were tried. Before a boot: that nobody is at work on packages."""
    if arguments.rung == "reboot" and _same_boot(context.facts, after):
        refusal = disturbed(after, "a reboot is wanted")
        return Proof(Verdict.BAD, refusal.reason) if refusal else Proof(Verdict.GOOD)
    unseen = blind(after)
    if unseen:
        return Proof(Verdict.UNKNOWN, f"how the services are now is not known: {unseen}")
    decision = plan(arguments, context)
    tried: Mapping[str, object] = decision.results if isinstance(decision, Act) else {}
    units = tried.get("units")
    named = [str(unit) for unit in units] if isinstance(units, list) else []
    told = [(unit, *proved(after, arguments.policy, context.services, context.now, unit)) for unit in named]
    faults = [f"{unit}: {why}" for unit, verdict, why in told if verdict is not Verdict.GOOD]
    if arguments.rung == "rollback":
        faults += taken_back(blamed(_judged(arguments, context)), after)
    if not faults:
        return Proof(Verdict.GOOD, f"{', '.join(named)} {'is' if len(named) == 1 else 'are'} well")
    return Proof(
        Verdict.BAD, "; ".join(faults), settling=any(_is_up(unit, after) for unit, verdict, _why in told if verdict is not Verdict.GOOD)
    )


def _is_up(unit: str, facts: Facts) -> bool:
    """Whether the service runs, so that its probes may yet become good."""
    states = facts.read("services", ServiceStates)
    state = None if isinstance(states, Unknown) else states.states.get(unit)
    return state is not None and state.active == "active"


def _same_boot(before: Facts, after: Facts) -> bool:
    then, now = before.read("identity", Identity), after.read("identity", Identity)
    return isinstance(then, Identity) and isinstance(now, Identity) and then.boot_id == now.boot_id


def overlook(hosts: Sequence[Surveyed], now: float) -> Survey:
    """Return what the services of all hosts say together; a host whose arguments make no sense is judged by the built-in policy."""
    return survey(
        [
            Seen(
                one.host,
                one.group,
                one.arguments.policy if isinstance(one.arguments, HealArguments) else ServicesPolicy(),
                one.facts,
                one.past,
                one.reason,
            )
            for one in hosts
        ],
        now,
    )


PLUGIN = Step(
    name="heal",
    arguments=HealArguments,
    plan=plan,
    needs=LOOKED_AT,
    free_form="rung",
    verify=verify,
    early=True,
    foretells=True,
    learns=("services",),
    survey=overlook,
)
