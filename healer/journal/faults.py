"""The database's complaints in words for people. Whatever it says, the journal could not be trusted with an intent."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from healer.model.errors import JournalError

_DAMAGED = (
    "Move the file away and put a copy back, or begin a new one: what was done on the hosts is not lost with it, but holds and debts are "
    "forgotten and its runs cannot be resumed."
)

FAILING = "disk i/o error"
"""What SQLite says of a disk that did not write or sync: from then on nobody knows what the disk holds."""

_words = (
    ("could not decode", "it is damaged", _DAMAGED),
    ("disk is full", "the disk is full", "Make room."),
    (FAILING, "the disk fails or is full", "Make room, or look at the kernel's log."),
    ("locked", "another process keeps it locked", "Wait for the other healer to end, or look who holds the file."),
    ("readonly", "it may only be read", "Check who owns the file and its folder, and whether the disk is mounted read-only."),
    ("unable to open", "it cannot be opened", "Check the folder and its owner."),
    ("malformed", "it is damaged", _DAMAGED),
    ("not a database", "it is damaged or no journal", _DAMAGED),
    ("could not connect", "the database server cannot be reached", "Start it."),
    ("connection refused", "the database server cannot be reached", "Start it."),
)

_LOOK = "Look with `healer doctor`."


@contextmanager
def told(name: str) -> Iterator[None]:
    """Turn a database error, or what cannot be made sense of, into a JournalError about the journal `name`."""
    try:
        yield
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error)
        words, advice = next(((words, advice) for needle, words, advice in _words if needle in said.lower()), ("", _LOOK))
        raise JournalError(
            f"journal {name}: {words} ({_short(said)})." if words else f"journal {name}: {_short(said)}.", advice=advice
        ) from error
    except ValueError as error:
        raise JournalError(f"journal {name}: it is damaged ({_short(str(error))}).", advice=_DAMAGED) from error


def _short(said: str) -> str:
    """Return the first words: some complaints go on with a whole row of the table."""
    return said if len(said) <= 160 else f"{said[:157]}..."
