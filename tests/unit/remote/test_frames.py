"""The words on the wire: arguments arrive byte by byte, and output is told from noise wherever the network cuts it."""

import itertools
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healer.remote.frames import BOOTSTRAP, Stream, run_payload, words_of

NONCE = "0123456789abcdef" * 2
WORDS = st.binary(max_size=40).map(lambda raw: raw.replace(b"\0", b"").decode("utf-8", "surrogateescape"))


def fed(stream: Stream, data: bytes, cuts: list[int]) -> Stream:
    """Feed the data in pieces, cut at these places."""
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    for start, end in itertools.pairwise(places):
        stream.feed(data[start:end])
    return stream


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, max_size=6))
def test_any_arguments_arrive_unchanged(words: list[str]) -> None:
    """Whatever bytes an argument holds, the program on the host gets exactly those."""
    done = subprocess.run(["sh", "-c", BOOTSTRAP], input=run_payload(NONCE, ("printf", "%s\\0", *words)), capture_output=True, check=True)
    stream = fed(Stream(NONCE, 10_000), done.stdout, [])

    expected = "".join(f"{word}\0" for word in words or [""]).encode("utf-8", "surrogateescape")
    assert (0, expected) == (stream.status, bytes(stream.content))


@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(0, 255), st.lists(st.integers(0, 800)))
def test_the_place_of_a_cut_does_not_matter(noise: bytes, output: bytes, status: int, cuts: list[int]) -> None:
    """Output between the marks comes out whole however the stream was cut into pieces."""
    sent = noise + f"{NONCE} begin\n".encode() + output + f"{NONCE} end {status}\n".encode() + b"left behind"

    stream = fed(Stream(NONCE, 1000), sent, cuts)

    assert (status, output, False) == (stream.status, bytes(stream.content), stream.truncated)


@given(st.binary(max_size=300), st.lists(st.integers(0, 300)))
def test_without_an_end_mark_there_is_no_status(output: bytes, cuts: list[int]) -> None:
    """A stream that stops early has no status, and all that was heard."""
    stream = fed(Stream(NONCE, 1000), f"{NONCE} begin\n".encode() + output, cuts)
    stream.settle()

    assert (None, output) == (stream.status, bytes(stream.content))


@pytest.mark.fault("O7")
def test_a_mark_of_another_nonce_is_output() -> None:
    """Only the nonce of this command makes a mark."""
    forged = b"f" * 32 + b" end 0\n"
    stream = fed(Stream(NONCE, 1000), f"{NONCE} begin\n".encode() + forged + f"{NONCE} end 5\n".encode(), [])

    assert (5, forged) == (stream.status, bytes(stream.content))


def test_noise_before_the_first_mark_is_kept_for_the_message() -> None:
    """What the login shell said of its own can be shown when no mark ever comes."""
    stream = fed(Stream(NONCE, 1000), b"This account is not available.\n", [3])

    assert b"This account is not available.\n" == stream.seen()


def test_the_limit_counts_per_stream_and_does_not_hide_the_status() -> None:
    """Beyond the limit bytes are dropped, and the end mark is still seen."""
    stream = fed(Stream(NONCE, 10), f"{NONCE} begin\n".encode() + bytes(500) + f"{NONCE} end 0\n".encode(), [60, 100, 400])

    assert (0, bytes(10), True) == (stream.status, bytes(stream.content), stream.truncated)


@pytest.mark.parametrize("argv", [(), ("",), ("-a", "x"), ("echo", "nul\0byte")])
def test_what_cannot_be_a_command_is_refused(argv: tuple[str, ...]) -> None:
    """No program, an option in its place, or a NUL are mistakes of the caller."""
    with pytest.raises(ValueError, match=r"a command needs|an argument cannot"):
        words_of(argv)


def test_builtins_of_the_shell_are_not_commands() -> None:
    """A shell's builtin such as `exit` is looked for as a program, so it can neither end the script nor read the nonce."""
    done = subprocess.run(["sh", "-c", BOOTSTRAP], input=run_payload(NONCE, ("exit", "0")), capture_output=True, check=True)

    assert 127 == fed(Stream(NONCE, 1000), done.stdout, []).status


def test_the_command_does_not_inherit_the_nonce() -> None:
    """The environment of a command holds neither the nonce nor the script's own variables."""
    done = subprocess.run(["sh", "-c", BOOTSTRAP], input=run_payload(NONCE, ("env",)), capture_output=True, check=True)
    names = {line.split(b"=")[0] for line in bytes(fed(Stream(NONCE, 100_000), done.stdout, []).content).splitlines()}

    assert not names & {b"nonce", b"script", b"word", b"saved", b"status"}


def test_a_command_that_did_not_arrive_whole_is_not_run(tmp_path: Path) -> None:
    """A link that breaks among the words starts nothing: with fewer words it would be another command."""
    effect = tmp_path / "effect"
    whole = run_payload(NONCE, ("touch", str(effect), "--", "one more word"))
    for length in range(len(whole) - 2):
        subprocess.run(["sh", "-c", BOOTSTRAP], input=whole[:length], capture_output=True, check=False)
        assert not effect.exists(), f"run although only {length} of {len(whole)} bytes had come"
