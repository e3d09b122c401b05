"""What the package managers of hosts would do, kept between looks that cannot act: a simulation costs a host more than all else of a look.

It is kept in the state folder, a file a host, and counts only while the host itself says that nothing has changed since.
"""

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from healer.journal.filesystems import make_private
from healer.model.facts import Facts, Unchanged, Unknown, Updates

LASTS = 24 * 3600.0
"""Seconds for which a simulation counts at most."""
LASTS_IN_TURN = 3600.0
"""Seconds where something is held or waits for its phase: whose turn it is changes with time, and nothing on the host shows it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A simulation as it stands in its file. `at` is epoch seconds."""

    host: str
    at: float
    updates: Updates


class Simulations:
    """Keeps one simulation a host. A file that is broken, foreign, open to others or of another version counts as none."""

    def __init__(self, folder: Path) -> None:
        """Touch nothing yet. `folder` need not be there."""
        self._folder = folder

    def known(self, host: str, now: float) -> Updates | None:
        """Return what is known of the host's updates and may still hold, or None. `now` is epoch seconds. Raises nothing for any file."""
        kept = self._read(host)
        if kept is None or kept.host != host or not kept.updates.fingerprint:
            return None
        in_turn = bool(kept.updates.held) or any(row.phased or row.held for row in kept.updates.pending)
        return kept.updates if 0 <= now - kept.at <= (LASTS_IN_TURN if in_turn else LASTS) else None

    def keep(self, host: str, updates: Updates, now: float) -> None:
        """Remember a simulation that was made now. Where it cannot be written nothing is remembered: that only costs time."""
        try:
            make_private(self._folder)
            handle, name = tempfile.mkstemp(dir=self._folder)  # 0600 from the beginning
            with os.fdopen(handle, "wb") as file:
                file.write(_shape().dump_json(Kept(host, now, updates)))
            Path(name).replace(self._file(host))
        except OSError:
            return

    def _read(self, host: str) -> Kept | None:
        try:
            with self._file(host).open("rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077 or status.st_uid != os.geteuid():
                    return None
                return _shape().validate_json(file.read(), strict=True)
        except (OSError, ValueError):
            return None

    def _file(self, host: str) -> Path:
        """Return the host's file: a name may hold what no file name can."""
        return self._folder / hashlib.sha256(host.encode()).hexdigest()[:32]


def recalled(facts: Facts, known: Updates | None) -> Facts:
    """Return the facts with what is known in the place of `unchanged`; the age of the lists is the one of now. Pure."""
    said = facts.readings.get("updates")
    if not isinstance(said, Unchanged):
        return facts
    same = known is not None and known.fingerprint == said.fingerprint
    found = (
        replace(known, list_age=said.list_age) if same and known else Unknown("the host says that nothing has changed, but not since when")
    )
    return Facts({**facts.readings, "updates": found})


@cache
def _shape() -> TypeAdapter[Kept]:
    return TypeAdapter(Kept)
