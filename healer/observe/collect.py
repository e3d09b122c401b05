"""Asks a host everything that is wanted in one round trip; every reading comes back as a value or as Unknown with its reason."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from healer.clock import SystemClock
from healer.discovery import plugins
from healer.model.command import Command, CommandResult
from healer.model.errors import BecomeError, OutcomeUnknown
from healer.model.facts import Facts, Unknown
from healer.model.host import Value
from healer.observe.facts.contract import Ask, Fact, Vantages
from healer.observe.reading import lines
from healer.observe.sections import CUT, Section, arguments, compose, parse_sections, value, words_of
from healer.observe.vantage import nearest
from healer.ports import Clock, Remote

NO_VARIABLES: Mapping[str, Value] = MappingProxyType({})


def all_facts() -> Mapping[str, Fact]:
    """Return every fact that healer can read, by name."""
    return plugins("healer.observe.facts", Fact)


def collect(
    remote: Remote,
    wanted: Sequence[str],
    *,
    become: bool,
    timeout: float = 120.0,
    variables: Mapping[str, Value] = NO_VARIABLES,
    vantages: Vantages | None = None,
    clock: Clock | None = None,
) -> Facts:
    """Read the wanted facts in one round trip; `timeout` bounds it in seconds. Nothing is written on the host.

    `variables` are the host's own, merged; facts take their words from them. Facts with `ask` follow after the round trip, from the
    `vantages` (by default the host and this control node) and by the `clock`; they bound themselves.

    With `become` and no root to be had, the look is made as the login user: facts that need root are then Unknown, the others are read.
    A link that breaks during the look leaves the facts that were not yet answered Unknown. Raises UnreachableError when nothing was asked.
    """
    facts = all_facts()
    asked = {name: facts[name] for name in wanted if name in facts}
    told = tuple(fact for fact in asked.values() if fact.ask is None)
    readings = dict(read(remote, told, become=become, timeout=timeout, variables=variables))
    near, ticks = vantages or partial(nearest, remote), clock or SystemClock()
    readings.update((name, answer_of(fact.ask, variables, near, ticks)) for name, fact in asked.items() if fact.ask is not None)
    return Facts({name: readings.get(name, Unknown(f"healer knows no fact named {name}")) for name in wanted})


def read(
    remote: Remote, facts: Sequence[Fact], *, become: bool, timeout: float, variables: Mapping[str, Value] = NO_VARIABLES
) -> Mapping[str, object]:
    """Return the readings of these facts by name; as `collect`, for facts that are at hand."""
    found = {fact.name: words_of(fact, variables) for fact in facts}
    refused = {name: reason for name, reason in found.items() if isinstance(reason, Unknown)}
    words = {name: own for name, own in found.items() if not isinstance(own, Unknown)}
    asked = [fact for fact in facts if fact.name in words]
    return {**refused, **_answers(remote, asked, words, partial(Command, timeout=timeout, become=become))}


def answer_of(ask: Ask, variables: Mapping[str, Value], vantages: Vantages, clock: Clock) -> object:
    """Return what a fact finds that is asked; variables that make no sense leave it unasked."""
    try:
        return ask(variables, vantages, clock)
    except ValueError as error:
        return Unknown(f"the host's variables make no sense: {error}")


def fresh_nonce() -> str:
    """Return what nobody on a host can know beforehand: 128 bits for the marks of an observation."""
    return secrets.token_hex(16)


def _answers(
    remote: Remote, facts: Sequence[Fact], words: Mapping[str, Sequence[str]], command: Callable[..., Command]
) -> Mapping[str, object]:
    if not facts:
        return {}
    nonce = fresh_nonce()
    own = arguments(facts, words)
    try:
        result = _ask(remote, command(("sh", "-s", *(("--", *own) if own else ())), stdin=compose(nonce, facts, words).encode()))
    except OutcomeUnknown as error:
        return {fact.name: Unknown(f"the answer was lost: {error.message}") for fact in facts}
    return readings_of(nonce, facts, result)


def _ask(remote: Remote, command: Command) -> CommandResult:
    try:
        return remote.run(command)
    except BecomeError:
        return remote.run(replace(command, become=False))


def readings_of(nonce: str, facts: Sequence[Fact], result: CommandResult) -> Mapping[str, object]:
    """Return what the host's answer says about each fact. Pure."""
    # Bytes that are no UTF-8 stay visible as escapes, so that everything that is read can be written down again.
    stdout, stderr = (stream.decode(errors="backslashreplace") for stream in (result.stdout, result.stderr))
    return read_all(facts, parse_sections(nonce, stdout, stderr), _why_absent(result, stderr))


def read_all(facts: Sequence[Fact], sections: Mapping[str, Section], why_absent: str = CUT.reason) -> Mapping[str, object]:
    """Return what these sections say about each fact; `why_absent` is the reason for one that is not there. Pure."""
    absent = Section(Unknown(why_absent), "", "")
    return {fact.name: value(fact, _or_absent(sections.get(fact.name), absent)) for fact in facts}


def _or_absent(section: Section | None, absent: Section) -> Section:
    """Return the section; one that was cut gets the reason of the whole look instead, because it says more."""
    if section is None or section.status == CUT:
        return absent
    return section


def _why_absent(result: CommandResult, stderr: str) -> str:
    if isinstance(result.status, Unknown):
        return f"the answer was cut off: {result.status.reason}"
    if result.truncated:
        return "the answer was cut off: it is longer than healer reads"
    if result.status == 0:
        return CUT.reason
    words = lines(stderr)
    return f"the observation ended with status {result.status}{': ' + words[-1].strip()[:300] if words else ''}"
