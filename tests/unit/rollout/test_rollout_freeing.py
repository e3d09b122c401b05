"""Giving blocks back: the shipped scripts, run here on real files. Exactly the span goes, or nothing at all and the reason is told."""

import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from spans_here import handle_of, held, only, run, span_of

from healer.model.action import Action, Archive, Free, FreeMethod
from healer.model.facts import Verdict
from healer.model.files import Handle, Span
from healer.model.job import JobReport
from healer.rollout.acts import seen_of
from healer.rollout.freeing import free_spec, with_mark
from healer.rollout.seen import Seen
from healer.rollout.spans import MARKED

BLOCK = 4096
RAW = b"".join(b"line %d\n" % number for number in range(20_000))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log of many blocks."""
    (tmp_path.resolve() / "app.log").write_bytes(RAW)
    return tmp_path.resolve() / "app.log"


def free(span: Span, method: FreeMethod, environment: dict[str, str] | None = None, **more: object) -> Seen:
    """Return what is seen of the act, as the engine sees it."""
    verb = Free(span, method, **more)  # type: ignore[arg-type]  # a test names the fields
    done = run(free_spec(verb, "act").argv, environment)
    return seen_of(verb, JobReport("ended", done.returncode), done.stdout + done.stderr)


def offers(folder: Path, mode: str) -> bool:
    """Say whether the file system of the tests can do it."""
    probe = folder / "probe"
    probe.write_bytes(bytes(4 * BLOCK))
    return subprocess.run(["fallocate", mode, "-o", "0", "-l", str(BLOCK), str(probe)], capture_output=True, check=False).returncode == 0


def mark_of(raw: bytes) -> str:
    """Return the mark of archived bytes."""
    return hashlib.sha256(raw[-MARKED:]).hexdigest()


def test_collapse_takes_exactly_the_head(log: Path, tmp_path: Path) -> None:
    """The span's bytes are gone, what follows stands at the front; where the file system cannot do it, it says so and all is there."""
    cut = len(RAW) // BLOCK * BLOCK
    with held(log) as handle:
        seen = free(span_of(log, 0, cut, handle), "collapse", mark=mark_of(RAW[:cut]))
    expected = (Verdict.GOOD, RAW[cut:]) if offers(tmp_path, "-c") else (Verdict.BAD, RAW)
    assert expected == (seen.verdict, log.read_bytes())


def test_punch_leaves_a_hole_of_the_same_length(log: Path, tmp_path: Path) -> None:
    """The file keeps its size and what is beyond the span; the span's blocks come free, and how many is told."""
    with held(log) as handle:
        seen = free(span_of(log, 0, 16 * BLOCK, handle), "punch")
    if not offers(tmp_path, "-p"):
        assert (Verdict.BAD, RAW) == (seen.verdict, log.read_bytes())
        return
    assert (Verdict.GOOD, bytes(16 * BLOCK) + RAW[16 * BLOCK :]) == (seen.verdict, log.read_bytes())
    assert (16 * BLOCK, "punch") == (seen.detail["freed"], seen.detail["method"])


def test_a_deleted_file_is_reached_through_its_writer(log: Path, tmp_path: Path) -> None:
    """A log without a name gives its blocks back, all but the last one that is not full, while its writer goes on."""
    with held(log) as handle:
        span = span_of(log, handle=handle)
        log.unlink()
        seen = free(span, "punch")
        left = Path(f"/proc/{handle.pid}/fd/1").stat().st_blocks * 512
    assert (offers(tmp_path, "-p"), offers(tmp_path, "-p")) == (seen.verdict is Verdict.GOOD, left <= BLOCK)


@pytest.mark.parametrize(
    ("start", "length", "words"),
    [(BLOCK, BLOCK, "only the head"), (0, len(RAW), "whole"), (0, BLOCK + 1, "no multiple of the block size")],
)
def test_what_cannot_be_collapsed_is_refused(start: int, length: int, words: str, log: Path) -> None:
    """Only whole blocks from the head on, and never the whole file."""
    with held(log) as handle:
        seen = free(span_of(log, start, length, handle), "collapse")
    assert (Verdict.BAD, False, RAW) == (seen.verdict, seen.changed, log.read_bytes())
    assert "not supported" in seen.reason
    assert words in seen.reason


