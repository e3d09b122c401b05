"""What systemd says of the system as a whole: whether it is up, on its way up or down, or in a rescue shell."""

from healer.model.facts import Unknown
from healer.observe.facts.contract import Fact
from healer.observe.reading import script

WORDS = frozenset({"initializing", "starting", "running", "degraded", "maintenance", "stopping", "offline"})
NO_SYSTEMD = "none"


def parse(text: str) -> str | Unknown:
    """Return the word of systemctl(1) is-system-running, or `none` where something else than systemd runs the host."""
    word = text.strip()
    if word in WORDS or word == NO_SYSTEMD:
        return word
    return Unknown(f"systemd does not say how the system is: {word[:40]!r}")


PLUGIN = Fact(name="system_state", script=script("system_state.sh"), parse=parse, seconds=15)
