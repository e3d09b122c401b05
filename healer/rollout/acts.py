"""Performs one action on one host. The verbs are a closed set; each has one function here or in a file of its own.

A broken link while an act runs is no failure: the act goes on without us, so we log in again and ask.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from healer.discovery import plugins
from healer.model.action import CallPython, Job, LookAgain, ProbeUntil, PutFile, Reboot, Relogin, Run, Verb
from healer.model.command import Command
from healer.model.errors import OutcomeUnknown, RefusedError, UnreachableError
from healer.model.facts import Unknown, Verdict
from healer.model.job import JobReport, JobSpec
from healer.observe.probes.contract import Probe, Vantage
from healer.observe.vantage import ControlVantage
from healer.rollout.doors import Doors, StoppableClock
from healer.rollout.putting import put_spec
from healer.rollout.python_call import call_python
from healer.rollout.rebooting import reboot
from healer.rollout.seen import OUTPUT_KEPT, Codes, Seen, judge_report, judge_status, tail
from healer.rollout.session import Session
from healer.verify.settle import probe_until

POLL_EVERY = (0.2, 0.5, 1.0, 2.0)
"""Seconds between looks at a running job; the last one repeats."""
GRACE = 60.0
"""Seconds that the host gets beyond an act's own time to tell its end."""
UNANSWERED = 120.0
UNANSWERED_DETACHED = 600.0
"""Seconds without any answer after which an act's outcome is called unknown, a foreground one's and a detached one's."""
ENTER = 'cd -- "$1" && shift && exec "$@"'
PUT_CHANGED = 100
"""Exit code of the placing script that says: the file was not as wanted and now is."""


NEVER = 30 * 86400.0
"""Seconds after which a host ends an act that is not to be ended: longer than any run can be resumed."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an action is performed: the host's session, the act's id, who else can be asked from, and how root is had.

    `boot_id` is the boot that the intent was written in. `begun` means that the act may have been let in before this process knew
    of it: then a refusal proves nothing. `prefix` is put before the argument list of runs and placed files that
    shall not be root's (`runuser -u NAME --`), empty for root.
    """

    session: Session
    doors: Doors
    act: str
    elsewhere: Callable[[str], Session]
    boot_id: str = ""
    prefix: tuple[str, ...] = ()
    become: bool = True
    begun: bool = False


def perform(verb: Verb, scene: Scene) -> Seen:
    """Carry the verb out and say what was seen. Raises UnreachableError only where nothing was sent, and Stopped."""
    try:
        return _perform(verb, scene)
    except RefusedError as error:
        if scene.begun:
            return Seen(Verdict.UNKNOWN, changed=True, reason=f"it may have begun before, and now the gate refuses: {error.message}")
        return Seen(Verdict.BAD, reason=f"the host's gate refused: {error.message}", detail={"refused": True})
    except OutcomeUnknown as error:
        scene.session.drop()
        return Seen(Verdict.UNKNOWN, changed=True, reason=error.message)


def _perform(verb: Verb, scene: Scene) -> Seen:
    match verb:
        case Run(mutating=False):
            return _look_by_command(verb, scene)
        case Run() | Job() | PutFile():
            spec = spec_of(verb, scene.act, scene.prefix)
            waited = verb.timeout if isinstance(verb, Job) else spec.timeout
            return judge_report(*_await(spec, scene, waited), codes_of(verb))
        case Reboot():
            return reboot(verb, scene.session, scene.doors, scene.act, scene.boot_id)
        case Relogin():
            scene.session.remote.relogin(verb.timeout)
            return Seen(Verdict.GOOD, reason="a second login worked")
        case ProbeUntil():
            return _probe(verb, scene)
        case CallPython():
            return call_python(verb, scene.session)
        case LookAgain():
            scene.session.forget(verb.facts or ("*",))
            return Seen(Verdict.GOOD)


def spec_of(verb: Run | Job | PutFile, act: str, prefix: tuple[str, ...] = ()) -> JobSpec:
    """Return what the gate is given for a verb. `prefix` as in Scene."""
    if isinstance(verb, PutFile):
        placing = put_spec(verb, act)
        return replace(placing, argv=(*prefix, *placing.argv))
    if isinstance(verb, Job):
        argv = ("sh", "-c", verb.script, "healer", *verb.arguments)
        return JobSpec(act, argv, verb.stdin.encode(), NEVER if verb.patient else verb.timeout, detached=True)
    return JobSpec(
        act,
        (*prefix, *verb.argv),
        verb.stdin.encode(),
        verb.timeout,
        environment=verb.environment,
        directory=verb.directory,
    )


