"""This control node as the place that a probe asks from."""

import os

import pytest

from healer.model.command import Command, CommandResult
from healer.model.facts import Unknown
from healer.observe.vantage import ControlVantage


def test_streams_and_status_come_back() -> None:
    """Standard input is the whole input, and status and both streams come back."""
    result = ControlVantage().run(Command(("sh", "-c", "cat; echo no >&2; exit 3"), stdin=b"yes"))
    assert CommandResult(3, b"yes", b"no\n") == result


def test_output_has_a_limit() -> None:
    """What is beyond the limit is dropped, and the result says so."""
    assert CommandResult(0, b"abc", b"", truncated=True) == ControlVantage().run(Command(("printf", "abcdef"), limit=3))


def test_a_program_that_is_not_there_has_no_status() -> None:
    """A program that could not be started has an unknown status, not 127."""
    assert isinstance(ControlVantage().run(Command(("/no/such/program",))).status, Unknown)


def test_it_does_not_become_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root is not had by asking: as somebody else, a command that needs it is not run."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert isinstance(ControlVantage().run(Command(("true",), become=True)).status, Unknown)
