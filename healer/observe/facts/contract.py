"""What a fact is: static shell text that prints its section, and a pure parser of what it printed."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact plug-in.

    `script` is POSIX shell text, run in a subshell of the one observation script with LC_ALL=C; it writes nothing on the host and may
    use the functions of `observe/scripts/prelude.sh`. `parse` gets its standard output and returns the value or Unknown; it raises
    ValueError on nonsense, which the collector turns into Unknown. A script that ends with a status other than 0 is Unknown with the
    last line of its standard error as the reason. `seconds` bounds it on the host. `root` says that without root the reading is Unknown.
    """

    name: str
    script: str
    parse: Callable[[str], object]
    seconds: int = 30
    root: bool = False
