"""A host in a folder: the real scripts run by a real sh on this machine, with a root, an uptime and a boot id of their own."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from healer.model.command import Command, CommandResult
from healer.model.errors import OutcomeUnknown
from healer.model.facts import Unknown
from healer.model.job import JobReport, JobSpec
from healer.ports import ByteStream
from healer.remote.jobs import Jobs

BOOT = "11111111-2222-3333-4444-555555555555"
OTHER_BOOT = "99999999-2222-3333-4444-555555555555"
ACT = "00000000-0000-5000-8000-000000000001"
NEXT = "00000000-0000-5000-8000-000000000002"


@dataclass
class LocalHost:
    """A Remote that runs the command here. `faults` are played before the real thing, one a call; None means: no fault."""

    root: Path
    shell: str = "/bin/sh"
    host: str = "web1"
    path: str = "/usr/bin:/bin"
    faults: list[Exception | None] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.root / "proc/sys/kernel/random").mkdir(parents=True)
        self.boot(BOOT)
        self.uptime(1000)

    def boot(self, boot_id: str) -> None:
        """Give the host a boot id."""
        (self.root / "proc/sys/kernel/random/boot_id").write_text(f"{boot_id}\n")

    def uptime(self, seconds: int) -> None:
        """Set the host's uptime."""
        (self.root / "proc/uptime").write_text(f"{seconds}.57 12.00\n")

    def run(self, command: Command) -> CommandResult:
        """Run it with a shell of our choice; a broken link is played after the command was done."""
        self.commands.append(command)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and not isinstance(fault, OutcomeUnknown):
            raise fault
        argv = [*self.shell.split(), *command.argv[1:]]
        done = subprocess.run(argv, input=command.stdin, capture_output=True, timeout=60, env={"PATH": self.path}, check=False)
        if isinstance(fault, OutcomeUnknown):
            return CommandResult(Unknown("the link broke"))
        return CommandResult(done.returncode, done.stdout[: command.limit], done.stderr, len(done.stdout) > command.limit)

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        """Refuse: nothing here dials."""
        raise OSError(f"{address}:{port} within {timeout}")

    def relogin(self, timeout: float) -> None:
        """Stay logged in."""

    def fabric_connection(self) -> object:
        """Give nothing."""
        return None

    def close(self) -> None:
        """Have nothing to close."""


@dataclass
class Ticks:
    """A clock whose sleep moves its own time on and waits a tenth of it, at most."""

    time: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        """Return the played time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.sleeps.append(seconds)
        self.time += seconds
        subprocess.run(["sleep", "0.1"], check=True)


def shell(script: str, *arguments: str, act: str = ACT, **options: object) -> JobSpec:
    """Give an act that runs a static script."""
    return JobSpec(act, ("sh", "-c", script, "act", *arguments), **options)  # type: ignore[arg-type]


def until(condition: Callable[[], bool]) -> None:
    """Wait for another process, not for a time; the test's own time limit bounds it."""
    while not condition():
        time.sleep(0.05)


def settled(jobs: Jobs, act: str = ACT) -> JobReport:
    """Poll a detached act until it no longer runs."""
    until(lambda: jobs.poll(act, detached=True).state != "running")
    return jobs.poll(act, detached=True)


def folder(host: LocalHost, act: str = ACT, *, detached: bool = True) -> Path:
    """Return the act's folder on the host."""
    return host.root / ("var/lib/healer/jobs" if detached else "run/healer/jobs") / act
