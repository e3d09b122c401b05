"""Whether an upgrade of what is pending could be taken back: where the installed versions can be had, and what going back would touch."""

from healer.model.facts import Unknown
from healer.observe.facts._managers import dispatch, parse_by
from healer.observe.facts.contract import Fact


def _unable(_text: str) -> object:
    return Unknown("healer cannot prove the way back of this package manager")


def parse(text: str) -> object:
    """Return the reading of the manager that the host named. Raises ValueError on nonsense."""
    return parse_by(lambda manager: manager.back.parse_way if manager.back else _unable, text)


PLUGIN = Fact(name="way_back", script=dispatch(lambda manager: manager.back.way_script if manager.back else ""), parse=parse, seconds=60)
