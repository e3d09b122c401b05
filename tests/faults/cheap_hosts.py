"""Hosts that outlive their control node: they live in the test's own process, and a forked child speaks to them over a pipe.

They are the hosts of the stories with a memory of their own: what was begun when, by whose lease, in which boot. Long acts go on while
nobody looks: their start says `running`, and the next look finds the end.
"""

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

from fake_host import FakeGate, FakeHost
from host_record import Act, Begun, HostRecord
from world import World

from healer.model.command import Command, CommandResult
from healer.model.errors import HostError
from healer.model.facts import Facts
from healer.model.host import Host
from healer.model.job import JobReport, JobSpec, Lease
from healer.ports import Remote
from healer.remote.scripted import ScriptedRemote


@dataclass
class Memory:
    """What a host remembers of its acts and boots, whatever has become of the control node."""

    acts: list[Act] = field(default_factory=list)
    boots: list[str] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    answered: int = 0

    def began(self, act: str, holder: str, *, detached: bool, boot: str) -> None:
        """Remember that an act was let in."""
        self.acts.append(Act(act, detached, Begun(boot, 1, 1, holder), float(len(self.acts)), None, "", None, ""))

    def ended(self, report: JobReport) -> None:
        """Remember the end of the newest act."""
        self.acts[-1] = replace(self.acts[-1], status=int(str(report.status)), ended=len(self.acts) - 0.5, output=report.output.decode())


class CheapGate(FakeGate):
    """The gate of the stories, with a memory, and with acts that are still running when their start is answered."""

    def __init__(self, host: FakeHost, memory: Memory) -> None:
        super().__init__(host)
        self.memory = memory

    def start(self, lease: Lease, spec: JobSpec) -> JobReport:
        """Let the act in once."""
        fresh, boot, dies = spec.act not in self.host.acts, self.host.boot_id, self.host.on_effect

        def done(host: FakeHost, what: str) -> None:
            self.memory.began(spec.act, lease.holder, detached=spec.detached, boot=boot)
            self.memory.ended(host.acts.get(spec.act) or JobReport("ended", 0))
            dies(host, what)

        self.host.on_effect = done
        try:
            report = super().start(lease, spec)
        finally:
            self.host.on_effect = dies
        if fresh and spec.detached and report.state == "ended":
            self.memory.unread.add(spec.act)
            return JobReport("running")
        return report


@dataclass
class Hosts:
    """The fleet behind the pipe: serves one control node at a time, and goes on when that dies. Time is here too.

    `kills_at` is the number of the request at which the control node is killed; an odd number kills before the request is heeded, an
    even one after and before it is answered. `signals` are what it is sent: the first one then, the second one when it says that it
    has heard the first. `struck_after` is how much had been done on all hosts by then.
    """

    world: World
    memories: dict[str, Memory] = field(default_factory=dict)
    requests: int = 0
    kills_at: int = 0
    signals: tuple[int, ...] = (signal.SIGKILL,)
    struck_after: int = 0

    def __post_init__(self) -> None:
        self.memories = {name: Memory(boots=[host.boot_id]) for name, host in self.world.hosts.items()}

    def serve(self, pipe: Connection, child: int) -> Any:
        """Answer until the control node has said its last word, which is returned; None when it died before."""
        while True:
            try:
                word, *arguments = pipe.recv()
            except (EOFError, ConnectionError):
                return None
            if word == "over":
                return arguments[0]
            if word == "stopping":
                os.kill(child, self.signals[1])
                continue
            self.requests += 1
            self._perhaps_kill(child, before=True)
            answer = self._answer(word, arguments)
            self._perhaps_kill(child, before=False)
            try:
                pipe.send(answer)
            except (BrokenPipeError, ConnectionError):
                return None

    def _perhaps_kill(self, child: int, *, before: bool) -> None:
        if self.requests == self.kills_at and before == bool(self.kills_at % 2):
            self.kills_at, self.struck_after = 0, len(self.world.log)
            os.kill(child, self.signals[0])

    def _answer(self, word: str, arguments: list[Any]) -> tuple[str, Any]:
        try:
            return "is", getattr(self, f"do_{word}")(*arguments)
        except HostError as error:
            return "raise", (type(error), error.host, error.message, error.advice)

    def do_now(self) -> datetime:
        return self.world.clock.now()

    def do_monotonic(self) -> float:
        return self.world.clock.monotonic()

    def do_sleep(self, seconds: float) -> None:
        self.world.clock.sleep(seconds)

    def do_connect(self, name: str) -> None:
        self.world[name].check_up()

    def do_look(self, name: str, names: tuple[str, ...]) -> Facts:
        return self.world[name].look(names)

    def do_command(self, name: str, command: Command) -> CommandResult:
        return self.world[name].command(command)

    def do_gate(self, name: str, word: str, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        host = self.world[name]
        answer = getattr(CheapGate(host, self.memories[name]), word)(*arguments, **options)
        if self.memories[name].boots[-1] != host.boot_id:
            self.memories[name].boots.append(host.boot_id)
        return answer

    def records(self) -> dict[str, HostRecord]:
        """Return what every host says, as the lab's hosts say it."""
        return {
            name: HostRecord(name, running=not host.down, boots=tuple(memory.boots), dpkg=(), acts=tuple(memory.acts), invocations={}, epoch=host.epoch)
            for name, memory in self.memories.items()
            for host in [self.world[name]]
        }  # fmt: skip


class Link:
    """The control node's end of the pipe. One question at a time, whoever asks."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._lock = pipe, Lock()

    def ask(self, word: str, *arguments: Any) -> Any:
        """Ask, and return the answer or raise what the host raised."""
        with self._lock:
            self._pipe.send((word, *arguments))
            kind, answer = self._pipe.recv()
        if kind == "raise":
            error, host, message, advice = answer
            raise error(host, message, advice=advice)
        return answer

    def over(self, last: Any) -> None:
        """Say the last word."""
        with self._lock:
            self._pipe.send(("over", last))

    def stopping(self) -> None:
        """Say that a signal was heard; there is no answer."""
        with self._lock:
            self._pipe.send(("stopping",))

    # ports.Clock
    def now(self) -> datetime:
        return self.ask("now")

    def monotonic(self) -> float:
        return self.ask("monotonic")

    def sleep(self, seconds: float) -> None:
        self.ask("sleep", seconds)

    def jitter(self, most: float) -> float:
        return most * 0.0

    def connect(self, host: Host) -> Remote:
        """Log in."""
        self.ask("connect", host.name)
        return ScriptedRemote(host.name, lambda command: self.ask("command", host.name, command))

    def look(self, remote: Remote, names: Any, _vantages: object) -> Facts:
        """Read facts."""
        return self.ask("look", remote.host, tuple(names))

    def gate(self, remote: Remote) -> "FarGate":
        """Open the job protocol."""
        return FarGate(self, remote.host)


class FarGate:
    """A host's gate over the pipe (ports.Gate)."""

    def __init__(self, link: Link, host: str) -> None:
        self._link, self._host = link, host

    def __getattr__(self, word: str) -> Callable[..., Any]:
        return lambda *arguments, **options: self._link.ask("gate", self._host, word, arguments, options)
