"""Calls a function of the user's own file with a fabric.Connection: the door for what nobody foresaw."""

import hashlib
import traceback
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import ModuleType

from healer.model.action import CallPython
from healer.model.errors import HostError
from healer.model.facts import Verdict
from healer.rollout.doors import Doors
from healer.rollout.seen import Seen
from healer.rollout.session import Session

KEEP_EVERY = 45.0
"""Seconds between renewals of the lease while the function works."""


def call_python(verb: CallPython, session: Session, doors: Doors) -> Seen:
    """Call it. What it returns is registered; what it raises is the failure. The file must be the one that was planned with.

    It works in a thread of its own, because a thread cannot be stopped: one that takes too long is left alone, without its link.
    """
    path = Path(verb.file)
    try:
        content = path.read_bytes()
    except OSError as error:
        return Seen(Verdict.BAD, reason=f"{path}: {error.strerror}")
    if verb.digest and hashlib.sha256(content).hexdigest() != verb.digest:
        return Seen(Verdict.BAD, reason=f"{path} was changed after the run had begun: not called")
    connection = session.remote.fabric_connection()
    answers: list[Seen] = []
    caller = Thread(target=lambda: answers.append(_answer(verb, path, content, connection)), daemon=True)
    caller.start()
    _wait(caller, verb.timeout, session, doors)
    if answers:
        return answers[0]
    session.drop()
    reason = f"{verb.function} did not end within {verb.timeout:g} s, and nobody can tell how far it came"
    return Seen(Verdict.UNKNOWN, changed=True, reason=reason)


def _answer(verb: CallPython, path: Path, content: bytes, connection: object) -> Seen:
    try:
        value = getattr(_module(path, content), verb.function)(connection, **verb.arguments)
    except (Exception, SystemExit) as error:  # noqa: BLE001  the user's own code may raise anything; it must not end the run
        where = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"{verb.function} raised {type(error).__name__}: {error} ({where.filename}:{where.lineno})"
        return Seen(Verdict.BAD, changed=True, reason=reason)
    return Seen(Verdict.GOOD, changed=value is not False, detail={"value": _plain(value)})


def _wait(caller: Thread, seconds: float, session: Session, doors: Doors) -> None:
    """Wait for the call, and keep the host's lease meanwhile by a login of our own: the first one is the function's now."""
    keeper = Session(session.host, doors, session.holder)
    end = doors.clock.monotonic() + seconds
    while caller.is_alive() and (left := end - doors.clock.monotonic()) > 0:
        caller.join(min(left, KEEP_EVERY))
        if caller.is_alive() and session.leased:
            with suppress(HostError):
                keeper.lease()
    keeper.lose_lease()
    keeper.close()


def _module(path: Path, content: bytes) -> ModuleType:
    """Execute the very bytes that were judged: neither the file as it is a moment later nor compiled code that lies beside it."""
    module = ModuleType(f"healer_user_{path.stem}")
    module.__file__ = str(path)
    exec(compile(content, str(path), "exec"), module.__dict__)  # noqa: S102  the user's own code is what the step is for
    return module


def _plain(value: object) -> object:
    if isinstance(value, (bool, int, float, str, type(None))):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return repr(value)
