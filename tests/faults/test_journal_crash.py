"""The journal under a shot writer, a damaged disk, and a cut migration: what was acknowledged is there, and nothing else is believed."""

import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import journal_rounds
import pytest

from healer.clock import SystemClock
from healer.journal.migrations.versions import v0002_checksums
from healer.journal.store import SqlJournal
from healer.model.errors import JournalError
from healer.model.events import Event, HostHeld, Note

ROUNDS = 100


def opened(file: Path) -> SqlJournal:
    """Open the journal in the file."""
    return SqlJournal(f"sqlite:///{file}", clock=SystemClock(), patience=0.2)


def kept_in(file: Path) -> tuple[str, list[int]]:
    """Return what SQLite says of the file as a whole, and the numbers of the events in it."""
    with closing(sqlite3.connect(file)) as connection:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        return verdict, [row[0] for row in connection.execute("SELECT number FROM events ORDER BY number")]


@pytest.mark.fault("D6")
def test_a_shot_writer_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Killed a hundred times while writing: the file and each copy of it taken at that moment are sound and hold all acknowledged events."""
    script = [sys.executable, journal_rounds.__file__, str(tmp_path), str(ROUNDS)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=300, check=False)
    seed, *lines = done.stdout.splitlines()
    assert (0, ROUNDS) == (done.returncode, len(lines)), done.stderr
    acknowledged = 0
    for count, line in enumerate(lines):
        acknowledged += int(line)
        verdict, numbers = kept_in(tmp_path / f"image{count}" / "journal.db")
        assert ("ok", list(range(1, len(numbers) + 1))) == (verdict, numbers), seed
        assert acknowledged <= len(numbers), seed
        acknowledged = max(acknowledged, len(kept_in(tmp_path / f"image{count}" / "journal.db")[1]))
    journal = opened(tmp_path / "state" / "journal.db")
    assert acknowledged <= len(journal.events("r1"))
    assert journal.append("r2", Note("web1", "after")).number > acknowledged


Refusal = tuple[int, str, str]


def read(file: Path) -> list[Event] | Refusal:
    """Return all that the journal holds, found in both ways (by run, and by what outlives runs), or how it is refused."""
    try:
        with closing(opened(file)) as journal:
            return [stamped.event for stamped in (*journal.events("r1"), *journal.about(None, ["host_held"]))]
    except JournalError as error:
        return error.exit_code, error.message, error.advice


@pytest.mark.fault("D7")
def test_a_flipped_byte_is_never_believed(tmp_path: Path) -> None:
    """Wherever a byte of the journal is flipped, it is refused as damaged with what to do, or not one event of it is another."""
    file, damaged = tmp_path / "journal.db", tmp_path / "damaged.db"
    with closing(opened(file)) as journal:
        for count in range(40):
            journal.append("r1", HostHeld(f"web{count}", "health gate bad") if count % 4 == 0 else Note(f"web{count}", "changed " * 40))
    whole, content, refused = read(file), file.read_bytes(), 0
    for place in random.Random(7).sample(range(100, len(content)), 150):
        shutil.copy(file, damaged)
        with damaged.open("r+b") as stream:
            stream.seek(place)
            stream.write(bytes([content[place] ^ 0x04]))
        found = read(damaged)
        if isinstance(found, tuple):
            refused += 1
            code, message, advice = found
            assert (74, True, True) == (code, str(damaged) in message, advice != ""), found
        else:
            assert whole == found, f"byte {place}"
    assert refused > 50


@pytest.mark.fault("C11")
def test_a_migration_that_was_cut_is_done_anew(tmp_path: Path) -> None:
    """Killed in the middle of a migration: the journal is as it was before, and the next start brings it to the new schema."""
    file = tmp_path / "journal.db"
    kept = opened(file).append("r1", Note("web1", "from before"))
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("ALTER TABLE events DROP COLUMN checksum")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    before = file.read_bytes()
    script = f"""
import os
from healer.clock import SystemClock
from healer.journal.store import SqlJournal
from alembic.runtime.migration import HeadMaintainer
HeadMaintainer.update_to_step = lambda *_: os.kill(os.getpid(), 9)  # the column is there, its version is not written yet
SqlJournal("sqlite:///{file}", clock=SystemClock())
"""
    assert -9 == subprocess.run([sys.executable, "-c", script], check=False).returncode
    with closing(sqlite3.connect(file)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(events)")]
    assert ("checksum" in columns, before) == (False, file.read_bytes())
    assert [kept] == list(opened(file).events("r1"))
    with closing(sqlite3.connect(file)) as connection:
        assert v0002_checksums.revision == connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
