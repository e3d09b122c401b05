"""What every probe keeps to, found by looking."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healer.discovery import plugins
from healer.model.command import Command, CommandResult
from healer.model.facts import Unknown, Verdict
from healer.observe.probes.contract import Probe
from healer.ports import ByteStream

PROBES = plugins("healer.observe.probes", Probe)
NAMES = st.sampled_from(
    ["url", "port", "host", "name", "argv", "path", "state", "status", "timeout", "headers", "contains", "become", "verify"]
)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.lists(st.text(max_size=5), max_size=3)
    | st.just("http://localhost/")
)


class Dead:
    """A place whose link is gone."""

    def run(self, command: Command) -> CommandResult:
        return CommandResult(Unknown("the link is gone"))

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        raise PermissionError("the link is gone")


@pytest.mark.parametrize("name", sorted(PROBES))
def test_the_name_is_the_files_name(name: str) -> None:
    """A probe is called as its file."""
    assert f"healer.observe.probes.{name}" == PROBES[name].ask.__module__


@given(st.sampled_from(sorted(PROBES)), st.dictionaries(NAMES, VALUES, max_size=5))
def test_a_dead_link_is_unknown_whatever_is_asked(name: str, arguments: Mapping[str, object]) -> None:
    """Over a dead link every probe with any arguments answers unknown with a reason, and raises nothing."""
    answer = PROBES[name].ask(Dead(), arguments, 1.0)
    assert (Verdict.UNKNOWN, True) == (answer.verdict, bool(answer.reason))
