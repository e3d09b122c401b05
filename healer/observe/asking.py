"""What the probes share: reading their arguments, and the border between "the other side is bad" and "the question was not asked"."""

import socket
import ssl
from collections.abc import Callable, Mapping
from typing import TypeVar

from healer.model.errors import HostError
from healer.model.facts import Verdict
from healer.observe.probes.contract import Answer

Kind = TypeVar("Kind")


class ArgumentError(ValueError):
    """An argument of a probe that is missing or of the wrong kind: the question cannot be asked."""


def good(reason: str) -> Answer:
    """Return the answer good."""
    return Answer(Verdict.GOOD, reason)


def bad(reason: str) -> Answer:
    """Return the answer bad."""
    return Answer(Verdict.BAD, reason)


def unknown(reason: str) -> Answer:
    """Return the answer unknown."""
    return Answer(Verdict.UNKNOWN, reason)


def argument(arguments: Mapping[str, object], name: str, kind: type[Kind], default: Kind | None = None) -> Kind:
    """Return an argument of that kind, or the default. Raises ArgumentError; a truth value is not a number."""
    value = arguments.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ArgumentError(f"the argument {name} must be of the kind {kind.__name__}, not {type(value).__name__}")
    return value


def numbers(arguments: Mapping[str, object], name: str, default: int) -> tuple[int, ...]:
    """Return an argument that is a number or a list of numbers. Raises ArgumentError."""
    value = arguments.get(name, default)
    several = value if isinstance(value, (list, tuple)) else [value]
    if not several or not all(isinstance(one, int) and not isinstance(one, bool) for one in several):
        raise ArgumentError(f"the argument {name} must be a number or a list of numbers, not {value!r}")
    return tuple(several)


def patience(arguments: Mapping[str, object], timeout: float) -> float:
    """Return the seconds for this question: the argument `timeout`, but never more than the caller gives. Raises ArgumentError."""
    own = arguments.get("timeout", timeout)
    if not isinstance(own, (int, float)) or isinstance(own, bool) or own <= 0:
        raise ArgumentError(f"the argument timeout must be a number of seconds above 0, not {own!r}")
    return min(float(own), timeout)


def asked(question: Callable[[], Answer], what: str) -> Answer:
    """Return the question's answer, with every foreseeable failure sorted into bad (the other side) or unknown (our way to it).

    Refused, reset, silent and unreachable are the other side's doing. A name that does not resolve, a link that is lost and a channel that
    is forbidden say nothing about it.
    """
    try:
        return question()
    except HostError as error:
        return unknown(f"{what} could not be asked: {error.message}")
    except OSError as error:
        # Before ValueError: a certificate that cannot be verified is both.
        return _fault(error, what)
    except ValueError as error:
        return unknown(f"{what} could not be asked: {error}")


def _fault(error: OSError, what: str) -> Answer:
    match error:
        case ssl.SSLError():
            return bad(f"{what}: TLS failed: {getattr(error, 'verify_message', '') or error.reason or error}")
        case socket.gaierror() | PermissionError():
            return unknown(f"{what} could not be asked: {error.strerror or error}")
        case TimeoutError():
            return bad(f"{what} did not answer in time")
        case _:
            return bad(f"{what}: {error.strerror or error}")
