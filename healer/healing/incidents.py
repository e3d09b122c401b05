"""What people should know now, by key, so that each incident is told once: when it is new, when it changes, and when it is over. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from healer.model.services import ServiceJudgement

TERMINALS = ("failed", "held", "unreachable", "unknown")
"""How a host may end so that somebody must look."""
CHOICES = ("withhold", "quarantine", "tell")
"""What is decided that leaves a service as it is. One that is healed or waited for is no incident yet."""
EVERYWHERE = ("us", "cut-off", "meltdown", "shared-cause")
"""Rules that say the same of many hosts: one incident for all of them, by its cause."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be told: sentences by key. A resolved one has the sentence that was told last."""

    new: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)
    resolved: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Return whether there is anything to tell."""
        return bool(self.new or self.changed or self.resolved)


def standing(judged: Mapping[str, Sequence[ServiceJudgement]], ended: Mapping[str, tuple[str, str]]) -> Mapping[str, str]:
    """Return what stands now, sentences by key, sorted by key.

    `judged` are each host's judgements that hold: best as the journal keeps them (ServicePast.judged), for it does not call a service well
    in the moment between two crashes. `ended` are hosts with how they ended and why. A host that failed because of a service that is
    judged is told of by that service.
    """
    found: dict[str, str] = {}
    for host in sorted(judged):
        for one in judged[host]:
            if one.choice in CHOICES and one.rule != "maintenance":
                key, sentence = _service(host, one)
                found.setdefault(key, sentence)
    for host, (terminal, reason) in ended.items():
        if terminal in TERMINALS and not (terminal == "failed" and any(one.unit in reason for one in judged.get(host, ()))):
            found[host] = f"{host} is {terminal}: {reason}" if reason else f"{host} is {terminal}"
    return dict(sorted(found.items()))


def _service(host: str, one: ServiceJudgement) -> tuple[str, str]:
    if one.rule in EVERYWHERE:
        return f"{one.rule} {one.cause}", one.cause
    return f"{host}/{one.unit}", f"{host}: {one.unit}: {one.reason}"


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> Changes:
    """Return what is to be told when `before` was told last and `now` stands. Sorted by key."""
    return Changes(
        new={key: now[key] for key in sorted(now) if key not in before},
        changed={key: now[key] for key in sorted(now) if key in before and before[key] != now[key]},
        resolved={key: before[key] for key in sorted(before) if key not in now},
    )
