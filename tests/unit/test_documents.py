"""What the documents say is so: commands, options, paths, exit codes and examples are checked against the product."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
import yaml

from healer import __version__
from healer.cli.app import WRONG_USAGE, app
from healer.discovery import plugins
from healer.inventory.resolve import load_inventory
from healer.model import errors
from healer.model.events import Terminal
from healer.platforms.packages.contract import PackageManager
from healer.rollout.outcome import CODES, RANK, exit_code
from healer.rollout.windows import Window
from healer.settings import NAMES

ROOT = Path(__file__).parents[2]
PAGES = {
    str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
PAGES["CHANGELOG.md"] = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND_LINE = re.compile(r"(?:^|[\s/])healer (.*)")
SIGNALS = {130, 143}
"""What a run that was stopped by Ctrl-C or SIGTERM exits with (128 and the signal's number)."""


def blocks(*languages: str) -> list[Any]:
    """Return the fenced blocks of these languages, as parameters named by page and number."""
    found = [(page, kind, text) for page, whole in PAGES.items() for kind, text in BLOCK.findall(whole)]
    return [pytest.param(text, id=f"{page}-{number}") for number, (page, kind, text) in enumerate(found) if kind in languages]


def command_lines() -> list[str]:
    """Return what stands behind `healer` in console, sh and cron blocks, and between backquotes in the text."""
    lines = [line for block in blocks("console") for line in block.values[0].splitlines() if line.startswith("$ ")]
    lines += [line for block in blocks("sh", "cron") for line in block.values[0].splitlines()]
    shown = [found[1] for line in lines if (found := COMMAND_LINE.search(line))]
    inline = [words for page in PAGES.values() for words in re.findall(r"`healer ([^`]+)`", BLOCK.sub("", page))]
    return sorted(set(shown + inline))


@cache
def commands() -> Mapping[tuple[str, ...], Any]:
    """Return every command of the command line by its words, such as `lab up`."""

    def leaves(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        if words and (not hasattr(command, "commands") or command.invoke_without_command):
            yield words, command
        for name, child in getattr(command, "commands", {}).items():
            yield from leaves(child, (*words, name))

    return dict(leaves(typer.main.get_command(app), ()))


def parse(arguments: list[str]) -> None:
    """Parse as the command line does, without doing anything. Raises what the parser raises."""
    context, command = None, typer.main.get_command(app)
    while hasattr(command, "commands"):
        context = command.make_context("healer", arguments, parent=context)
        rest = [*context._protected_args, *context.args]
        if not rest and command.invoke_without_command:
            return
        _, command, arguments = command.resolve_command(context, rest)
    command.make_context(command.name, arguments, parent=context)


def complaint(words: list[str]) -> str:
    """Return what the parser says against a command line; empty when it is content."""
    try:
        parse(words)
    except typer.Exit:
        return ""
    except WRONG_USAGE as mistake:
        return str(mistake.format_message())  # type: ignore[attr-defined]
    return ""


@pytest.mark.parametrize("line", command_lines())
def test_commands_that_are_shown_exist(line: str) -> None:
    """Every command line in the documents parses: the command is there, and so are its options and their values.

    Text may name a command without its arguments, or a group of commands, as the table of commands does.
    """
    words = shlex.split(line, comments=True)
    told = complaint(words) if words[0] != "COMMAND" else ""
    assert told == "" or told.startswith(("Missing argument", "Usage:"))


@pytest.mark.parametrize(
    "line", ["no-such-command", "patch --no-such-option", "patch --canary many", "lab sideways", "ack web1 nginx more"]
)
def test_a_wrong_command_line_would_be_noticed(line: str) -> None:
    """The check above is worth something: what is not there is refused."""
    told = complaint(line.split())
    assert told
    assert not told.startswith("Missing argument")


def messages() -> Iterator[str]:
    """Yield every text in the product's code that names a command between backquotes."""
    for file in (ROOT / "healer").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from re.findall(r"`healer ([a-z][^`]*)", node.value)


@pytest.mark.parametrize("words", sorted(set(messages())))
def test_messages_name_commands_that_exist(words: str) -> None:
    """What an error, a help text or a docstring tells people to type is a command."""
    first, *more = words.replace("...", "").split() or [""]
    assert (first,) in commands() or (first in {"lab", "schedule"} and (not more or (first, more[0]) in commands()))


def table(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, its head left out."""
    section = PAGES[page].split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_readme_lists_every_command() -> None:
    """The table of commands is the command line's own list, in its order."""
    shown = [tuple(row[0].strip("`").split()[1:]) for row in table("README.md", "Commands")]
    assert sorted(commands()) == sorted(shown)


def exit_codes_of(kind: type[errors.HealerError]) -> set[int]:
    """Return the exit codes of an error and of all below it."""
    return {kind.exit_code}.union(*(exit_codes_of(child) for child in kind.__subclasses__()))


def test_the_exit_codes_are_those_of_the_code() -> None:
    """The table of exit codes has every code that healer exits with, and no other."""
    assert exit_codes_of(errors.HealerError) | set(CODES.values()) | SIGNALS == {int(row[0]) for row in table("README.md", "Exit codes")}


def test_the_exit_codes_belong_to_the_ends_of_hosts() -> None:
    """The table says of every end of a host what it exits with."""
    shown = {word: int(row[0]) for row in table("README.md", "Exit codes") for word in re.findall(r"`(\w+)`", row[2])}
    assert dict(CODES) == shown
    assert set(get_args(Terminal)) == set(shown)


def test_the_rank_of_exit_codes_is_told() -> None:
    """When several problems hold, the README says which one wins."""
    told = re.search(r"the first of ([\d, ]+) wins", PAGES["README.md"])
    assert told is not None
    assert RANK == (*(int(number) for number in told[1].split(",")), 0)
    assert exit_code(["ok", "unreachable", "failed"]) == 1


def links() -> list[tuple[str, str]]:
    """Return every link of every page that leads to a file."""
    found = [(page, target) for page, text in PAGES.items() for target in re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", text))]
    return [(page, target) for page, target in found if "://" not in target]


@pytest.mark.parametrize(("page", "target"), links())
def test_links_lead_somewhere(page: str, target: str) -> None:
    """Every linked file is there."""
    assert ((ROOT / page).parent / target.partition("#")[0]).resolve().exists()


def test_every_page_can_be_found() -> None:
    """The README links every page of the documents."""
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= {target for page, target in links() if page == "README.md"}


def paths() -> list[str]:
    """Return what stands between backquotes and looks like a file or folder of this project."""
    words = {word for text in PAGES.values() for word in re.findall(r"`([\w./-]+)`", BLOCK.sub("", text))}
    tops = ("healer/", "tests/", "docs/", "playbooks/", "tools/")
    rooms = tuple(f"{folder.name}/" for folder in (ROOT / "healer").iterdir() if folder.is_dir())
    return sorted(word for word in words if word.startswith((*tops, *rooms)) and "NAME" not in word)


@pytest.mark.parametrize("path", paths())
def test_paths_that_are_named_exist(path: str) -> None:
    """Every file and folder that the text names is there, from the top or below `healer/`."""
    assert any((top / path).exists() for top in (ROOT, ROOT / "healer"))


class Loader(yaml.SafeLoader):
    """YAML with the one tag of playbooks."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


@pytest.mark.parametrize("text", blocks("yaml"))
def test_yaml_examples_load(text: str) -> None:
    """Every YAML example is YAML, and holds something."""
    assert yaml.load(text, Loader)


@pytest.mark.parametrize("text", blocks("toml"))
def test_settings_examples_are_settings(text: str) -> None:
    """Every name in a TOML example is a setting."""
    assert set(tomllib.loads(text)) <= set(NAMES)


@pytest.mark.parametrize("text", blocks("ini"))
def test_inventory_examples_load(text: str, tmp_path: Path) -> None:
    """Every INI example is an inventory with hosts, and its windows are windows."""
    file = tmp_path / "inventory.ini"
    file.write_text(text)
    hosts = load_inventory((str(file),)).hosts
    assert hosts
    for host in hosts.values():
        assert Window.parse(host.variables.get("window", "always"))


@pytest.mark.parametrize("text", blocks("python"))
def test_python_examples_run(text: str) -> None:
    """Every Python example can be executed."""
    exec(compile(text, "example", "exec"), {})


def test_the_example_inventory_loads() -> None:
    """inventory.example.ini is accepted as it stands, and its windows are windows."""
    hosts = load_inventory((str(ROOT / "inventory.example.ini"),)).hosts
    declared = [host.variables["window"] for host in hosts.values() if "window" in host.variables]
    assert declared
    assert all(Window.parse(window) for window in declared)


def test_the_windows_page_shows_windows() -> None:
    """Every example of days and times on the page of windows is understood."""
    rows = table("docs/windows.md", "Grammar")
    days, times, zones = (re.findall(r"`([^`]+)`", row[1]) for row in rows)
    assert all(Window.parse(f"{day} {time} {zone}").spans for day in days for time in times for zone in zones)


def test_the_changelog_knows_this_version() -> None:
    """The version that healer prints has a chapter in the changelog."""
    assert f"\n## {__version__}" in PAGES["CHANGELOG.md"]


def test_the_page_for_package_managers_names_every_field() -> None:
    """Whoever adds a package manager finds every field of the contract explained."""
    named = set(re.findall(r"`(\w+)`", " ".join(row[0] for row in table("docs/add-a-package-manager.md", "The file"))))
    assert set(PackageManager.__dataclass_fields__) == named


def test_the_readme_names_the_package_managers_that_there_are() -> None:
    """The README does not promise a package manager that is not there, nor hide one that is."""
    told = re.search(r"\* Only (\w+)\.", PAGES["README.md"])
    assert told is not None
    assert {told[1]} == set(plugins("healer.platforms.packages", PackageManager))


def test_the_table_of_faults_is_made_from_the_tests() -> None:
    """docs/safety.md shows what the tests that are marked with rows of the fault matrix say, and each row has a test or a reason."""
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "fault_table.py"), "--check"], capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
