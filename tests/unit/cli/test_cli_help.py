"""What the help pages promise: an example each, every option spelled once, and the nearest word for a typo."""

from collections.abc import Iterator

import pytest
import typer.main
from cli_calls import Healer

from healer import __version__
from healer.cli.app import app


def commands() -> Iterator[tuple[str, object]]:
    """Yield every command with the words that call it."""

    def below(words: str, command: object) -> Iterator[tuple[str, object]]:
        inner = getattr(command, "commands", None)
        if words and (inner is None or getattr(command, "invoke_without_command", False)):
            yield words, command
        for name, one in (inner or {}).items():
            yield from below(f"{words} {name}".strip(), one)

    return below("", typer.main.get_command(app))


ALL = dict(commands())


def test_all_commands_are_there() -> None:
    """The commands of the command line are these."""
    expected = {
        "patch",
        "plan",
        "apply",
        "run",
        "resume",
        "ping",
        "status",
        "inventory",
        "trust",
        "doctor",
        "history",
        "show",
        "ack",
        "logs",
        "logs restore",
    }
    assert expected <= set(ALL)


@pytest.mark.parametrize("words", ALL)
def test_every_command_has_an_example(words: str) -> None:
    """A help page ends with a command line that can be copied."""
    assert f"healer {words}" in str(getattr(ALL[words], "epilog", ""))


def test_an_option_means_the_same_everywhere() -> None:
    """An option that several commands outside of the lab have has the same help text in each."""
    seen: dict[str, set[str]] = {}
    for words, command in ALL.items():
        for option in getattr(command, "params", ()) if not words.startswith("lab ") else ():
            for flag in option.opts:
                if flag.startswith("--") and flag not in ("--yes", "--host", "--output"):
                    seen.setdefault(flag, set()).add(str(getattr(option, "help", "")))
    assert {} == {flag: texts for flag, texts in seen.items() if len(texts) > 1}


def test_patch_and_plan_share_what_they_patch(healer: Healer) -> None:
    """What can be chosen for patching can be chosen for planning it."""
    for option in ("--security", "--all", "--only", "--canary", "--max-unavailable", "--max-failures", "--soak", "--reboot", "--tags"):
        assert option in healer("patch", "--help").out
        assert option in healer("plan", "--help").out


def test_the_version_is_told(healer: Healer) -> None:
    """`--version` prints name and version, and nothing else."""
    assert f"healer {__version__}\n" == healer("--version").out


def test_a_typo_names_the_nearest_command(healer: Healer) -> None:
    """A command that does not exist exits with 2 and names the one that was meant."""
    said = healer("pach")
    assert (2, True) == (said.code, "Did you mean 'patch'" in said.err)
