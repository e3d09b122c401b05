"""What the policy's probes say that a host answers by itself: commands, files, units, logs, queues. Connections are `service_probes`."""

from collections.abc import Mapping

from healer.model.host import Value
from healer.observe.facts._questions import CHECKS, questions, readings, words_of
from healer.observe.facts.contract import Fact


def words(variables: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the words of the script for the questions that it answers. Raises ValueError for a policy that makes no sense."""
    return words_of([one for one in questions(variables) if one.by_script])


PLUGIN = Fact(name="service_checks", script=CHECKS, parse=readings, seconds=100, words=words)
