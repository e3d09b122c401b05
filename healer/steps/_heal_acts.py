"""The acts that bring a service back, as static scripts with their arguments, and what they may destroy, read before them."""

from collections.abc import Iterator
from importlib.resources import files

from healer.healing.policy import ServicePolicy
from healer.model.action import Action, Gather, LookAgain, Reboot, Run
from healer.model.services import LEFT_ALONE, Rung, ServiceJudgement, ServiceState, ServiceStates

UP = 0
"""Exit code of the scripts when it is up again, beside LEFT_ALONE. 4 is not up, 5 did not stay up."""
SLACK = 30.0
"""Seconds beyond the rung's own and those of staying up (somebody else's start, then ours), for the questions in between."""
EVIDENCE_SECONDS = 20.0
WORDS: dict[Rung, str] = {
    "start": "start {unit}",
    "reload": "reload {unit}",
    "restart": "restart {unit}",
    "kill": "kill the processes of {unit} and start it",
    "reboot": "boot the host because of {unit}",
}
PROVES = ("services", "service_checks", "service_probes", "process_troubles", "identity")
"""Facts that tell whether a service is well again."""


def script(name: str) -> str:
    """Return the text of a script for services."""
    return files("healer.platforms.services").joinpath("scripts", name).read_text(encoding="utf-8")


def evidence(unit: str, policy: ServicePolicy) -> Action:
    """Return the look at what the next act destroys."""
    look = Gather(script("evidence.sh"), (unit, *policy.debugger), timeout=EVIDENCE_SECONDS)
    return Action(f"keep evidence of {unit}", look, disruptive=False, makes_stale=(), unit=unit)


def rung_acts(rung: Rung, judgement: ServiceJudgement, states: ServiceStates, policy: ServicePolicy) -> Iterator[Action]:
    """Yield the evidence and the try. A service that is down serves nobody, so that starting it disturbs nobody."""
    unit = judgement.unit
    state = states.states.get(unit, ServiceState(unit))
    if rung != "reload" and (rung != "start" or state.active == "failed" or judgement.finding in ("failed", "crash_loop", "memory")):
        yield evidence(unit, policy)
    why = f"{WORDS[rung].format(unit=unit)}: {judgement.detail}"
    if rung == "reboot":
        yield _nobody_at_packages()
        yield Action(why, Reboot(), unit=unit, rung=rung)
        return
    run = Run(
        _argv(rung, judgement, state, states.manager, policy),
        timeout=policy.rung_timeout + 2 * policy.stays + SLACK,
        accepted=(UP, LEFT_ALONE),
        changed_codes=(UP,),
    )
    yield Action(why, run, disruptive=rung in ("restart", "kill"), unit=unit, rung=rung)


def _argv(rung: Rung, judgement: ServiceJudgement, state: ServiceState, manager: str, policy: ServicePolicy) -> tuple[str, ...]:
    """Return the words of a try. One that restarts all by itself is not held to a state; its counter tells whose restarts these are."""
    text = script("heal_systemd.sh" if manager == "systemd" else "heal_scripts.sh")
    seen = "crash_loop" if judgement.finding == "crash_loop" else state.active
    patience = (str(policy.rung_timeout), str(policy.stays))
    return ("sh", "-c", text, "healer", rung, state.name, seen, state.invocation, *patience, str(state.restarts))


def _nobody_at_packages() -> Action:
    look = LookAgain(("package_manager", "package_locks", "package_database"))
    return Action("look that nobody is at work on packages", look, disruptive=False, makes_stale=())


def look_whether_well(units: tuple[str, ...], patience: float) -> Action:
    """Return the proof for all of them together. One that was just started gets so many seconds until its probes must be good."""
    return Action(
        f"look whether {', '.join(units)} {'is' if len(units) == 1 else 'are'} well",
        LookAgain(PROVES, patience),
        disruptive=False,
        makes_stale=(),
    )
