"""The journal's database: what is kept survives, and what cannot be trusted is refused in words for people."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from healer.journal.database import check_url, open_engine
from healer.journal.schema import events, metadata
from healer.journal.store import SqlJournal
from healer.model.errors import JournalError, UsageError
from healer.model.events import Note

WRITER = """
import sys
from datetime import UTC, datetime
from healer.journal.store import SqlJournal
from healer.model.events import Note

class Clock:
    def now(self):
        return datetime.now(UTC)

journal = SqlJournal(sys.argv[1], clock=Clock())
for count in range(int(sys.argv[2])):
    print(journal.append(sys.argv[3], Note("web1", str(count))).number, flush=True)
"""


class Noon:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the place of a journal that is not there yet."""
    return tmp_path / "state" / "journal.db"


def opened(file: Path) -> SqlJournal:
    """Open the journal in the file."""
    return SqlJournal(f"sqlite:///{file}", clock=Noon())


def writer(file: Path, count: int, run: str) -> subprocess.Popen[str]:
    """Start another process that appends."""
    return subprocess.Popen([sys.executable, "-c", WRITER, f"sqlite:///{file}", str(count), run], stdout=subprocess.PIPE, text=True)


def test_kept_over_processes(file: Path) -> None:
    """What one process kept another reads."""
    kept = opened(file).append("r1", Note("web1", "hello"))
    assert list(opened(file).events("r1")) == [kept]


def test_file_and_folder_are_private(file: Path) -> None:
    """Only the owner may look into the journal."""
    opened(file)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_open_file_is_made_private(file: Path) -> None:
    """A journal of ours that others could read is closed to them."""
    opened(file)
    file.chmod(0o644)
    opened(file)
    assert file.stat().st_mode & 0o777 == 0o600


def test_settings_of_the_connection(file: Path) -> None:
    """Each commit is synced, waits for others are bounded, and the mode is one that this SQLite can be trusted with."""
    with open_engine(f"sqlite:///{file}").connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "busy_timeout", "foreign_keys", "journal_mode")
        }
    mode = "wal" if sqlite3.sqlite_version_info >= (3, 51, 3) else "truncate"
    assert pragma == {"synchronous": 2, "busy_timeout": 45000, "foreign_keys": 1, "journal_mode": mode}


@pytest.mark.fault("D1", "D4")
def test_many_processes_lose_nothing(file: Path) -> None:
    """Several control processes on one journal wait for each other and lose no event."""
    processes = [writer(file, 15, f"r{count}") for count in range(3)]
    numbers = [int(line) for process in processes for line in process.communicate(timeout=60)[0].split()]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(numbers) == list(range(1, 46))


@pytest.mark.fault("D6")
def test_killed_writer_loses_nothing_acknowledged(file: Path) -> None:
    """Every event whose append returned is there after the writer was killed at a random moment."""
    process = writer(file, 100000, "r1")
    assert process.stdout is not None
    seen = [int(process.stdout.readline()) for _ in range(20)]
    os.kill(process.pid, signal.SIGKILL)
    seen += [int(line) for line in process.communicate()[0].splitlines()]
    journal = opened(file)
    assert set(seen) <= {stamped.number for stamped in journal.events("r1")}
    assert journal.append("r2", Note("web1", "after")).number > max(seen)


