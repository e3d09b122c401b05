"""What people should know after a pass or a tick: the incidents that stand, and whether any of it is new to them."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from healer.healing.incidents import Changes, standing
from healer.healing.past import service_past
from healer.model.events import IncidentsTold
from healer.model.report import HostReport
from healer.model.services import ServiceJudgement
from healer.ports import Journal
from healer.report.summary import WORST_FIRST
from healer.watch.unfinished import Unfinished

JUDGED = ("services_judged", "service_acknowledged")


def worst(reports: Iterable[HostReport]) -> Mapping[str, tuple[str, str]]:
    """Return terminal and reason of each host, the worst of its runs."""
    found: dict[str, HostReport] = {}
    for one in reports:
        before = found.get(one.host)
        if before is None or _rank(one) < _rank(before):
            found[one.host] = one
    return {host: (one.terminal, one.reason) for host, one in found.items()}


def _rank(one: HostReport) -> int:
    return WORST_FIRST.index(one.terminal) if one.terminal in WORST_FIRST else len(WORST_FIRST)


def standing_now(
    journal: Journal, hosts: Collection[str], ended: Mapping[str, tuple[str, str]], waiting: Iterable[Unfinished] = ()
) -> Mapping[str, str]:
    """Return the incidents that stand on these hosts, sentences by key: services as they were judged last, hosts as they ended,
    and runs that a person has to go on with. Raises JournalError.
    """
    judged = {host: judged_of(journal, host) for host in hosts}
    runs = {f"run {one.run}": f"run {one.run} was cut off and waits: {one.needs} (healer resume {one.run})" for one in waiting}
    return {**standing(judged, ended), **runs}


def judged_of(journal: Journal, host: str) -> tuple[ServiceJudgement, ...]:
    """Return the judgements of the host's services that hold. Raises JournalError."""
    past = service_past(host, journal.about(host, JUDGED))
    return tuple(one for _at, one in past.judged.values())


def told_before(journal: Journal) -> Mapping[str, str]:
    """Return what people were told last. Raises JournalError."""
    events = (stamped.event for stamped in journal.about(None, ("incidents_told",), newest=1))
    return next((event.standing for event in events if isinstance(event, IncidentsTold)), {})


def shown_instead(found: Changes, journal: Journal, run: str) -> None:
    """Write down that the changes were told by printing them, where nobody else is told: the next pass does not repeat them."""
    before = told_before(journal)
    kept = {key: said for key, said in before.items() if key not in found.resolved}
    journal.append(run, IncidentsTold({**kept, **found.new, **found.changed}))


def lines_of(found: Changes) -> Iterator[str]:
    """Yield a line for each change, what is new first."""
    for word, these in (("new", found.new), ("changed", found.changed), ("resolved", found.resolved)):
        yield from (f"{word}: {said}" for said in these.values())
