"""Evidence is read before the cure and never stands in its way."""

from dataclasses import replace

import pytest
from world import World

from healer.model.action import Gather
from healer.model.command import Command, CommandResult
from healer.model.errors import UnreachableError
from healer.model.facts import Unknown, Verdict
from healer.remote.scripted import ScriptedRemote
from healer.rollout.gathering import gather
from healer.rollout.seen import Seen
from healer.rollout.session import Session

VERB = Gather("true", ("app.service",), limit=8)


def gathered(result: CommandResult | UnreachableError) -> tuple[Seen, Command | None]:
    """Return what was seen of a host that answers so, and what it was asked."""
    world, asked = World(["a"]), []

    def answer(command: Command) -> CommandResult:
        asked.append(command)
        if isinstance(result, UnreachableError):
            raise result
        return result

    doors = replace(world.doors(), connect=lambda host: ScriptedRemote(host.name, answer))
    seen = gather(VERB, Session(world.inventory.hosts["a"], doors, "run-1"), become=True)
    return seen, asked[0] if asked else None


@pytest.mark.parametrize(
    ("result", "output", "reason"),
    [
        (CommandResult(0, b"stack"), "stack", "5 bytes of evidence kept"),
        (CommandResult(0, b"more than eight"), "more tha", "8 bytes of evidence kept"),
        (CommandResult(0, b"12345678", truncated=True), "12345678", "the rest was too much"),
        (CommandResult(Unknown("no end within 20 s"), b"half"), "half", "4 bytes of evidence kept, cut off: no end within 20 s"),
        (CommandResult(3, b""), "", "no evidence, the script ended with 3"),
        (CommandResult(0, b"\xff"), "\\xff", "1 bytes of evidence kept"),
        (UnreachableError("a", "the link broke."), "", "no evidence: the link broke."),
    ],
)
def test_whatever_comes_is_kept_and_good(result: CommandResult | UnreachableError, output: str, reason: str) -> None:
    """What came before the end is evidence too; the reason says what is missing, and the act is good and has changed nothing."""
    seen, _asked = gathered(result)
    assert (Verdict.GOOD, False, output) == (seen.verdict, seen.changed, seen.output)
    assert reason in seen.reason


def test_it_is_read_as_root_within_its_bounds() -> None:
    """The script is an argument list with the unit behind it, and carries the verb's own time and limit."""
    _seen, asked = gathered(CommandResult(0))
    assert asked is not None
    assert (("sh", "-c", "true", "healer", "app.service"), 20.0, 8, True) == (asked.argv, asked.timeout, asked.limit, asked.become)
