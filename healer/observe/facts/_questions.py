"""The probes of a policy as questions: who asks which, how often, and the words by which the script asks on a host."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from healer.healing.policy import ProbePolicy
from healer.model.facts import Verdict
from healer.model.host import Value
from healer.model.services import ProbeReading
from healer.observe.facts._service_policy import policy
from healer.observe.reading import lines, script

PAUSE = 5
"""Seconds between two goes at a probe that was bad."""
SHOWN = 160
"""Characters of a question that people are shown."""
DIALLED = frozenset({"http", "tcp"})
"""Kinds that are asked over a connection; the others are asked by a script."""


@dataclass(frozen=True, slots=True)
class Question:
    """One probe of the policy. `unit` is the policy's unit or pattern, `number` the probe's place in its list.

    It is asked `tries` times at most in one look: again only while it is bad.
    """

    unit: str
    number: int
    probe: ProbePolicy
    tries: int

    @property
    def by_script(self) -> bool:
        """Whether the host answers it in the one round trip."""
        return self.probe.kind not in DIALLED and self.probe.origin == "host"

    def reading(self, verdict: Verdict, reason: str, *, tries: int = 1, origin: str = "") -> ProbeReading:
        """Return an answer to it."""
        asks = shown(self.probe)
        whose = f" of {self.unit}" if self.probe.kind == "log_pattern" and not self.probe.file else ""
        return ProbeReading(
            unit=self.unit,
            number=self.number,
            kind=self.probe.kind,
            asks=asks,
            verdict=verdict,
            reason=reason,
            signature=f"{asks}{whose}",
            origin=origin or self.probe.origin,
            tries=tries,
        )


def questions(variables: Mapping[str, Value]) -> tuple[Question, ...]:
    """Return every probe of the policy, in order. Raises ValueError for a policy, or a `services_tries`, that makes no sense."""
    wanted = variables.get("services_tries")
    if wanted is not None and (not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 1):
        raise ValueError(f"services_tries is no number above 0: {wanted!r}")
    return tuple(
        Question(service.unit, number, probe, int(wanted) if wanted is not None else probe.failures)
        for service in policy(variables).services
        for number, probe in enumerate(service.probes)
    )


def slowest(variables: Mapping[str, Value]) -> float:
    """Return the seconds that the slowest question may take, of those that are asked by script; 0 for a policy that makes no sense."""
    try:
        return max((one.probe.timeout * one.tries + PAUSE * (one.tries - 1) for one in questions(variables) if one.by_script), default=0.0)
    except ValueError:
        return 0.0


def shown(probe: ProbePolicy) -> str:
    """Return what is asked, for people. A URL loses its query and its login, which may be secret."""
    what = getattr(probe, probe.kind)
    match probe.kind:
        case "command":
            what = " ".join(what)
        case "http":
            what = _plain_url(what)
        case "log_pattern":
            what = f"{what} in {probe.file}" if probe.file else what
    return f"{probe.kind} {what}"[:SHOWN]


def _plain_url(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "of a URL that cannot be read"
    return parts._replace(query="", fragment="", netloc=parts.netloc.rpartition("@")[2]).geturl()


CHECKS = script("service_checks.sh")
"""Asks by script; it explains its words itself."""


def words_of(several: Sequence[Question]) -> tuple[str, ...]:
    """Return the words of these questions for the script; the label is the question's place in the row, and what it is a question of."""
    return tuple(word for number, one in enumerate(several) for word in _counted(_words(number, one)))


def _counted(words: list[str]) -> list[str]:
    return [str(len(words)), *words]


def _words(number: int, question: Question) -> list[str]:
    probe = question.probe
    asked = question.reading(Verdict.UNKNOWN, "")
    label = json.dumps([number, asked.unit, asked.number, asked.kind, asked.asks, asked.signature])
    head = [label, probe.kind, str(question.tries), str(math.ceil(probe.timeout))]
    match probe.kind:
        case "command":
            return [*head, *(probe.command or ())]
        case "heartbeat":
            return [*head, str(math.ceil(probe.older_than)), probe.heartbeat or ""]
        case "log_pattern":
            source = probe.file or question.unit
            return [
                *head,
                str(math.ceil(probe.within)),
                str(probe.more_than),
                "file" if probe.file else "unit",
                source,
                probe.log_pattern or "",
            ]
        case _:
            return [*head, str(getattr(probe, probe.kind))]


def readings(text: str, origin: str = "host") -> tuple[ProbeReading, ...]:
    """Return what the script printed, in order. Raises ValueError on nonsense, and when an answer is missing."""
    told = lines(text)
    if not told or told[-1] != "all asked":
        raise ValueError("not all probes were asked")
    return tuple(reading for _, reading in sorted(_told(told[:-1], origin), key=lambda one: one[0]))


def _told(rows: Sequence[str], origin: str) -> Iterator[tuple[int, ProbeReading]]:
    for row in rows:
        fields = row.split("\t", 4)
        if len(fields) < 5 or fields[0] != "check":
            raise ValueError(f"not a line about a probe: {row[:80]!r}")
        _, verdict, tries, label, reason = fields
        place, unit, number, kind, asks, signature = _label(label)
        yield (
            int(place),
            ProbeReading(unit, int(number), kind, asks, Verdict(verdict), reason.strip(), signature, origin, int(tries)),
        )


def _label(text: str) -> list[str]:
    label = json.loads(text)
    if not isinstance(label, list) or len(label) != 6:
        raise ValueError(f"not the label of a probe: {text[:80]!r}")
    return [str(part) for part in label]