def codes_of(verb: Run | Job | PutFile) -> Codes:
    """Return how the verb's exit codes are read."""
    if isinstance(verb, PutFile):
        return Codes(accepted=(0, PUT_CHANGED), changed=(PUT_CHANGED,))
    if isinstance(verb, Job):
        return Codes(verb.accepted, verb.changed_codes, verb.busy_codes, verb.exit_meanings)
    return Codes(verb.accepted, verb.changed_codes)


def _look_by_command(verb: Run, scene: Scene) -> Seen:
    result = scene.session.remote.run(Command(_placed(verb), verb.stdin.encode(), verb.timeout, become=scene.become))
    if isinstance(result.status, Unknown):
        scene.session.drop()
        return Seen(Verdict.UNKNOWN, reason=result.status.reason, output=tail(result.stdout + result.stderr))
    seen = judge_status(result.status, tail(result.stdout + result.stderr), Codes(verb.accepted, verb.changed_codes or ()))
    changed = seen.changed and seen.verdict is Verdict.GOOD
    return Seen(seen.verdict, changed, seen.reason, seen.status, seen.output, tail(result.stdout))


def _placed(verb: Run) -> tuple[str, ...]:
    """Return the words of a look with its environment and its folder; acts get theirs from the gate."""
    words = ("env", *(f"{name}={value}" for name, value in verb.environment.items()), *verb.argv) if verb.environment else verb.argv
    return ("sh", "-c", ENTER, "healer", verb.directory, *words) if verb.directory else words


def _await(spec: JobSpec, scene: Scene, seconds: float) -> tuple[JobReport, bytes]:
    """Start the act, or attach to it, and follow it to its end, logging in again as often as the `seconds` allow.

    While the host cannot be asked nothing is known. When it then says that it never heard of the act, the act is started once more:
    under the same lease, so that a host which was booted meanwhile refuses it, for then it may have been done before the boot.
    """
    clock = scene.doors.clock
    report = _start(spec, scene)
    output, looks, answered = report.output, 0, clock.monotonic()
    end, patience = answered + seconds + GRACE, UNANSWERED_DETACHED if spec.detached else UNANSWERED
    while report.state in ("running", "unasked") and clock.monotonic() < min(end, answered + patience):
        scene.doors.pause(POLL_EVERY[min(looks, len(POLL_EVERY) - 1)])
        looks += 1
        report = _again(spec, report.next_offset, scene)
        answered = answered if report.state == "unasked" else clock.monotonic()
        output = (output + report.output)[-2 * OUTPUT_KEPT :]
    return report, output


def _start(spec: JobSpec, scene: Scene) -> JobReport:
    try:
        report = scene.session.start(spec)
    except (UnreachableError, OutcomeUnknown) as error:
        report = JobReport("unasked", reason=error.message)
    if report.state == "unasked":
        scene.session.drop()
    return report


def _again(spec: JobSpec, offset: int, scene: Scene) -> JobReport:
    """Ask what became of the act, from where its output was read last."""
    report = poll(scene.session, spec.act, offset, detached=spec.detached)
    if report.state == "absent":
        try:
            report = _start(spec, scene)
        except RefusedError as error:
            report = JobReport("lost", reason=f"the link broke at its start, and now the gate refuses it: {error.message}")
    return replace(report, next_offset=offset) if report.state == "unasked" else report


def poll(session: Session, act: str, offset: int = 0, *, detached: bool) -> JobReport:
    """Ask the host for an act without starting anything. A host that cannot be asked is left, to be logged in to anew."""
    try:
        report = session.gate.poll(act, offset, detached=detached)
    except (UnreachableError, OutcomeUnknown) as error:
        report = JobReport("unasked", reason=error.message)
    if report.state == "unasked":
        session.drop()
    return report


def _probe(verb: ProbeUntil, scene: Scene) -> Seen:
    probe = plugins("healer.observe.probes", Probe).get(verb.probe)
    if probe is None:
        return Seen(Verdict.BAD, reason=f"there is no probe {verb.probe!r}")
    scene.doors.pause(verb.delay)
    answer = probe_until(
        probe,
        _vantage(verb.origin, scene),
        verb.arguments,
        timeout=verb.timeout,
        interval=verb.interval,
        consecutive=verb.consecutive,
        clock=StoppableClock(scene.doors),
    )
    return Seen(answer.verdict, reason=answer.reason, stdout=answer.reason)


def _vantage(origin: str, scene: Scene) -> Vantage:
    if origin == "control":
        return ControlVantage()
    return scene.session.remote if origin == "host" else scene.elsewhere(origin).remote


def detail_of(seen: Seen) -> Mapping[str, object]:
    """Return what of an act is worth keeping beside its verdict."""
    return {**seen.detail, **({"busy": True} if seen.busy else {})}
