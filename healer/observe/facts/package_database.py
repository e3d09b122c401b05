"""Whether the package database is whole: a cut transaction must be repaired before anything else is done."""

from healer.observe.facts._managers import dispatch, parse_by
from healer.observe.facts.contract import Fact


def parse(text: str) -> object:
    """Return the reading of the manager that the host named. Raises ValueError on nonsense."""
    return parse_by(lambda manager: manager.parse_database, text)


PLUGIN = Fact(name="package_database", script=dispatch(lambda manager: manager.database_script), parse=parse)
