"""Which packages can be upgraded, by the package manager's own simulation; the age of its lists is part of the answer."""

from healer.observe.facts._managers import dispatch, known_updates, parse_by
from healer.observe.facts.contract import Fact


def parse(text: str) -> object:
    """Return the reading of the manager that the host named. Raises ValueError on nonsense."""
    return parse_by(lambda manager: manager.parse_updates, text)


PLUGIN = Fact(name="updates", script=dispatch(lambda manager: manager.updates_script), parse=parse, seconds=90, words=known_updates)
