"""Performs one action on one host. The verbs are a closed set; each has one function here or in a file of its own.

A broken link while an act runs is no failure: the act goes on without us, so we log in again and ask.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from healer.discovery import plugins
from healer.model.action import CallPython, Job, LookAgain, ProbeUntil, PutFile, Reboot, Relogin, Run, Verb
from healer.model.command import Command
from healer.model.errors import OutcomeUnknown, RefusedError, UnreachableError
from healer.model.facts import Unknown, Verdict
from healer.model.job import JobReport, JobSpec
from healer.observe.probes.contract import Probe, Vantage
from healer.observe.vantage import ControlVantage
from healer.rollout.doors import Doors
from healer.rollout.putting import put_spec
from healer.rollout.python_call import call_python
from healer.rollout.rebooting import reboot
from healer.rollout.seen import OUTPUT_KEPT, Codes, Seen, judge_report, judge_status, tail
from healer.rollout.session import Session
from healer.verify.settle import probe_until

POLL_EVERY = (0.2, 0.5, 1.0, 2.0)
"""Seconds between looks at a running job; the last one repeats."""
PUT_CHANGED = 100
"""Exit code of the placing script that says: the file was not as wanted and now is."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an action is performed: the host's session, the act's id, who else can be asked from, and how root is had.

    `boot_id` is the boot that the intent was written in. `prefix` is put before the argument list of runs that shall not be root
    (`runuser -u NAME --`), empty for root.
    """

    session: Session
    doors: Doors
    act: str
    elsewhere: Callable[[str], Session]
    boot_id: str = ""
    prefix: tuple[str, ...] = ()
    become: bool = True


def perform(verb: Verb, scene: Scene) -> Seen:
    """Carry the verb out and say what was seen. Raises UnreachableError only where nothing was sent, and Stopped."""
    try:
        return _perform(verb, scene)
    except RefusedError as error:
        return Seen(Verdict.BAD, reason=f"the host's gate refused: {error.message}", detail={"refused": True})
    except OutcomeUnknown as error:
        scene.session.drop()
        return Seen(Verdict.UNKNOWN, changed=True, reason=error.message)


def _perform(verb: Verb, scene: Scene) -> Seen:
    match verb:
        case Run(mutating=False):
            return _look_by_command(verb, scene)
        case Run() | Job() | PutFile():
            spec, codes = spec_of(verb, scene)
            return judge_report(*_await(spec, scene), codes)
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


def spec_of(verb: Run | Job | PutFile, scene: Scene) -> tuple[JobSpec, Codes]:
    """Return what the gate is given for a verb, and how its exit codes are read."""
    if isinstance(verb, PutFile):
        return put_spec(verb, scene.act), Codes(accepted=(0, PUT_CHANGED), changed=(PUT_CHANGED,))
    if isinstance(verb, Job):
        argv = ("sh", "-c", verb.script, "healer", *verb.arguments)
        codes = Codes(verb.accepted, verb.changed_codes, verb.busy_codes, verb.exit_meanings)
        return JobSpec(scene.act, argv, verb.stdin.encode(), verb.timeout, detached=True), codes
    spec = JobSpec(
        scene.act,
        (*scene.prefix, *verb.argv),
        verb.stdin.encode(),
        verb.timeout,
        environment=verb.environment,
        directory=verb.directory,
    )
    return spec, Codes(verb.accepted, verb.changed_codes)


def _look_by_command(verb: Run, scene: Scene) -> Seen:
    result = scene.session.remote.run(Command(verb.argv, verb.stdin.encode(), verb.timeout, become=scene.become))
    if isinstance(result.status, Unknown):
        scene.session.drop()
        return Seen(Verdict.UNKNOWN, reason=result.status.reason, output=tail(result.stdout + result.stderr))
    seen = judge_status(result.status, tail(result.stdout + result.stderr), Codes(verb.accepted, verb.changed_codes or ()))
    return Seen(seen.verdict, seen.changed, seen.reason, seen.status, seen.output, tail(result.stdout))


def _await(spec: JobSpec, scene: Scene) -> tuple[JobReport, bytes]:
    """Start the act, or attach to it, and follow it to its end, logging in again as often as the time allows."""
    deadline = scene.doors.clock.monotonic() + spec.timeout + 60.0
    report = _start(spec, scene)
    output, looks = report.output, 0
    while report.state in ("running", "unasked") and scene.doors.clock.monotonic() < deadline:
        scene.doors.pause(POLL_EVERY[min(looks, len(POLL_EVERY) - 1)])
        looks += 1
        offset = report.next_offset
        report = _poll(spec, offset, scene)
        if report.state == "unasked":
            report = JobReport("unasked", reason=report.reason, next_offset=offset)
        output = (output + report.output)[-2 * OUTPUT_KEPT :]
    return report, output


def _start(spec: JobSpec, scene: Scene) -> JobReport:
    try:
        return scene.session.start(spec)
    except OutcomeUnknown as error:
        scene.session.drop()
        return JobReport("unasked", reason=error.message)


def _poll(spec: JobSpec, offset: int, scene: Scene) -> JobReport:
    try:
        return scene.session.gate.poll(spec.act, offset, detached=spec.detached)
    except (UnreachableError, OutcomeUnknown) as error:
        scene.session.drop()
        return JobReport("unasked", reason=error.message)


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
        clock=scene.doors.clock,
    )
    return Seen(answer.verdict, reason=answer.reason, stdout=answer.reason)


def _vantage(origin: str, scene: Scene) -> Vantage:
    if origin == "control":
        return ControlVantage()
    return scene.session.remote if origin == "host" else scene.elsewhere(origin).remote


def detail_of(seen: Seen) -> Mapping[str, object]:
    """Return what of an act is worth keeping beside its verdict."""
    return {**seen.detail, **({"busy": True} if seen.busy else {})}