METHODS: tuple[FreeMethod, ...] = ("collapse", "punch", "freeze", "truncate", "delete")


@pytest.mark.parametrize("method", METHODS)
def test_bytes_that_were_not_archived_are_never_given_back(method: FreeMethod, log: Path) -> None:
    """A log that was cut off and has grown again since it was archived does not have the mark, and is left alone by every method."""
    with held(log) as handle:
        seen = free(span_of(log, 0, BLOCK * 8, handle), method, mark=mark_of(b"other bytes"), writers=(handle,))
    assert (Verdict.BAD, False, RAW) == (seen.verdict, seen.changed, log.read_bytes())


@pytest.mark.parametrize("method", METHODS)
def test_another_file_is_never_touched(method: FreeMethod, log: Path) -> None:
    """A file that took the place of the one that was seen keeps every byte, whatever the method."""
    span = span_of(log)
    (log.parent / "new").write_bytes(RAW)
    (log.parent / "new").rename(log)
    seen = free(span, method)
    assert (Verdict.BAD, False, RAW) == (seen.verdict, seen.changed, log.read_bytes())
    assert "identity differs" in seen.reason


def test_a_file_that_somebody_cut_off_is_left_alone(log: Path) -> None:
    """A file that is shorter than the span was cut off by somebody else."""
    with held(log) as handle:
        span = span_of(log, handle=handle)
        os.truncate(log, 100)
        assert "somebody cut it off" in free(span, "punch").reason


def test_a_file_that_nobody_has_open_is_deleted(log: Path) -> None:
    """The name goes, and the bytes that came free are told."""
    seen = free(span_of(log), "delete")
    assert (Verdict.GOOD, False) == (seen.verdict, log.exists())
    assert int(str(seen.detail["freed"])) >= len(RAW)


@pytest.mark.parametrize("opener", ["perl", "python3"])
def test_either_opener_can_delete(opener: str, log: Path, tmp_path: Path) -> None:
    """Perl or python, whichever is there, takes the name away."""
    seen = free(span_of(log), "delete", only(tmp_path / "bin", opener))
    assert (Verdict.GOOD, False) == (seen.verdict, log.exists())


def test_a_file_that_somebody_has_open_is_not_deleted(log: Path) -> None:
    """Its reader or writer would go on without a name, and nothing would come free."""
    with held(log, "<"):
        seen = free(span_of(log), "delete")
    assert (True, True) == ("busy" in seen.reason, log.exists())


def test_a_file_with_two_names_is_not_deleted(log: Path) -> None:
    """Taking one of two names away gives nothing back."""
    (log.parent / "second").hardlink_to(log)
    assert ("not supported" in free(span_of(log), "delete").reason, log.exists()) == (True, True)


def test_a_file_that_has_grown_is_not_deleted(log: Path) -> None:
    """What came after the archive would be lost."""
    span = span_of(log)
    with log.open("ab") as file:
        file.write(b"later\n")
    assert ("identity differs" in free(span, "delete").reason, RAW + b"later\n") == (True, log.read_bytes())


