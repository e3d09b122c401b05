"""Looks at one host again and again over one login: a resident script there prints each round, and nothing is sent for it.

Whoever follows many hosts pays for hearing them, not for asking them.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from healer.clock import SystemClock
from healer.model.command import Command, CommandResult
from healer.model.errors import BecomeError, OutcomeUnknown
from healer.model.facts import Facts, Unknown
from healer.model.host import Value
from healer.observe.collect import all_facts, answer_of, fresh_nonce, read_all
from healer.observe.facts._questions import slowest
from healer.observe.facts.contract import Fact, Vantages
from healer.observe.sections import arguments, parse_rounds, resident, words_of
from healer.observe.vantage import nearest
from healer.ports import Clock, Remote

BEAT = 2.0
"""Seconds after which a wish to stop is noticed while nothing is printed."""
SILENT = 3
"""Periods without a word from the host after which it is no longer followed."""
MOST = 4 * 1024 * 1024
"""Bytes of one round that are kept."""
FOR_EVER = 365 * 86400.0
COMPLAINTS = 16 * 1024
"""Bytes of standard error that are kept: what the host says when it cannot even begin."""


class _Stop(Exception):
    """Nobody wants to hear any more."""


def follow(
    remote: Remote,
    names: Sequence[str],
    *,
    every: float,
    become: bool,
    variables: Mapping[str, Value],
    heard: Callable[[Facts], None],
    stopped: Callable[[], bool],
    vantages: Vantages | None = None,
) -> None:
    """Read these facts every so many seconds (at least 1) and call `heard` with each round, in this thread, until `stopped`.

    Rounds that come while `heard` is busy are passed over but for the last. Facts with `ask` are asked when a round is there. As in
    `collect` a look is made without root where none is to be had, and the words of facts come from the variables as they are now.

    Raises UnreachableError when it could not begin, and OutcomeUnknown when the host is not heard any more: the link broke, its script
    ended, it printed nothing for three periods, or more than can be kept. What `heard` raises ends it too.
    """
    facts = all_facts()
    asked = tuple(facts[name] for name in names if name in facts)
    places, patience = vantages or partial(nearest, remote), _patience(every, variables)
    row = _Row(remote.host, fresh_nonce(), asked, variables, places, SystemClock(), heard, stopped, patience)
    try:
        result = _listened(remote, row, math.ceil(max(every, 1.0)), become=become)
    except _Stop:
        return
    if not stopped():
        raise OutcomeUnknown(remote.host, f"It is not heard any more: {_why(result)}.")


def _patience(every: float, variables: Mapping[str, Value]) -> float:
    """Return the seconds of silence that are borne: a probe that takes its time delays its round."""
    return SILENT * max(every, 1.0) + slowest(variables)


def _listened(remote: Remote, row: "_Row", every: int, *, become: bool) -> CommandResult:
    text = resident(row.nonce, row.told, row.words, every=every, limit=math.ceil(row.patience))
    own = arguments(row.told, row.words)
    argv = ("sh", "-s", *(("--", *own) if own else ()))
    command = partial(Command, argv, text.encode(), timeout=FOR_EVER, limit=COMPLAINTS, beat=BEAT)
    row.begin()
    try:
        return remote.run(command(become=become), row.take)
    except BecomeError:
        return remote.run(command(become=False), row.take)


def _why(result: CommandResult) -> str:
    if isinstance(result.status, Unknown):
        return result.status.reason
    said = result.stderr.decode(errors="backslashreplace").strip().rpartition("\n")[2][:300]
    return f"its script ended with status {result.status}{': ' + said if said else ''}"


@dataclass(slots=True)
class _Row:
    """What has arrived of the rounds. `told` are the facts that have a script, with their words; `refused` those without words."""

    host: str
    nonce: str
    facts: tuple[Fact, ...]
    variables: Mapping[str, Value]
    vantages: Vantages
    clock: Clock
    heard: Callable[[Facts], None]
    stopped: Callable[[], bool]
    patience: float
    told: tuple[Fact, ...] = ()
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    refused: dict[str, Unknown] = field(default_factory=dict)
    _text: bytes = b""
    _last: float = 0.0

    def __post_init__(self) -> None:
        """Take the facts' words from the variables."""
        for fact in self.facts:
            found = words_of(fact, self.variables) if fact.ask is None else ()
            if isinstance(found, Unknown):
                self.refused[fact.name] = found
            else:
                self.words[fact.name] = found
        self.told = tuple(fact for fact in self.facts if fact.ask is None and fact.name in self.words)

    def begin(self) -> None:
        """Count the silence from now on."""
        self._last = self.clock.monotonic()

    def take(self, data: bytes) -> None:
        """Take what the host has printed; nothing is a beat. Raises _Stop and OutcomeUnknown."""
        if self.stopped():
            raise _Stop
        if data:
            self._arrived(data)
            self._last = self.clock.monotonic()
        elif (silent := self.clock.monotonic() - self._last) >= self.patience:
            raise OutcomeUnknown(self.host, f"It has printed nothing for {silent:.0f} s, though its connection lives.")

    def _arrived(self, data: bytes) -> None:
        self._text += data
        if len(self._text) > MOST:
            raise OutcomeUnknown(self.host, f"One look at it prints more than {MOST} bytes.")
        sections, rest = parse_rounds(self.nonce, self._text.decode(errors="backslashreplace"))
        if sections is not None:
            self._text = rest.encode()
            self._tell(read_all(self.told, sections))

    def _tell(self, readings: Mapping[str, object]) -> None:
        asked = {fact.name: answer_of(fact.ask, self.variables, self.vantages, self.clock) for fact in self.facts if fact.ask is not None}
        if self.stopped():
            raise _Stop
        self.heard(Facts({**readings, **self.refused, **asked}))
