"""Performs one action on one host. The verbs are a closed set; each has one function here or in a file of its own.

A broken link while an act runs is no failure: the act goes on without us, so we log in again and ask.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from healer.discovery import plugins
from healer.failpoints import reach
from healer.model.action import Archive, CallPython, Free, Gather, Job, LookAgain, ProbeUntil, PutFile, Reboot, Relogin, Run, Verb
from healer.model.command import Command
from healer.model.errors import BecomeError, HostError, OutcomeUnknown, RefusedError, UnreachableError
from healer.model.facts import Unknown, Verdict
from healer.model.job import JobReport, JobSpec
from healer.observe.probes.contract import Probe, Vantage
from healer.observe.vantage import ControlVantage
from healer.rollout import archiving, freeing
from healer.rollout.archiving import Streaming, folder_spec, kept_on_host
from healer.rollout.doors import Doors, StoppableClock
from healer.rollout.freeing import free_spec, freed
from healer.rollout.gathering import gather
from healer.rollout.putting import put_spec
from healer.rollout.python_call import call_python
from healer.rollout.rebooting import reboot
from healer.rollout.seen import OUTPUT_KEPT, Codes, Seen, judge_report, judge_status, tail
from healer.rollout.session import Session
from healer.verify.settle import probe_until

POLL_EVERY = (0.2, 0.5, 1.0, 2.0)
"""Seconds between looks at a job; the last one repeats."""
WHILE_IT_RUNS = 0.5
"""Seconds between looks at most while the host answers: it holds each answer back for a second itself, waiting for the job's end."""
GRACE = 60.0
"""Seconds that the host gets beyond an act's own time to tell its end."""
UNANSWERED = 120.0
UNANSWERED_DETACHED = 600.0
"""Seconds without any answer after which an act's outcome is called unknown, a foreground one's and a detached one's."""
ENTER = 'cd -- "$1" && shift && exec "$@"'
FULL = 64 * 1024
"""Bytes of output that an answer holds at most: there may be more then."""
PUT_CHANGED = 100
"""Exit code of the placing script that says: the file was not as wanted and now is."""

Gated = Run | Job | PutFile | Archive | Free
"""Verbs that go through the host's gate; an archive does so when it is kept there."""
NEVER = 30 * 86400.0
"""Seconds after which a host ends an act that is not to be ended: longer than any run can be resumed."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an action is performed: the host's session, the act's id, who else can be asked from, and how root is had.

    `boot_id` is the boot that the intent was written in. `begun` means that the act may have been let in before this process knew
    of it: then a refusal proves nothing. `prefix` is put before the argument list of runs and placed files that
    shall not be root's (`runuser -u NAME --`), empty for root. `attempt` counts from 1.
    """

    session: Session
    doors: Doors
    act: str
    elsewhere: Callable[[str], Session]
    boot_id: str = ""
    prefix: tuple[str, ...] = ()
    become: bool = True
    begun: bool = False
    attempt: int = 1


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
        case Archive(folder=""):
            return Streaming(verb, scene.session, scene.doors, scene.act, scene.become).archive()
        case Gather():
            return gather(verb, scene.session, become=scene.become)
        case Run() | Job() | PutFile() | Archive() | Free():
            return _let_in(verb, scene)
        case Reboot():
            return reboot(verb, scene.session, scene.doors, scene.act, scene.boot_id)
        case Relogin():
            scene.session.remote.relogin(verb.timeout)
            return Seen(Verdict.GOOD, reason="a second login worked")
        case ProbeUntil():
            return _probe(verb, scene)
        case CallPython():
            return call_python(verb, scene.session, scene.doors)
        case LookAgain():
            scene.session.forget(verb.facts or ("*",))
            return Seen(Verdict.GOOD)


def _let_in(verb: Gated, scene: Scene) -> Seen:
    """Let the act in through the gate and judge its end."""
    spec = numbered(spec_of(verb, scene.act, scene.prefix), scene.attempt)
    waited = verb.timeout if isinstance(verb, Job) else spec.timeout
    return seen_of(verb, *_await(spec, scene, waited))


def seen_of(verb: Gated, report: JobReport, output: bytes) -> Seen:
    """Return what the gate's report says of the verb."""
    seen = judge_report(report, output, codes_of(verb))
    if isinstance(verb, Free):
        return freed(verb, seen)
    return kept_on_host(verb, seen) if isinstance(verb, Archive) else seen


