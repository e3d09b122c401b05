"""Calls a function of the user's own file with a fabric.Connection: the door for what nobody foresaw."""

import hashlib
import traceback
from pathlib import Path
from types import ModuleType

from healer.model.action import CallPython
from healer.model.facts import Verdict
from healer.rollout.seen import Seen
from healer.rollout.session import Session


def call_python(verb: CallPython, session: Session) -> Seen:
    """Call it. What it returns is registered; what it raises is the failure. The file must be the one that was planned with."""
    path = Path(verb.file)
    try:
        content = path.read_bytes()
    except OSError as error:
        return Seen(Verdict.BAD, reason=f"{path}: {error.strerror}")
    if verb.digest and hashlib.sha256(content).hexdigest() != verb.digest:
        return Seen(Verdict.BAD, reason=f"{path} was changed after the run had begun: not called")
    connection = session.remote.fabric_connection()
    try:
        value = getattr(_module(path, content), verb.function)(connection, **verb.arguments)
    except (Exception, SystemExit) as error:  # noqa: BLE001  the user's own code may raise anything; it must not end the run
        where = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"{verb.function} raised {type(error).__name__}: {error} ({where.filename}:{where.lineno})"
        return Seen(Verdict.BAD, changed=True, reason=reason)
    return Seen(Verdict.GOOD, changed=value is not False, detail={"value": _plain(value)})


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
