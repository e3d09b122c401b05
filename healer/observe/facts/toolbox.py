"""What a host can do for giving blocks of an open file back: which programs it has, and whether a unit can be frozen."""

from healer.model.logs import Toolbox
from healer.observe.facts.contract import Fact
from healer.observe.reading import lines, script

COLLAPSE = ("ext4", "xfs")
PUNCH = ("ext4", "xfs", "btrfs", "tmpfs")
"""Kinds of file systems that can do it, as fallocate(2) lists them."""
FREEZES = 246
"""The first systemd with `systemctl freeze` (its NEWS)."""
WORDS = {"opener", "collapse", "punch", "systemd"}


def parse(text: str) -> Toolbox:
    """Return what was found. Raises ValueError on nonsense, and when the answer has no end."""
    *found, end = lines(text) or [""]
    if end != "end":
        raise ValueError("the look for tools was cut off")
    told = {word: rest for word, _, rest in (line.partition(" ") for line in found)}
    if strange := sorted(set(told) - WORDS):
        raise ValueError(f"not a tool: {strange[0][:80]!r}")
    return Toolbox(
        opener=told.get("opener", ""),
        collapse=COLLAPSE if "collapse" in told else (),
        punch=PUNCH if "punch" in told else (),
        freeze=int(told.get("systemd", "0")) >= FREEZES,
    )


PLUGIN = Fact(name="toolbox", script=script("toolbox.sh"), parse=parse, seconds=30)
