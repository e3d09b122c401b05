"""How words on the command line become values."""

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer

from healer.cli.options import Patching, RebootPolicy
from healer.cli.request import RunRequest, extra_variables
from healer.cli.signature import takes
from healer.model.errors import UsageError


@dataclass(frozen=True)
class Group:
    """Two options."""

    first: Annotated[str, typer.Option("--first")] = "a"
    second: Annotated[int, typer.Option("--second")] = 2


def test_a_group_of_options_arrives_as_one_value() -> None:
    """The command sees its own options and the group; the parser sees every option, the command's own first."""
    got: list[object] = []

    def command(*, own: str = "x", group: Group) -> None:
        got.extend((own, group))

    wrapped = takes(group=Group)(command)
    wrapped(own="y", first="b", second=3)
    assert ["y", Group("b", 3)] == got
    assert ["own", "first", "second"] == list(inspect.signature(wrapped).parameters)


@pytest.mark.parametrize(
    ("patching", "expected"),
    [
        (Patching(), {}),
        (Patching(security=True), {"patch_scope": "security"}),
        (Patching(all_updates=True), {"patch_scope": "all"}),
        (Patching(only=["openssl,zip", " nginx* "]), {"patch_scope": "all", "patch_only": ["openssl", "zip", "nginx*"]}),
        (Patching(canary=0, max_failures=0), {"patch_canary": 0, "patch_max_failures": 0}),
        (Patching(max_unavailable="10%", soak="5m"), {"patch_max_unavailable": "10%", "patch_soak": "5m"}),
        (Patching(reboot=RebootPolicy.NEVER), {"patch_reboot": "never"}),
    ],
)
def test_flags_become_variables_of_the_playbook(patching: Patching, expected: dict[str, object]) -> None:
    """A flag that was not given sets nothing, so that the playbook's own default holds."""
    assert expected == patching.variables()


def test_scopes_exclude_each_other() -> None:
    """Whoever asks for all and for security updates only has made a mistake."""
    with pytest.raises(typer.BadParameter):
        Patching(all_updates=True, only=["zip"]).variables()


def test_extra_variables(tmp_path: Path) -> None:
    """Later ones win; `key=value` is text, a mapping and a file keep their types."""
    file = tmp_path / "vars.yml"
    file.write_text("b: 2\nc: [1]\n")
    assert {"a": "1=2", "b": 3, "c": [1]} == extra_variables(["a=1=2", f"@{file}", "{b: 3}"])


@pytest.mark.parametrize("entry", ["5", "=x", "a b=c", "{a: ", "[1]", "@/nowhere"])
def test_extra_variables_that_are_none(entry: str) -> None:
    """Anything else is a wrong use of the command line."""
    with pytest.raises(UsageError):
        extra_variables([entry])


def test_tags_may_be_separated_by_commas() -> None:
    """Several options and several words in one mean the same."""
    assert (frozenset({"a", "b", "c"}), frozenset()) == RunRequest("x", tags=["a, b", "c"]).tag_sets
