"""Places a file whole on a host: by a temporary name in the same folder, synced and renamed, and only when it differs."""

import base64
import importlib.resources
from functools import cache

from healer.model.action import PutFile
from healer.model.job import JobSpec


@cache
def _script() -> str:
    return importlib.resources.files("healer.rollout").joinpath("put_file.sh").read_text(encoding="utf-8")


def content_of(verb: PutFile) -> bytes:
    """Return the bytes to be placed."""
    return base64.b64decode(verb.content) if verb.encoding == "base64" else verb.content.encode()


def put_spec(verb: PutFile, act: str) -> JobSpec:
    """Return the act: the content travels by stdin, everything else as arguments, nothing as shell text."""
    arguments = (verb.path, verb.owner, verb.group, verb.mode, "yes" if verb.backup else "no", *verb.validate)
    return JobSpec(act, ("sh", "-c", _script(), "healer", *arguments), content_of(verb), timeout=120.0)