def test_schema_and_migrations_agree(file: Path) -> None:
    """The migrations make exactly the tables that the code speaks of."""
    opened(file)
    with create_engine(f"sqlite:///{file}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_two_first_openings(file: Path) -> None:
    """Two threads that open a new journal at once make one schema."""
    faults: list[BaseException] = []

    def open_it() -> None:
        try:
            opened(file)
        except JournalError as error:
            faults.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


@pytest.mark.fault("C11")
def test_half_a_migration_leaves_nothing(file: Path) -> None:
    """A migration that fails half-way leaves the database as it was."""
    file.parent.mkdir()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE other (ix INTEGER)")
        connection.execute("CREATE INDEX ix_events_kind ON other (ix)")
    with pytest.raises(JournalError, match="ix_events_kind already exists"):
        opened(file)
    with sqlite3.connect(file) as connection:
        assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")] == ["other"]


@pytest.mark.fault("C11")
def test_newer_schema_is_refused(file: Path) -> None:
    """A journal that a newer healer wrote is left alone."""
    opened(file)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(JournalError, match=r"schema 9999.*newer healer"):
        opened(file)


@pytest.mark.fault("D7")
def test_damaged_file_is_told(file: Path) -> None:
    """A file that is no journal is refused with advice, and is not changed."""
    file.parent.mkdir()
    file.write_bytes(b"this is no database" * 100)
    with pytest.raises(JournalError, match="damaged"):
        opened(file)
    assert file.read_bytes() == b"this is no database" * 100


@pytest.mark.fault("C7")
def test_full_disk_is_told(file: Path) -> None:
    """When the disk is full the event is not kept, and the message says what to do."""
    journal = opened(file)
    with journal._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalError, match=r"the disk is full .*Make room"):
        journal.append("r1", Note("web1", "x" * 100000))
    assert list(journal.events("r1")) == []


@pytest.mark.fault("D1")
def test_locked_is_told(file: Path) -> None:
    """A journal that another program keeps locked is told as that, after a bounded wait."""
    journal = opened(file)
    with journal._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(JournalError, match="keeps it locked"):
        journal.append("r1", Note("web1", "x"))
    holder.close()


def test_readers_do_not_wait_for_each_other(file: Path) -> None:
    """Looking at the journal asks for no right to write."""
    journal = opened(file)
    journal.append("r1", Note("web1", "x"))
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM events").fetchone()
    assert len(journal.events("r1")) == 1
    reader.close()


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    """A state folder that cannot be made is told with its path."""
    (tmp_path / "state").write_text("")
    with pytest.raises(JournalError, match="state"):
        opened(tmp_path / "state" / "journal.db")


def test_exit_code() -> None:
    """A journal that cannot be written ends the command with 74."""
    assert JournalError.exit_code == 74


def test_missing_driver_is_told() -> None:
    """PostgreSQL without its driver says what to install, and shows no password."""
    with pytest.raises(JournalError, match="postgres") as caught:
        SqlJournal("postgresql://u:hunter2@db/healer", clock=Noon())
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://u:hunter2@db/healer", "postgresql://db/healer?password=hunter2"])
def test_password_on_the_command_line_is_refused(url: str) -> None:
    """A URL that shows a password to everybody on the machine is refused without repeating it."""
    with pytest.raises(UsageError, match="pgpass") as caught:
        check_url(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite:////var/lib/x.db", "postgresql://u@db/healer"])
def test_url_without_password_is_fine(url: str) -> None:
    """A URL without a password may stand on the command line."""
    check_url(url)


def test_senseless_url_is_a_usage_error() -> None:
    """A URL that is none is the caller's mistake."""
    with pytest.raises(UsageError, match="makes no sense"):
        check_url("journal")


def test_closed_journal_gives_its_connections_back(file: Path) -> None:
    """After closing, nothing of the process holds the file."""
    journal = opened(file)
    journal.append("r1", Note("web1", "x"))
    journal.close()
    held = {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.exists()}
    assert str(file) not in held


def test_schema_is_postgresql_too() -> None:
    """The table, its counting column and the insert that returns the number can all be said to PostgreSQL."""
    dialect = postgresql.dialect()
    assert "number BIGSERIAL NOT NULL" in str(CreateTable(events).compile(dialect=dialect))
    assert "RETURNING events.number" in str(insert(events).returning(events.c.number).compile(dialect=dialect))


def test_the_newest_events_are_asked_of_the_database(file: Path) -> None:
    """A long history is not read to its beginning: the newest so many come, in order."""
    journal = opened(file)
    kept = [journal.append("r1", Note("web1", str(count))) for count in range(5)]
    assert kept[-2:] == list(journal.about("web1", ("note",), 2))
    assert kept == list(journal.about(None, ("note",)))
    assert kept[3:] == list(journal.about("web1", ("note",), after=kept[2].number))
    assert [kept[0], kept[4]] == list(journal.numbered([kept[4].number, kept[0].number]))
