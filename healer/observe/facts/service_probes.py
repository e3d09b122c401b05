"""What the policy's probes say that are asked over connections, or from another place than the host that they are about.

All of them are asked once; only those that were bad are asked again, together after one pause, so that a good host costs no waiting.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from healer.discovery import plugins
from healer.healing.policy import ProbePolicy
from healer.model.command import Command
from healer.model.errors import HostError, InputError
from healer.model.facts import Unknown, Verdict
from healer.model.host import Value
from healer.model.services import ProbeReading
from healer.observe.facts._questions import CHECKS, DIALLED, PAUSE, Question, questions, readings, words_of
from healer.observe.facts.contract import Fact, Vantages
from healer.observe.probes.contract import Probe, Vantage
from healer.observe.reading import script
from healer.ports import Clock

MOST = 60.0
"""Seconds for all probes of one look. A lease that was just good for an act outlives it."""
GRACE = 5.0
"""Seconds that a script gets beyond the time of its one question, for the way there and back."""
ANOTHER = "services_another"
"""The variable with the name of the host that probes `from: another` are asked from."""


def ask(variables: Mapping[str, Value], vantages: Vantages, clock: Clock) -> tuple[ProbeReading, ...]:
    """Return an answer to each question, in order. Raises ValueError for a policy that makes no sense."""
    asked = [one for one in questions(variables) if not one.by_script]
    places = _Places(vantages, str(variables.get(ANOTHER) or ""))
    end = clock.monotonic() + MOST
    answers = [_answer(one, places, end - clock.monotonic()) for one in asked]
    while again := [place for place, one in enumerate(asked) if _goes_on(one, answers[place])]:
        if end - clock.monotonic() <= PAUSE:
            break
        clock.sleep(PAUSE)
        for place in again:
            if (left := end - clock.monotonic()) <= 0:
                return tuple(answers)
            answers[place] = replace(_answer(asked[place], places, left), tries=answers[place].tries + 1)
    return tuple(answers)


def _goes_on(question: Question, answer: ProbeReading) -> bool:
    """Whether it is asked again. What could not be asked is not asked again: it counts as nothing."""
    return answer.verdict is Verdict.BAD and answer.tries < question.tries


@dataclass(frozen=True, slots=True)
class _Places:
    """Where questions are asked from. `another` is the name of the host that stands for `another`."""

    vantages: Callable[[str], Vantage]
    another: str

    def name(self, origin: str) -> str:
        """Return the origin with the name of a host for `another`, where there is one."""
        return self.another or origin if origin == "another" else origin

    def open(self, origin: str) -> Vantage:
        """Return the vantage. Raises HostError; ValueError where no other host can be asked."""
        name = self.name(origin)
        if name == "another":
            raise ValueError("the inventory has no other host of the same group to ask from")
        return self.vantages(name)


def _answer(question: Question, places: _Places, seconds: float) -> ProbeReading:
    origin = places.name(question.probe.origin)
    if seconds <= 0:
        return question.reading(Verdict.UNKNOWN, f"not asked: the {MOST:g} s for all probes of the host were over", origin=origin)
    try:
        vantage = places.open(question.probe.origin)
    except (HostError, InputError) as error:
        return question.reading(Verdict.UNKNOWN, f"nothing could be asked from {origin}: {error.message}", origin=origin)
    except ValueError as error:
        return question.reading(Verdict.UNKNOWN, str(error), origin=origin)
    if question.probe.kind in DIALLED:
        return _dialled(question, vantage, origin, seconds)
    return _by_script(question, vantage, origin, seconds)


def _dialled(question: Question, vantage: Vantage, origin: str, seconds: float) -> ProbeReading:
    probe = plugins("healer.observe.probes", Probe)[question.probe.kind]
    answer = probe.ask(vantage, _arguments(question.probe), min(question.probe.timeout, seconds))
    return question.reading(answer.verdict, answer.reason, origin=origin)


def _arguments(probe: ProbePolicy) -> dict[str, object]:
    """Return the policy's probe as the arguments of the plug-in of its kind."""
    if probe.kind == "http":
        headers = dict(probe.headers)
        return {"url": probe.http, "status": list(probe.status), "contains": probe.contains, "headers": headers, "verify": probe.verify}
    address, _, port = str(probe.tcp).rpartition(":")
    return {"host": address.strip("[]") or "127.0.0.1", "port": int(port) if port.isdigit() else port}


def _by_script(question: Question, vantage: Vantage, origin: str, seconds: float) -> ProbeReading:
    """Ask the script of `service_checks` from there, as whoever it is that is logged in; on this control node nobody becomes root."""
    argv = ("sh", "-s", "--", *words_of([replace(question, tries=1)]))
    text = f"{script('prelude.sh')}\n{CHECKS}"
    command = Command(argv, stdin=text.encode(), timeout=min(question.probe.timeout + GRACE, seconds), become=origin != "control")
    try:
        result = vantage.run(command)
        if isinstance(result.status, Unknown):
            return question.reading(Verdict.UNKNOWN, f"it could not be asked from {origin}: {result.status.reason}", origin=origin)
        (answer,) = readings(result.stdout.decode(errors="backslashreplace"), origin)
        return answer
    except HostError as error:
        return question.reading(Verdict.UNKNOWN, f"it could not be asked from {origin}: {error.message}", origin=origin)
    except ValueError as error:
        return question.reading(Verdict.UNKNOWN, f"the answer from {origin} makes no sense: {error}", origin=origin)


def parse(_text: str) -> Unknown:
    """Return that no script tells it."""
    return Unknown("it is asked, not printed")


PLUGIN = Fact(name="service_probes", script="", parse=parse, seconds=int(MOST), ask=ask)
