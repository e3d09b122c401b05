"""Whether a command ends as it should."""

from collections.abc import Mapping

from healer.model.command import Command
from healer.model.facts import Unknown
from healer.observe.asking import ArgumentError, argument, asked, bad, good, numbers, patience, unknown
from healer.observe.probes.contract import Answer, Probe, Vantage

NOT_RUN = frozenset({126, 127})
"""What a shell reports for a program that cannot be run or is not there (POSIX, Shell Command Language, 2.8.2)."""


def ask(vantage: Vantage, arguments: Mapping[str, object], timeout: float) -> Answer:
    """Run the list `argv`; an exit code in `status` (default 0) is good. `become` asks for root."""

    def question() -> Answer:
        accepted = numbers(arguments, "status", 0)
        command = Command(_argv(arguments), timeout=patience(arguments, timeout), become=argument(arguments, "become", bool, default=False))
        return judge(command.argv[0], vantage.run(command).status, accepted)

    return asked(question, "the command")


def _argv(arguments: Mapping[str, object]) -> tuple[str, ...]:
    argv = arguments.get("argv")
    if not isinstance(argv, (list, tuple)) or not argv or not all(isinstance(word, (str, int)) for word in argv):
        raise ArgumentError(f"the argument argv must be a list of words, not {argv!r}")
    return tuple(str(word) for word in argv)


def judge(program: str, status: int | Unknown, accepted: tuple[int, ...]) -> Answer:
    """Return what the exit status means. A program that did not run at all has answered nothing, unless its code was asked for."""
    if isinstance(status, Unknown):
        return unknown(f"{program}: {status.reason}")
    if status in accepted:
        return good(f"{program} ended with status {status}")
    if status in NOT_RUN:
        return unknown(f"{program} could not be run (status {status})")
    return bad(f"{program} ended with status {status}, not {' or '.join(str(one) for one in accepted)}")


PLUGIN = Probe(name="command", ask=ask)
