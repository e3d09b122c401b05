"""Boots a host and proves it by three witnesses: another boot id, a mark in /run that is gone, and the kernel that was planned.

A host that is slow is not a host that failed: it is asked again until the time is over, and only then called unknown.
"""

from dataclasses import dataclass

from healer.model.action import Reboot
from healer.model.command import Command
from healer.model.errors import HostError, HostKeyError, RefusedError
from healer.model.facts import Identity, Kernel, Unknown, Verdict
from healer.model.job import JobReport, JobSpec
from healer.rollout.doors import Doors
from healer.rollout.seen import Seen
from healer.rollout.session import Session

LEAVE_MARK = """umask 077; mkdir -p /run/healer && : > "/run/healer/mark-$1" && sync
if [ -d /run/systemd/system ]; then systemctl reboot; else reboot; fi"""
SEE_MARK = '[ -e "/run/healer/mark-$1" ] && exit 10; [ -w /var/lib/healer ] || exit 11; exit 0'
NOT_YET = {0: "", 10: "the mark in /run is still there", 11: "/var/lib/healer is on a file system that is read-only"}
ASK_AGAIN = (2.0, 2.0, 3.0, 5.0)
"""Seconds between attempts to log in while the host boots; the last one repeats."""


@dataclass(frozen=True, slots=True)
class _Before:
    boot_id: str
    container: bool


def reboot(verb: Reboot, session: Session, doors: Doors, act: str, boot_before: str) -> Seen:
    """Boot it and wait for the proof. `boot_before` is the boot that the intent was written in: where the host has left it already
    (we were killed meanwhile), nothing is sent and the boot is only proved.
    """
    identity = session.look(("identity",)).read("identity", Identity)
    if isinstance(identity, Unknown):
        return Seen(Verdict.UNKNOWN, reason=f"not booted: {identity.reason}")
    before = _Before(boot_before or identity.boot_id, bool(identity.container))
    if identity.boot_id == before.boot_id:
        report = _send(JobSpec(act, ("sh", "-c", LEAVE_MARK, "healer", act), timeout=120.0, detached=True), session)
        if report.state == "ended" and isinstance(report.status, int) and report.status != 0:
            return Seen(Verdict.BAD, reason=f"the host refused to boot: exit code {report.status}", status=report.status)
    session.lose_lease()
    return _prove(verb, session, doors, act, before)


def _send(spec: JobSpec, session: Session) -> JobReport:
    """Start the boot. The answer is often lost with the link, or killed with the gate: then the witnesses tell."""
    try:
        return session.start(spec)
    except RefusedError:
        raise
    except HostError as error:
        return JobReport("unasked", reason=error.message)


def _prove(verb: Reboot, session: Session, doors: Doors, act: str, before: _Before) -> Seen:
    began = doors.clock.monotonic()
    reason, tries = "it has not come back", 0
    while doors.clock.monotonic() - began < verb.timeout:
        doors.pause(ASK_AGAIN[min(tries, len(ASK_AGAIN) - 1)])
        tries += 1
        try:
            reason = _not_yet(_afresh(session), act, before)
        except HostKeyError as error:
            return Seen(Verdict.BAD, changed=True, reason=f"came back with another host key: {error.message}")
        except HostError as error:
            reason = error.message
            continue
        if not reason:
            return _stays(verb, session, doors, began)
    return Seen(Verdict.UNKNOWN, changed=True, reason=f"not back after {verb.timeout:g} s: {reason}")


def _afresh(session: Session) -> Session:
    """Log in anew and believe nothing that was read before. A host that boots refuses logins and sudo for a while."""
    session.drop()
    session.forget(("*",))
    return session


def _not_yet(session: Session, act: str, before: _Before) -> str:
    """Return why the boot is not proved yet, or an empty text when it is."""
    identity = session.look(("identity", "kernel")).read("identity", Identity)
    if isinstance(identity, Unknown):
        return identity.reason
    if not _is_boot_id(identity.boot_id):
        return "the host shows no boot id"
    if identity.boot_id == before.boot_id and not before.container:
        return "the boot id is still the old one"
    mark = session.remote.run(Command(("sh", "-c", SEE_MARK, "healer", act), timeout=20.0, become=True))
    if isinstance(mark.status, Unknown):
        return mark.status.reason
    return NOT_YET.get(mark.status, f"the mark in /run could not be looked for: exit code {mark.status}")


def _is_boot_id(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


def _stays(verb: Reboot, session: Session, doors: Doors, began: float) -> Seen:
    """Judge the kernel, then see that the host is still in the same boot after a while. One that went down again is waited for."""
    seconds = round(doors.clock.monotonic() - began, 1)
    facts = session.known()
    booted, kernel = facts.read("identity", Identity), facts.read("kernel", Kernel)
    if verb.expected_kernel and not isinstance(kernel, Unknown) and kernel.applicable and kernel.running != verb.expected_kernel:
        return Seen(Verdict.BAD, changed=True, reason=f"runs kernel {kernel.running}, planned was {verb.expected_kernel}")
    if verb.expected_kernel and isinstance(kernel, Unknown):
        return Seen(Verdict.UNKNOWN, changed=True, reason=f"came back, but which kernel runs is not known: {kernel.reason}")
    doors.pause(verb.stay_up)
    later = _later(verb, session, doors, began)
    if isinstance(booted, Unknown) or isinstance(later, Unknown):
        return Seen(Verdict.UNKNOWN, changed=True, reason="came back, but could not be read again after a while")
    if booted.boot_id != later.boot_id:
        return Seen(Verdict.BAD, changed=True, reason=f"booted again by itself within {verb.stay_up:g} s: a boot loop")
    detail = {"seconds": seconds, "boot_id": later.boot_id}
    return Seen(Verdict.GOOD, changed=True, reason=f"back after {seconds:g} s", detail=detail)


def _later(verb: Reboot, session: Session, doors: Doors, began: float) -> Identity | Unknown:
    """Read the identity again, over the same login if that still lives, until it is had or the time for the boot is over."""
    session.forget(("*",))
    while True:
        try:
            return session.look(("identity",)).read("identity", Identity)
        except HostError as error:
            found = Unknown(error.message)
        if doors.clock.monotonic() - began >= verb.timeout:
            return found
        _afresh(session)
        doors.pause(ASK_AGAIN[-1])
