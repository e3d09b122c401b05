"""One command from its first byte to its verdict, over any wire: root first where it is asked for, then the frames, then the end.

Only the end mark makes a status. A deadline, a lost link, or a shell that stops without the mark gives Unknown once the command
was sent, and an error that says "nothing was done" before that.
"""

import math
import secrets
from dataclasses import dataclass, field

from healer.model.command import Command, CommandResult
from healer.model.errors import BecomeError, UnreachableError
from healer.model.facts import Unknown
from healer.model.secret import Secret
from healer.ports import Clock, Sink
from healer.remote.frames import Stream, run_payload
from healer.remote.sudo import Answer, Become, advice
from healer.remote.wire import Heard, Wire

BECOME_PATIENCE = 30.0
"""Seconds that sudo may take. PAM modules that ask a directory are slow; a prompt that we do not see would wait for ever."""
SLICE = 64 * 1024


def fresh_nonce() -> str:
    """Return 128 bits that nobody can guess."""
    return secrets.token_hex(16)


@dataclass(slots=True)
class Exchange:
    """A command on its way. The wire belongs to the exchange until `run` returns; it is abandoned then, ended or not."""

    host: str
    wire: Wire
    clock: Clock
    command: Command
    sink: Sink | None = None
    out: Stream = field(init=False)
    err: Stream = field(init=False)
    _outbox: bytes = b""
    _sent: int = 0

    def __post_init__(self) -> None:
        """Give both streams the same fresh nonce."""
        nonce = fresh_nonce()
        self.out, self.err = Stream(nonce, self.command.limit, sink=self.sink), Stream(nonce, self.command.limit)

    def run(self, become: Become | None = None) -> CommandResult:
        """Do it. Raises BecomeError or UnreachableError only when the command was not sent."""
        deadline = self.clock.monotonic() + self.command.timeout
        try:
            if become is not None:
                self._become(become, min(deadline, self.clock.monotonic() + BECOME_PATIENCE))
            return self._talk(deadline)
        finally:
            self.wire.abandon()

    def _become(self, become: Become, deadline: float) -> None:
        self._outbox = become.opening()
        while True:
            heard = self._step(deadline)
            answer = become.feed(heard.out, heard.err)
            if answer is Answer.ROOT:
                return
            if answer is Answer.PASSWORD:
                self._outbox += become.password_line()
            elif answer is Answer.REFUSED:
                raise self._no_root(become, become.refusal)
            elif heard.cut:
                raise UnreachableError(self.host, f"The link broke before the command was sent: {heard.cut}.")
            elif heard.ended:
                raise self._no_root(become, "sudo ended without giving root")
            elif self.clock.monotonic() >= deadline:
                raise self._no_root(become, "sudo did not answer in time")

    def _no_root(self, become: Become, reason: str) -> BecomeError:
        words = become.words()
        said = f" It said: {words}." if words else ""
        return BecomeError(self.host, f"Logged in, but {reason}.{said}", advice=advice(words, password_given=become.password is not None))

    def _talk(self, deadline: float) -> CommandResult:
        self._outbox, self._sent = run_payload(self.out.nonce, self.command.argv) + self.command.stdin, 0
        while True:
            heard = self._step(deadline, last=True)
            self.out.feed(heard.out)
            self.err.feed(heard.err)
            if self.command.beat and self.sink is not None and not heard.out:
                self.sink(b"")
            if self.out.status is not None and self.err.status is not None:
                return self._result(self.out.status)
            if heard.cut:
                return self._result(Unknown(f"the link broke before the command's end was seen: {heard.cut}"))
            if heard.ended:
                return self._stopped()
            if self.clock.monotonic() >= deadline:
                return self._result(Unknown(f"no end within {self.command.timeout:g} s; the command may still be running"))

    def _step(self, deadline: float, *, last: bool = False) -> Heard:
        """Send what fits, then listen. `last` closes the input once all is sent."""
        taken = self.wire.send(self._outbox[self._sent : self._sent + SLICE]) if self._outbox else 0
        self._sent += taken
        if self._sent < len(self._outbox):
            return self.wire.receive(0.0 if taken else 0.01)
        self._outbox, self._sent = b"", 0
        if last:
            self.wire.end_input()
        return self.wire.receive(max(0.0, min(deadline - self.clock.monotonic(), self.command.beat or math.inf)))

    def _result(self, status: int | Unknown) -> CommandResult:
        self.out.settle()
        self.err.settle()
        truncated = self.out.truncated or self.err.truncated
        return CommandResult(status, bytes(self.out.content), bytes(self.err.content), truncated)

    def _stopped(self) -> CommandResult:
        """Judge a shell that ended without the end mark. Without a begin mark the command was never started."""
        if self.out.begun or self.err.begun:
            return self._result(Unknown("the shell that watched over the command ended before it"))
        said = b" ".join((self.out.seen() + b"\n" + self.err.seen()).split()).decode("utf-8", "replace")[-500:]
        raise UnreachableError(
            self.host,
            f"The account's login shell did not start a POSIX shell. It said: {said or 'nothing'}.",
            advice=f"See what `ssh {self.host} sh -c true` prints.",
        )


def begin_become(password: Secret | None) -> Become:
    """Return a talk with sudo under fresh nonces."""
    return Become(ready=fresh_nonce(), prompt=f"healer-{fresh_nonce()}:", password=password)
