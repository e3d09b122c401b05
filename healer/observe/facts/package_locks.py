"""Who holds the package manager's locks now: waiting is polite only when one can say for whom."""

from healer.observe.facts._managers import dispatch, parse_by
from healer.observe.facts.contract import Fact


def parse(text: str) -> object:
    """Return the reading of the manager that the host named. Raises ValueError on nonsense."""
    return parse_by(lambda manager: manager.parse_locks, text)


PLUGIN = Fact(name="package_locks", script=dispatch(lambda manager: manager.locks_script), parse=parse)
