"""What a fact is: static shell text that prints its section, and a pure parser of what it printed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from healer.model.host import Value
from healer.observe.probes.contract import Vantage
from healer.ports import Clock

Vantages = Callable[[str], Vantage]
"""Gives the place that an origin names."""
Ask = Callable[[Mapping[str, Value], Vantages, Clock], object]


def no_words(_variables: Mapping[str, Value]) -> tuple[str, ...]:
    """Return nothing: most facts ask every host the same."""
    return ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact plug-in.

    `script` is POSIX shell text, run in a subshell of the one observation script with LC_ALL=C; it writes nothing on the host and may
    use the functions of `observe/scripts/prelude.sh`. `parse` gets its standard output and returns the value or Unknown; it raises
    ValueError on nonsense, which the collector turns into Unknown. A script that ends with a status other than 0 is Unknown with the
    last line of its standard error as the reason. `seconds` bounds it on the host. `root` says that without root the reading is Unknown.

    `words` takes from the host's merged variables what the script gets as its positional parameters. They travel as arguments, never
    as shell text; a line feed or NUL in one, or a ValueError, leaves the fact unasked and Unknown with the reason.

    A fact with `ask` has no script: it is asked over the same login, after the round trip of all others, and gets the host's merged
    variables, a function that gives the vantage of an origin (`host`, `control`, another host's name), which raises HostError, and the
    clock by which it may pause, whose sleep ends at once when the run is stopped. It never raises for what the other side does.
    """

    name: str
    script: str
    parse: Callable[[str], object]
    seconds: int = 30
    root: bool = False
    words: Callable[[Mapping[str, Value]], tuple[str, ...]] = no_words
    ask: Ask | None = None
