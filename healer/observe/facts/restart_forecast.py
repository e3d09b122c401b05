"""What an upgrade will leave stale: running code that belongs to packages with a pending update, told before anything is installed."""

from healer.observe.facts._managers import dispatch, known_pending, parse_by
from healer.observe.facts.contract import Fact
from healer.observe.reading import script


def parse(text: str) -> object:
    """Return the forecast of the manager that the host named. Raises ValueError on nonsense."""
    return parse_by(lambda manager: manager.parse_forecast, text)


PLUGIN = Fact(
    name="restart_forecast",
    script="\n".join([script("processes.sh"), "running_code | {", dispatch(lambda manager: manager.forecast_script), "}"]),
    parse=parse,
    seconds=60,
    words=known_pending,
)
