"""What one light look at one host means, from that host's facts, what the journal knows, and what all hosts say now. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from healer.healing import news
from healer.healing.detect import blind, findings, unsure
from healer.healing.judge import judge
from healer.healing.policy import ServicesPolicy
from healer.healing.survey import Seen, survey
from healer.model.events import ServicesJudged, ServicesSeen
from healer.model.facts import Facts
from healer.model.services import ServicePast

STALE = 6.0
"""Periods after which a look at another host says nothing about now any more."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is fixed for one host while it is watched."""

    host: str
    group: str
    policy: ServicesPolicy


@dataclass(frozen=True, slots=True)
class Newest:
    """The last that was heard of a host, at `at` (epoch seconds). `facts` is None for one that does not answer, with the `reason`."""

    at: float
    facts: Facts | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """What follows. `seen` and `judged` are news for the journal; `heals` says that a run shall be begun for the host."""

    seen: ServicesSeen | None = None
    judged: ServicesJudged | None = None
    heals: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """All hosts at one moment: who is watched, what was heard of each last, what the journal knows. `period`: seconds between looks."""

    watched: Mapping[str, Watched]
    newest: Mapping[str, Newest]
    pasts: Mapping[str, ServicePast] = field(default_factory=dict)
    period: float = 10.0


def tick(host: str, around: Around, now: float) -> Tick:
    """Return what the newest look at the host means. Other hosts are only asked for their opinion where something is wrong with this one.

    Nothing follows from a look that could tell nothing about services. `now` is epoch seconds.
    """
    watched, heard, past = around.watched[host], around.newest[host], around.pasts.get(host, ServicePast())
    if heard.facts is None or blind(heard.facts):
        return Tick()
    facts, policy = heard.facts, watched.policy
    seen = news.seen(host, facts, policy, past, now)
    if not findings(facts, policy, past, now):
        judged = news.judged(host, (), past, now, unsure=unsure(facts, policy, past, now)) if past.judged else None
        return Tick(seen, judged)
    others = survey(_seen(around, now), now)
    judgements = judge(host, watched.group, facts, policy, past, others, now)
    judged = news.judged(host, judgements, past, now, unsure=unsure(facts, policy, past, now))
    return Tick(seen, judged, heals=any(one.choice == "heal" for one in judgements))


def _seen(around: Around, now: float) -> Sequence[Seen]:
    """Return all hosts as the survey wants them. One that was not heard of yet, or not lately, is not known, and is no evidence."""
    found = []
    for name, one in around.watched.items():
        heard = around.newest.get(name)
        past = around.pasts.get(name, ServicePast())
        if heard is None:
            found.append(Seen(name, one.group, one.policy, None, past, "it has not been looked at yet"))
        elif now - heard.at > STALE * around.period and heard.facts is not None:
            found.append(Seen(name, one.group, one.policy, None, past, "it has not been heard of lately"))
        else:
            found.append(Seen(name, one.group, one.policy, heard.facts, past, heard.reason))
    return found
