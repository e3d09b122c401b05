"""Opens the database so that what it has promised to keep is kept: settings for SQLite, and who may see the file."""

import json
import os
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from healer.journal.faults import told
from healer.journal.filesystems import ELSEWHERE, require_local
from healer.model.errors import JournalError, UsageError

WAL_IS_SAFE = (3, 51, 3)
"""Before this release a commit during a checkpoint could damage a database in WAL mode (sqlite.org/wal.html, "the WAL-reset bug")."""

LOOKED_THROUGH = 256 * 1024 * 1024
"""Bytes up to which the file is looked through whenever it is opened: a second or less."""

PATIENCE = 45.0
"""Seconds for which a lock of another process is waited for: a backup or a long look may hold one. Leases on hosts outlast it."""

READING = {"healer_reading": True}
"""Execution options of a connection that only reads: it does not queue for the right to write."""


def check_url(url: str) -> None:
    """Raise UsageError unless the URL may stand on a command line, where everybody on the machine can read it: no password in it."""
    parsed = _parsed(url)
    if parsed.password is not None or "password" in parsed.query:
        raise UsageError("the database URL has a password in it.", advice="Put it into ~/.pgpass, PGPASSFILE or the settings file.")


def open_engine(url: str, *, patience: float = PATIENCE) -> Engine:
    """Return an engine for the journal. Raises JournalError where a journal cannot be kept safely."""
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite":
        return _server_engine(parsed)
    if parsed.database:
        _prepare_file(Path(parsed.database))
    engine = create_engine(parsed, json_serializer=_dumped)
    event.listen(engine, "connect", partial(_configure, round(patience * 1000)))
    event.listen(engine, "begin", _begin)
    return engine


def require_sound(connection: Connection) -> None:
    """Raise ValueError when SQLite finds its own file damaged: a lost page could hold the hold of a host. Large files take too long."""
    if connection.dialect.name != "sqlite":
        return
    pages, size = (int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in ("page_count", "page_size"))
    if pages * size <= LOOKED_THROUGH:
        found = str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one())
        if found != "ok":
            raise ValueError(found)


def shown(engine: Engine) -> str:
    """Return the database's name for messages: never a password."""
    return engine.url.database or "" if engine.dialect.name == "sqlite" else engine.url.render_as_string(hide_password=True)


def engine_words(url: str) -> str:
    """Return the database and its version for people, without a password."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return f"{parsed.database}, SQLite {sqlite3.sqlite_version}"
    return parsed.render_as_string(hide_password=True)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UsageError(
            "the database URL makes no sense.", advice="Write sqlite:////path/journal.db or postgresql://host/name."
        ) from error
    # SQLAlchemy's own default driver for PostgreSQL is psycopg2, which is not ours.
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername in {"postgresql", "postgres"} else parsed


def _server_engine(url: URL) -> Engine:
    try:
        with told(url.render_as_string(hide_password=True)):
            return create_engine(url, json_serializer=_dumped, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise JournalError(f"the driver for {url.drivername} is not installed.", advice='Install "fleet-healer[postgres]".') from error


def _dumped(value: object) -> str:
    return json.dumps(value, allow_nan=False)


def _prepare_file(path: Path) -> None:
    """Make folder and file for their owner only, before SQLite would make them for everybody."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        require_local(path.parent)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        elif path.stat().st_uid == os.geteuid():
            path.chmod(0o600)
    except (FileExistsError, NotADirectoryError) as error:
        raise JournalError(f"the state folder {path.parent} is no folder, but a file or below one.", advice=ELSEWHERE) from error
    except OSError as error:
        advice = f"Check the folder, its owner, and the room on its disk. {ELSEWHERE}"
        raise JournalError(f"journal {path}: cannot be made: {error.strerror}.", advice=advice) from error


def _configure(patience: int, connection: Any, _record: object) -> None:
    """Set up one SQLite connection. Transactions are begun by `_begin`, not by the driver, which would begin them too late."""
    connection.isolation_level = None
    mode = "WAL" if sqlite3.sqlite_version_info >= WAL_IS_SAFE else "TRUNCATE"
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {patience}")
    cursor.execute(f"PRAGMA journal_mode = {mode}")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Ask for the right to write at once: a transaction that asks later fails under contention, whatever the timeout."""
    reading = connection.get_execution_options().get("healer_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