def state_of(pid: int) -> str:
    """Return a process's state."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_freeze_keeps_what_lies_beyond_the_span(log: Path) -> None:
    """The head goes, the tail stands at the front, and the writer runs on."""
    with held(log) as handle:
        seen = free(span_of(log, 0, 150_000, handle), "freeze", writers=(handle,), mark=mark_of(RAW[:150_000]))
        assert (Verdict.GOOD, RAW[150_000:], "S") == (seen.verdict, log.read_bytes(), state_of(handle.pid))


def spoil_nothing(handle: Handle) -> tuple[Handle, ...]:
    """Name no writer."""
    return ()


def spoil_start(handle: Handle) -> tuple[Handle, ...]:
    """Name another process than the writer."""
    return (replace(handle, started=1),)


@pytest.mark.parametrize(("writers", "words"), [(spoil_nothing, "no writer was named"), (spoil_start, "is another one")])
def test_freeze_stops_only_named_writers(writers: Callable[[Handle], tuple[Handle, ...]], words: str, log: Path) -> None:
    """Without the very writers nothing is stopped and nothing is done."""
    with held(log) as handle:
        seen = free(span_of(log, 0, 150_000, handle), "freeze", writers=writers(handle))
        assert (True, RAW, "S") == (words in seen.reason, log.read_bytes(), state_of(handle.pid))


def test_freeze_leaves_a_file_with_a_second_writer_alone(log: Path) -> None:
    """A writer that was not named would write in between."""
    with held(log) as handle, held(log) as second:
        seen = free(span_of(log, 0, 150_000, handle), "freeze", writers=(handle,))
        assert (True, RAW) == (f"process {second.pid} writes" in seen.reason, log.read_bytes())


def test_freeze_leaves_a_writer_that_does_not_append_alone(log: Path) -> None:
    """It would go on at its old place and leave a hole."""
    with held(log, "1<>") as handle:
        seen = free(span_of(log, 0, 150_000, handle), "freeze", writers=(handle,))
        assert (True, RAW) == ("does not append" in seen.reason, log.read_bytes())


def test_writers_go_on_when_the_act_is_killed(log: Path, tmp_path: Path) -> None:
    """A watchman outside the act lets the writers go on, also when the act is killed while they stand still."""
    bin_ = only(tmp_path / "bin", "perl", "setsid", "tr", without=("timeout",))
    stuck = tmp_path / "bin/timeout"
    stuck.write_text('#!/bin/sh\n[ "$1" != 1 ] || exec sleep 60\nshift\nexec "$@"\n')
    stuck.chmod(0o755)
    with held(log) as handle:
        verb = Free(span_of(log, 0, 150_000, handle), "freeze", writers=(handle,))
        act = subprocess.Popen(free_spec(verb, "act").argv, env=bin_, stdin=subprocess.DEVNULL, start_new_session=True)
        until(lambda: state_of(handle.pid) == "T")
        os.killpg(act.pid, signal.SIGKILL)
        act.wait()
        until(lambda: state_of(handle.pid) == "S")
    assert RAW == log.read_bytes()


def until(so: Callable[[], bool]) -> None:
    """Wait until it is so. Raises AssertionError when it never is."""
    end = time.monotonic() + 30
    while not so():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_truncate_tells_what_was_lost(log: Path) -> None:
    """The lossy way cuts the file off whole and says how much was written since it was archived."""
    with held(log) as handle:
        seen = free(span_of(log, 0, len(RAW) - 10, handle), "truncate")
    assert (Verdict.GOOD, 0, 10) == (seen.verdict, log.stat().st_size, seen.detail["lost"])
    assert "10 bytes are lost" in seen.reason


def test_a_host_without_fallocate_is_told(log: Path, tmp_path: Path) -> None:
    """The missing program is named, and nothing was done."""
    with held(log) as handle:
        seen = free(span_of(log, handle=handle), "punch", only(tmp_path / "bin", without=("fallocate",)))
    assert (Verdict.BAD, RAW) == (seen.verdict, log.read_bytes())
    assert "there is no fallocate" in seen.reason


def test_a_free_gets_the_mark_of_its_own_archive() -> None:
    """The mark comes from the archive of the very same span, and from no other."""
    span, other = Span("/a", 1, 2, 0, 10), Span("/b", 1, 3, 0, 10)
    before = [(Action("", Archive(one)), Seen(Verdict.GOOD, detail={"mark": mark})) for one, mark in ((span, "m1"), (other, "m2"))]
    marked = [with_mark(Action("", Free(one, "punch")), before).verb for one in (span, replace(span, start=1))]
    assert [Free(span, "punch", mark="m1"), Free(replace(span, start=1), "punch")] == marked


def test_the_handle_of_this_process_is_right(log: Path) -> None:
    """The helper of these tests names a process as the kernel does."""
    assert handle_of(os.getpid(), 0).started > 0
