"""The database's complaints in words for people. Whatever it says, the journal could not be trusted with an intent."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from healer.model.errors import JournalError

_words = (
    ("disk is full", "the disk is full", "Make room, then resume the run."),
    ("disk i/o error", "the disk fails or is full", "Look at the kernel's log, then resume the run."),
    ("locked", "another process keeps it locked", "Wait for the other healer to end, or look who holds the file."),
    ("readonly", "it may only be read", "Check who owns the file and its folder, and whether the disk is mounted read-only."),
    ("unable to open", "it cannot be opened", "Check the folder and its owner."),
    ("malformed", "it is damaged", "Move it away and restore a copy; the hosts themselves know what was done on them."),
    ("not a database", "it is damaged or no journal", "Move it away and restore a copy; the hosts themselves know what was done on them."),
    ("could not connect", "the database server cannot be reached", "Start it, then resume the run."),
    ("connection refused", "the database server cannot be reached", "Start it, then resume the run."),
)


@contextmanager
def told(name: str) -> Iterator[None]:
    """Turn a database error into a JournalError about the journal `name`."""
    try:
        yield
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error)
        for needle, words, advice in _words:
            if needle in said.lower():
                raise JournalError(f"journal {name}: {words} ({said}).", advice=advice) from error
        raise JournalError(f"journal {name}: {said}.") from error
