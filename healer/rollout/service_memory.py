"""How a host's services were and what was decided of them: written down when it is news, recalled for the steps that learn from it."""

from collections.abc import Sequence

from healer.healing.detect import unsure
from healer.healing.news import judged, seen
from healer.healing.past import KINDS, service_past
from healer.healing.policy import VARIABLES, ServicesPolicy, policy_of
from healer.model.errors import InputError
from healer.model.facts import Facts, Unknown
from healer.model.services import ServiceJudgement, ServicePast
from healer.rollout.context import PlayContext
from healer.rollout.doors import Doors
from healer.rollout.samples import earlier, keep
from healer.rollout.work import Work

READ = "services"
"""The fact without which nothing can be told about services, and the word for what a step learns of them."""
NEWEST = 4000
"""How many of the newest events of a host are recalled: quarantines stand in judgements, heals and growths are of the last hours."""


def recalled(doors: Doors, host: str) -> ServicePast:
    """Return what earlier runs and this one have left; a dry run reads where they wrote. Raises JournalError."""
    return service_past(host, earlier(doors).about(host, KINDS, newest=NEWEST))


def remember(play: PlayContext, doors: Doors, work: Work, facts: Facts) -> None:
    """Write down how the services are, when they were read and it is news. Raises JournalError."""
    if isinstance(facts.get(READ), Unknown):
        return
    policy = _policy(play, work)
    if policy is None:
        return
    host = work.host.name
    sample = seen(host, facts, policy, recalled(doors, host), doors.clock.now().timestamp())
    if sample is not None:
        keep(doors, work, sample, check=play.inputs.check)


def tell(play: PlayContext, doors: Doors, work: Work, facts: Facts, judgements: Sequence[ServiceJudgement]) -> None:
    """Write down what was decided of all services from these facts, where that is news; those that are not judged are well, as far as the
    facts can tell. Raises JournalError.
    """
    host, policy = work.host.name, _policy(play, work)
    past, now = recalled(doors, host), doors.clock.now().timestamp()
    open_ones = unsure(facts, policy, past, now) if policy else tuple(past.judged)
    news = judged(host, judgements, past, now, unsure=open_ones)
    if news is not None:
        keep(doors, work, news, check=play.inputs.check)


def _policy(play: PlayContext, work: Work) -> ServicesPolicy | None:
    """Return the host's policy as its variables say, None where they make no sense: whoever acts by it is told so at his own place."""
    scope = play.scope(work.host, None, work.data())
    named = {name: work.host.variables[name] for name in VARIABLES if name in work.host.variables}
    try:
        return policy_of({name: play.renderer.render(value, scope) for name, value in named.items()})
    except (ValueError, InputError):
        return None
