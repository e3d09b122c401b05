"""No exception of the SSH library or the system reaches a person: each becomes one of ours, with words and advice."""

import inspect
import socket

import pytest
from paramiko import ssh_exception

from healer.model.errors import AuthenticationError, HostError, HostKeyError, RefusedError, UnreachableError
from healer.remote.faults import SSH_FAULTS, Stage, translate, translated

THEIRS = [
    kind
    for _, kind in inspect.getmembers(ssh_exception, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__ == ssh_exception.__name__
]


@pytest.mark.parametrize("kind", THEIRS, ids=lambda kind: kind.__name__)
def test_every_exception_of_the_library_has_its_own_rule(kind: type[Exception]) -> None:
    """A new class of paramiko's exceptions fails this test until somebody has thought about it."""
    error = SSH_FAULTS[kind]("web1", "message")

    assert isinstance(error, UnreachableError)
    assert error.advice


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), UnreachableError, "Name or service not known"),
        (TimeoutError(), UnreachableError, "timed out"),
        (ConnectionRefusedError(111, "Connection refused"), UnreachableError, "Connection refused"),
        (EOFError(), UnreachableError, "closed the connection"),
        (OSError("odd"), UnreachableError, "odd"),
        (OSError(), UnreachableError, "OSError"),
        (ssh_exception.AuthenticationException("no"), AuthenticationError, "no"),
        (ssh_exception.BadAuthenticationType("bad", ["password"]), AuthenticationError, "password"),
        (ssh_exception.SSHException(""), UnreachableError, "SSHException"),
    ],
)
def test_a_fault_names_host_stage_and_words(error: Exception, expected: type[HostError], words: str) -> None:
    """The message says on which host, at which stage and in which words; it is never empty."""
    ours = translate(error, "web1", Stage.CONNECT, "10.0.0.1 port 22")

    assert expected is type(ours)
    assert str(ours).startswith("web1: Failed while connecting to 10.0.0.1 port 22: ")
    assert words in str(ours)


def test_our_own_errors_pass_the_door_unchanged() -> None:
    """An error that is already ours is not wrapped again."""
    ours = RefusedError("web1", "stale lease")

    assert ours is translate(ours, "web1", Stage.CHANNEL, "there")


def test_the_cause_is_kept_for_those_who_debug() -> None:
    """The library's own exception stays visible as the cause."""
    cause = ConnectionResetError(104, "Connection reset by peer")

    with pytest.raises(UnreachableError) as caught, translated("web1", Stage.GREETING, "there"):
        raise cause

    assert cause is caught.value.__cause__


def test_a_key_that_the_library_itself_refuses_is_a_host_key_error() -> None:
    """Should paramiko ever compare keys by itself, its refusal counts as ours."""
    assert HostKeyError is type(SSH_FAULTS[ssh_exception.BadHostKeyException]("web1", "message"))
