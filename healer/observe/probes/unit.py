"""Whether a systemd unit is active."""

from collections.abc import Mapping

from healer.model.command import Command
from healer.model.facts import Unknown
from healer.observe.asking import argument, asked, bad, good, patience, unknown
from healer.observe.probes.contract import Answer, Probe, Vantage

GOOD = frozenset({"active", "reloading"})
BAD = frozenset({"inactive", "failed", "activating", "deactivating", "maintenance"})


def ask(vantage: Vantage, arguments: Mapping[str, object], timeout: float) -> Answer:
    """Ask systemd about the unit `name`. Its word counts, not the exit status, which differs between versions."""

    def question() -> Answer:
        name = argument(arguments, "name", str)
        result = vantage.run(Command(("systemctl", "is-active", "--", name), timeout=patience(arguments, timeout)))
        if isinstance(result.status, Unknown):
            return unknown(f"{name} could not be asked about: {result.status.reason}")
        return judge(name, result.stdout.decode(errors="replace").strip(), result.stderr.decode(errors="replace").strip())

    return asked(question, str(arguments.get("name")))


def judge(name: str, word: str, complaint: str) -> Answer:
    """Return what systemd's word means. A unit that is still starting is not good yet; no word at all is no answer."""
    if word in GOOD:
        return good(f"{name} is {word}")
    if word in BAD:
        return bad(f"{name} is {word}")
    return unknown(f"systemd does not say whether {name} is active: {complaint or word or 'no answer'}")


PLUGIN = Probe(name="unit", ask=ask)
