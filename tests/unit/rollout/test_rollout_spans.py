"""Opening the file of a span: the shipped script, run here. What is not that very file is left alone, with the reason."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from spans_here import held, only, run, span_of

from healer.archive.packed import Unpacking
from healer.model.files import Span
from healer.rollout.spans import span_argv, told

RAW = b"".join(b"line %d\n" % number for number in range(5000))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log."""
    folder = tmp_path.resolve() / "var log"
    folder.mkdir()
    (folder / "app.log").write_bytes(RAW)
    return folder / "app.log"


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a host that has perl, but neither python nor zstd."""
    return only(tmp_path / "bin", "perl")


def read(span: Span, environment: dict[str, str]) -> tuple[int, bytes, str]:
    """Return the exit status, the raw bytes that were sent, and what was said."""
    done = run(span_argv("archive_stream", span), environment)
    out = bytearray()
    unpacking = Unpacking(out.extend)
    unpacking.feed(done.stdout)
    return done.returncode, bytes(out), done.stderr.decode()


@pytest.mark.parametrize("opener", ["perl", "python3"])
def test_a_file_is_opened_by_its_folder(opener: str, log: Path, tmp_path: Path) -> None:
    """With perl or with python, whichever is there, exactly the span is read, and its sha256 and length are told."""
    status, raw, said = read(span_of(log, 7, 100), only(tmp_path / "one", opener))
    assert (0, RAW[7:107], "100") == (status, raw, told(said, "read")[1])


def test_a_file_is_opened_through_its_writer(log: Path, tmp_path: Path) -> None:
    """With a handle neither perl nor python is needed, and the name does not matter: it may be gone."""
    with held(log) as handle:
        span = span_of(log, handle=handle)
        log.unlink()
        assert (0, RAW) == read(span, only(tmp_path / "none"))[:2]


def test_bytes_that_come_later_are_not_read(log: Path, bare: dict[str, str]) -> None:
    """What is written after the look belongs to the next archive."""
    span = span_of(log)
    with log.open("ab") as file:
        file.write(b"later\n")
    assert (0, RAW) == read(span, bare)[:2]


def test_all_to_the_end(log: Path, bare: dict[str, str]) -> None:
    """A length of -1 is all to the end."""
    assert (0, RAW[10:]) == read(span_of(log, 10, -1), bare)[:2]


def test_without_perl_and_python_it_is_refused(log: Path, tmp_path: Path) -> None:
    """A file that nobody has open is not opened by its path: a shell would follow links."""
    status, raw, said = read(span_of(log), only(tmp_path / "none"))
    assert (13, b"") == (status, raw)
    assert "neither perl nor python3" in said


def replaced(log: Path, _span: Span) -> Span:
    """Put another file in the log's place."""
    span = span_of(log)
    (log.parent / "new").write_bytes(RAW)
    (log.parent / "new").rename(log)
    return span


def a_link(log: Path, _span: Span) -> Span:
    """Put a link in the log's place."""
    span = span_of(log)
    log.rename(log.parent / "elsewhere")
    log.symlink_to(log.parent / "elsewhere")
    return span


def a_link_on_the_way(log: Path, span: Span) -> Span:
    """Put a link in the folder's place."""
    log.parent.rename(log.parent.parent / "moved")
    log.parent.symlink_to(log.parent.parent / "moved")
    return span


def shrunk(log: Path, _span: Span) -> Span:
    """Cut the log off."""
    span = span_of(log)
    os.truncate(log, 5)
    return span


def gone(log: Path, _span: Span) -> Span:
    """Delete the log."""
    span = span_of(log)
    log.unlink()
    return span


def a_pipe(log: Path, span: Span) -> Span:
    """Put a pipe in the log's place."""
    log.unlink()
    os.mkfifo(log)
    return replace(span_of(log), length=5)


@pytest.mark.parametrize("opener", ["perl", "python3"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (replaced, "is another file now"),
        (a_link, "it is a link"),
        (a_link_on_the_way, "links are not followed"),
        (shrunk, "fewer than"),
        (gone, "cannot be opened"),
        (a_pipe, "is no regular file"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_another_file_is_left_alone(opener: str, change: object, words: str, log: Path, tmp_path: Path) -> None:
    """A file that was replaced, cut off or deleted, a link in its place or on the way, and what is no file are refused with the reason."""
    span = change(log, span_of(log))  # type: ignore[operator]
    status, raw, said = read(span, only(tmp_path / "one", opener))
    assert (10, b"") == (status, raw)
    assert words in said


@pytest.mark.parametrize("change", [{"started": 1}, {"pid": 2**22 - 1}, {"fd": 250}])
def test_another_process_is_left_alone(change: dict[str, int], log: Path, tmp_path: Path) -> None:
    """A pid that belongs to a later process, to none, or that has the descriptor closed leads to no file."""
    with held(log) as handle:
        status, raw, _said = read(span_of(log, handle=replace(handle, **change)), only(tmp_path / "none"))
    assert (10, b"") == (status, raw)


def test_a_descriptor_of_another_file_is_left_alone(log: Path, tmp_path: Path) -> None:
    """A descriptor that the process has used for another file since is refused."""
    (log.parent / "other").write_bytes(RAW)
    with held(log.parent / "other") as handle:
        assert 10 == read(span_of(log, handle=handle), only(tmp_path / "none"))[0]


def test_a_host_without_the_tools_is_refused(log: Path, tmp_path: Path) -> None:
    """Without a program that makes digests nothing is read, and the missing one is named."""
    status, raw, said = read(span_of(log), only(tmp_path / "one", "perl", without=("sha256sum",)))
    assert (11, b"", "there is no sha256sum on this host\n") == (status, raw, said)


def test_a_dd_that_cannot_count_bytes_is_done_without(log: Path, tmp_path: Path) -> None:
    """With a dd that knows no byte counts the same bytes are read."""
    bin_ = only(tmp_path / "one", "perl", without=("dd",))
    (tmp_path / "one/dd").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "one/dd").chmod(0o755)
    assert (0, RAW[7:107]) == read(span_of(log, 7, 100), bin_)[:2]