def spec_of(verb: Gated, act: str, prefix: tuple[str, ...] = ()) -> JobSpec:
    """Return what the gate is given for a verb. `prefix` as in Scene."""
    if isinstance(verb, (PutFile, Archive, Free)):
        spec = _own_spec(verb, act)
        return replace(spec, argv=(*prefix, *spec.argv))
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


def _own_spec(verb: PutFile | Archive | Free, act: str) -> JobSpec:
    """Return the act of a verb that is carried out by a script of healer's own."""
    match verb:
        case PutFile():
            return put_spec(verb, act)
        case Archive():
            return folder_spec(verb, act)
        case Free():
            return free_spec(verb, act)


def numbered(spec: JobSpec, attempt: int) -> JobSpec:
    """Return the act with the number of its attempt in its environment; the first has none."""
    return spec if attempt == 1 else replace(spec, environment={**spec.environment, "HEALER_ATTEMPT": str(attempt)})


def codes_of(verb: Gated) -> Codes:
    """Return how the verb's exit codes are read."""
    if isinstance(verb, (Archive, Free)):
        return archiving.CODES if isinstance(verb, Archive) else freeing.CODES
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
    report = _with_its_end(spec, _asked(scene.session, lambda: scene.session.start(spec)), scene)
    output, looks, answered = report.output, 0, clock.monotonic()
    end, patience = answered + seconds + GRACE, UNANSWERED_DETACHED if spec.detached else UNANSWERED
    while report.state in ("running", "unasked") and clock.monotonic() < min(end, answered + patience):
        pause = POLL_EVERY[min(looks, len(POLL_EVERY) - 1)]
        scene.doors.pause(min(pause, WHILE_IT_RUNS) if report.state == "running" else pause)
        looks += 1
        report = _again(spec, report.next_offset, scene)
        answered = answered if report.state == "unasked" else clock.monotonic()
        output = (output + report.output)[-2 * OUTPUT_KEPT :]
    return report, output


def _again(spec: JobSpec, offset: int, scene: Scene) -> JobReport:
    """Ask what became of the act, from where its output was read last."""
    report = poll(scene.session, spec.act, offset, detached=spec.detached, linger=True)
    if report.state == "absent":
        try:
            report = _asked(scene.session, lambda: scene.session.start(spec), known_absent=True)
        except RefusedError as error:
            report = JobReport("lost", reason=f"the link broke at its start, and now the gate refuses it: {error.message}")
    report = _with_its_end(spec, report, scene)
    return replace(report, next_offset=offset) if report.state == "unasked" else report


def _with_its_end(spec: JobSpec, report: JobReport, scene: Scene) -> JobReport:
    """Return the report with the end of the output, of which an act may have printed more than was read: the rest is passed over."""
    if report.state in ("running", "unasked") or len(report.output) < FULL:
        return report
    return poll(scene.session, spec.act, -OUTPUT_KEPT, detached=spec.detached)


def poll(session: Session, act: str, offset: int = 0, *, detached: bool, linger: bool = False) -> JobReport:
    """Ask the host for an act without starting anything. A host that cannot be asked is left, to be logged in to anew."""
    reach("job.poll")
    return _asked(session, lambda: session.gate.poll(act, offset, detached=detached, linger=linger))


def _asked(session: Session, ask: Callable[[], JobReport], *, known_absent: bool = False) -> JobReport:
    """Return the gate's answer, or `unasked` where there was none. Raises RefusedError.

    A gate that breaks down, or root that is not to be had, says nothing of the act either: the very packages that both are made of may be
    in the midst of their upgrade. Where the host has just said that it never heard of the act, a breakdown is raised.
    """
    try:
        report = ask()
    except RefusedError:
        raise
    except HostError as error:
        if known_absent and not isinstance(error, (UnreachableError, OutcomeUnknown, BecomeError)):
            raise
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
        clock=KeepingClock(scene.doors, scene.session),
    )
    return Seen(answer.verdict, reason=answer.reason, stdout=answer.reason)


@dataclass(frozen=True, slots=True)
class KeepingClock(StoppableClock):
    """Keeps the host's lease while a probe waits: nobody else shall begin there meanwhile."""

    session: Session

    def sleep(self, seconds: float) -> None:
        """Wait, or raise Stopped."""
        self.doors.pause(seconds)
        self.session.keep()


def _vantage(origin: str, scene: Scene) -> Vantage:
    if origin == "control":
        return ControlVantage()
    return scene.session.remote if origin == "host" else scene.elsewhere(origin).remote


def detail_of(seen: Seen) -> Mapping[str, object]:
    """Return what of an act is worth keeping beside its verdict."""
    return {**seen.detail, **({"busy": True} if seen.busy else {})}
