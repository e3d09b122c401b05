"""No line is lost: real writers, each in its own way, write numbered lines while room is made under them five times."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from console import Console, wait_for
from log_writers import LITTLE, Writer, clean, four_writers, freed, numbers, restored, stop, used, ways, weigh_down

from healer.lab.lab import Lab

LINES, A_SECOND, PASSES = 60_000, 3_000, 5
WAYS = {"append": "collapse", "offset": "punch", "syslog": "collapse", "nginx": "collapse"}
HALF_A_MEGABYTE = 512 * 1024


@pytest.fixture
def writers(log_lab: Lab) -> Iterator[tuple[Writer, ...]]:
    """Return four writers on a host whose disk is so full that what they write brings it over the trigger."""
    host = log_lab.host("h1")
    clean(host)
    weigh_down(host, 90)
    yield tuple(writer.start(LINES, A_SECOND) for writer in four_writers(host))
    clean(host)


@pytest.mark.fault("H13")
def test_every_line_is_there_once_and_in_order(log_lab: Lab, writers: tuple[Writer, ...], tmp_path: Path) -> None:
    """With O_APPEND or without, rsyslog or nginx: after five passes parts and rest hold every line, and nobody was restarted."""
    console, host = Console(tmp_path, log_lab), log_lab.host("h1")
    before = {writer.path: writer.processes for writer in writers}
    for _turn in range(PASSES):
        wait_for(lambda: used(host) > 91 and all(writer.taken > HALF_A_MEGABYTE for writer in writers))
        answer = console.healer("logs", "-l", "h1", "--over", "91%", "--target", "90%", *LITTLE, "--json")
        assert (0, {"h1": "changed"}) == (answer.code, answer.ends), answer.text
        assert ways(answer) == {writer.path: WAYS[writer.name] for writer in writers}
        assert all(freed(console, answer, "h1")[writer.path] > HALF_A_MEGABYTE // 2 for writer in writers)
    written = stop(writers)

    assert before == {writer.path: writer.processes for writer in writers}
    assert {path: list(range(1, count + 1)) for path, count in written.items()} == {
        path: numbers(restored(console, "h1", path)) for path in written
    }
    assert min(written.values()) >= LINES
