"""The job protocol as the controller sees it: each act goes through the host's gate once, and is asked for as often as needed.

What the host says is the truth; a broken link is `unasked`, never a result and never a reason to start again.
"""

import math
import re
from collections.abc import Callable

from healer.model.errors import HostError, OutcomeUnknown, RefusedError, UnreachableError
from healer.model.facts import Unknown
from healer.model.job import JobReport, JobSpec, Lease
from healer.ports import Clock, Remote
from healer.remote.gate import Answer, Gate, script
from healer.remote.lease import Leases

ACT = re.compile(r"[0-9a-f-]{8,64}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
CHUNK = 64 * 1024
FORGOTTEN = 13
NAPS = 10
"""Tenths of a second for which a host holds back its answer about an act that runs, waiting for its end."""
STATES = frozenset({"absent", "running", "ended", "lost"})
Watcher = Callable[[bytes], None]


class Jobs:
    """The acts on one host. `root` is the host's root folder; `grace` are the seconds between TERM and KILL at a timeout."""

    def __init__(self, remote: Remote, *, root: str = "/", grace: float = 10.0) -> None:
        self._gate = Gate(remote, root=root)
        self._leases = Leases(self._gate)
        self._grace = grace

    def take_lease(self, holder: str, seconds: float = 120, over: Lease | None = None) -> Lease:
        """Return the lease in force for `holder`, see Leases.take. Raises RefusedError, or what Remote.run raises."""
        return self._leases.take(holder, seconds, over)

    def renew(self, lease: Lease) -> Lease:
        """Prolong the lease. Raises RefusedError when it is no longer the current one."""
        return self._leases.renew(lease)

    def release(self, lease: Lease) -> None:
        """Give the lease back; without effect when it is no longer the current one."""
        self._leases.release(lease)

    def start(self, lease: Lease, spec: JobSpec) -> JobReport:
        """Let the act begin, or attach to it when this id has begun before. A foreground act is waited for.

        Raises RefusedError when lease or boot are not the current ones or another act runs: nothing was done then.
        `unasked` says that the answer was not seen: poll, or call this again with the same spec, which cannot start it twice.
        """
        arguments = (checked(spec.act), _yes(spec.detached), lease.holder, lease.boot_id, lease.epoch, len(spec.stdin), CHUNK)
        patience = 60.0 if spec.detached else spec.timeout + self._grace + 60.0
        return self._report(
            0, lambda: self._gate.ask("job_start", *arguments, stdin=self._input(lease, spec), timeout=patience, limit=CHUNK)
        )

    def poll(self, act: str, offset: int = 0, *, detached: bool, linger: bool = False, limit: int = CHUNK) -> JobReport:
        """Ask for the act and its output from byte `offset` on, or its last bytes if that is below 0. Changes nothing on the host.

        Raises RefusedError on a tampered folder.
        """
        checked(act)
        return self._report(offset, lambda: self._gate.ask("job_poll", act, _yes(detached), offset, limit, NAPS * linger, limit=limit))

    def wait(
        self, lease: Lease, spec: JobSpec, *, clock: Clock, deadline: float, on_output: Watcher | None = None, offset: int = 0
    ) -> JobReport:
        """Poll until the act is no longer running, the host cannot be asked, or `clock.monotonic()` passes `deadline`; never start it.

        `on_output` gets the output piece by piece from `offset` on. The report's `output` is the end of it, at most CHUNK bytes, and
        `next_offset` says where to go on after a reconnect. The lease is renewed meanwhile.
        """
        renewed, pause, tail = clock.monotonic(), 0.2, b""
        while True:
            report = self.poll(spec.act, offset, detached=spec.detached)
            if report.output and on_output is not None:
                on_output(report.output)
            tail, offset = (tail + report.output)[-CHUNK:], report.next_offset
            if _settled(report) or clock.monotonic() >= deadline:
                return JobReport(report.state, report.status, tail, offset, report.reason)
            if len(report.output) < CHUNK:
                clock.sleep(pause)
                pause = min(pause * 1.5, 2.0)
            if clock.monotonic() - renewed > lease.seconds / 2:
                self._keep(lease)
                renewed = clock.monotonic()

    def clean(self, act: str) -> None:
        """Remove the act's folder after its result was journalled. Raises RefusedError while it runs."""
        self._gate.ask("job_clean", checked(act))

    def sweep(self, older_than: float) -> int:
        """Tidy up after acts that ended more than `older_than` seconds ago by the host's clock; return how many.

        What an act was and printed goes; that it was let in, and its result, stay for FORGOTTEN times as long: a run that is resumed late
        must still find the gate closed.
        """
        minutes = max(1, math.ceil(older_than / 60))
        answer = self._gate.ask("job_clean", "--aged", minutes, FORGOTTEN * minutes)
        count = answer.head.removeprefix("cleaned ")
        if not count.isdigit():
            raise HostError(self._gate.host, f"the gate's answer makes no sense: {answer.head[:200]!r}.")
        return int(count)

    def _keep(self, lease: Lease) -> None:
        """Renew without complaint: an act that runs keeps the host anyway, and the next act's gate decides."""
        try:
            self._leases.renew(lease)
        except (RefusedError, UnreachableError, OutcomeUnknown):
            return

    def _report(self, offset: int, ask: Callable[[], Answer]) -> JobReport:
        try:
            answer = ask()
        except (UnreachableError, OutcomeUnknown) as error:
            return JobReport("unasked", Unknown(error.message), b"", offset, error.message)
        state, _, rest = answer.head.partition(" ")
        status, _, reason = rest.partition(" ")
        if state == "starting":
            return JobReport("unasked", Unknown(reason), b"", offset, reason)
        if state not in STATES:
            raise HostError(self._gate.host, f"the gate's answer makes no sense: {answer.head[:200]!r}.")
        known = int(status) if state == "ended" and status.isdigit() else Unknown(reason or "no result yet")
        return JobReport(state, known, answer.body, offset + len(answer.body), "" if reason == "exited" else reason)

    def _input(self, lease: Lease, spec: JobSpec) -> bytes:
        parts = (spec_text(lease, spec, self._grace), b".\n", script("job_wrapper").encode(), b".\n", spec.stdin)
        return b"".join(parts)


def checked(act: str) -> str:
    """Return the act's id, which names a folder and a unit. Raises ValueError unless it is 8 to 64 of `0-9a-f-`."""
    if not ACT.fullmatch(act):
        raise ValueError(f"not the id of an act: {act!r}")
    return act


def spec_text(lease: Lease, spec: JobSpec, grace: float) -> bytes:
    """Return the spec as the wrapper reads it, a line each. Raises ValueError for what no process could be given."""
    if not spec.argv:
        raise ValueError("an act needs a command")
    lines = [
        f"lease {lease.holder} {lease.boot_id} {lease.epoch} {int(lease.seconds)}",
        f"limits {math.ceil(spec.timeout)} {math.ceil(grace)}",
    ]
    if spec.directory:
        lines.append(f"cd {escaped(spec.directory)}")
    for name, value in spec.environment.items():
        if not VARIABLE.fullmatch(name):
            raise ValueError(f"not the name of an environment variable: {name!r}")
        lines.append(f"env {escaped(f'{name}={value}')}")
    lines += [f"arg {escaped(word)}" for word in spec.argv]
    return "".join(f"{line}\n" for line in lines).encode()


def escaped(text: str) -> str:
    r"""Return the text as one line for `printf %b`: every byte but the harmless ones as \0ooo. Raises ValueError on a NUL."""
    raw = text.encode("utf-8", "surrogateescape")
    if b"\0" in raw:
        raise ValueError("a word of a command cannot hold a NUL")
    return "".join(chr(byte) if 32 <= byte < 127 and byte != 92 else f"\\0{byte:03o}" for byte in raw)


def _settled(report: JobReport) -> bool:
    """Whether asking again would tell nothing more: a full chunk means that there is more to read."""
    return report.state != "running" and (report.state != "ended" or len(report.output) < CHUNK)


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
