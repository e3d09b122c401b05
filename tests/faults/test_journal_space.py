"""The control node runs out of space or its disk fails: nothing is done that is not written down, and resume goes on when it is mended."""

import os
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from world import FakeClock, World, ends

from healer.clock import SystemClock
from healer.executors.threads import Threads
from healer.journal.store import SqlJournal
from healer.model.errors import JournalError
from healer.model.events import ActIntended, Note
from healer.ports import Executor

TWO = """
- hosts: web
  become: true
  rolling: {canary: 0, max_unavailable: 2, soak: 0}
  tasks:
    - command: one
    - service: {name: web, state: restarted}
    - command: two
"""
DONE = ["one", "restart web.service", "two"]
PAGE = 4096


class DiskJournal(SqlJournal):
    """The real journal, with what a World asks of its own."""

    dead, dies_at = False, 0


@contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes: writing there fails as on a full or broken disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def opened(file: Path, **options: float) -> DiskJournal:
    """Open the journal in the file."""
    return DiskJournal(f"sqlite:///{file}", clock=FakeClock(), **options)


def cut(world: World, file: Path, room: int) -> bool:
    """Run until the disk fails when the journal wants to grow by more than `room` bytes; return whether it did."""
    with files_end_at(file.stat().st_size + room):
        try:
            world.run(TWO)
        except JournalError as error:
            return f"journal {file}: the disk fails or is full" in error.message
    return False


def intended(world: World) -> int:
    """Return how many acts the journal holds the intent of."""
    return len(world.events("act_intended"))


@pytest.mark.fault("C7", "C8")
@pytest.mark.parametrize("executor", [None, Threads], ids=["one after the other", "at once"])
def test_a_disk_that_fills_during_a_run(tmp_path: Path, executor: Callable[[int], Executor] | None) -> None:
    """Wherever in a run the disk stops taking the journal: exit code 74, no act without its intent, and resume does the rest, each act once."""
    cuts = 0
    for room in range(0, 40 * PAGE, PAGE):
        file = tmp_path / f"state{room}" / "journal.db"
        world = World(["a", "b"], **({"executor": executor(2)} if executor else {}))
        world.journal = opened(file)  # type: ignore[assignment]  # a real one in place of the one in memory
        failed = cut(world, file, room)
        done = sum(len(world[name].what) for name in world.names)
        world.journal.close()  # type: ignore[attr-defined]  # as above
        world.journal = opened(file)  # type: ignore[assignment]  # a new process, with space again
        assert done <= intended(world)
        if not failed:
            break
        cuts += 1
        report = world.resume() if world.journal.events("run-1") else world.run(TWO)
        assert (0, {"a": "changed", "b": "changed"}) == (report.exit_code, ends(report)), room
        assert [DONE, DONE] == [world[name].what for name in world.names], room
    assert cuts >= 3


@pytest.mark.fault("C8")
def test_nothing_is_kept_after_a_disk_has_failed(tmp_path: Path) -> None:
    """After a write that failed the disk is not believed again: the same process keeps nothing more, a new one does."""
    file = tmp_path / "journal.db"
    journal = opened(file)
    with files_end_at(file.stat().st_size), pytest.raises(JournalError, match="the disk fails or is full"):
        journal.append("r1", Note("web1", "x" * 100_000))
    with pytest.raises(JournalError, match="the disk fails or is full"):
        journal.append("r1", Note("web1", "y"))
    assert [] == list(journal.events("r1"))
    journal.close()
    assert 1 == opened(file).append("r1", Note("web1", "z")).number


FAILS_ONCE = ("strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=1")
"""The first sync of the program that follows is answered with an error, those after it are not."""
SYNCING = """
import sys
from healer.clock import SystemClock
from healer.journal.store import SqlJournal
from healer.model.errors import JournalError
from healer.model.events import Note
journal = SqlJournal(sys.argv[1], clock=SystemClock())
try:
    journal.append("r1", Note("web1", "lost"))
except JournalError as error:
    try:
        journal.append("r1", Note("web1", "after"))
    except JournalError:
        sys.exit(error.message)
"""


@pytest.fixture
def locked() -> Iterator[Callable[[Path], Callable[[], None]]]:
    """Return how a journal is locked by somebody else; what is returned frees it."""
    holders: list[sqlite3.Connection] = []

    def lock(file: Path) -> Callable[[], None]:
        holder = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        holders.append(holder)
        holder.execute("BEGIN EXCLUSIVE")
        return lambda: holder.execute("ROLLBACK") and None  # type: ignore[return-value]

    yield lock
    for holder in holders:
        holder.close()


@pytest.mark.fault("D1")
def test_a_locked_journal_is_waited_for(tmp_path: Path, locked: Callable[[Path], Callable[[], None]]) -> None:
    """While another process locks the journal the run waits; when it is free the event is kept, and none is lost."""
    file = tmp_path / "journal.db"
    journal, waiting = opened(file), threading.Event()
    free = locked(file)

    def append() -> None:
        waiting.set()
        journal.append("r1", Note("web1", "patient"))

    writer = threading.Thread(target=append)
    writer.start()
    waiting.wait()
    writer.join(0.3)
    assert writer.is_alive()
    free()
    writer.join(60)
    assert ["patient"] == [stamped.event.text for stamped in journal.events("r1")]  # type: ignore[union-attr]  # a Note


@pytest.mark.fault("D1")
def test_a_journal_that_stays_locked_stops_the_run(tmp_path: Path, locked: Callable[[Path], Callable[[], None]]) -> None:
    """Locked for longer than `journal_timeout`: exit code 74 with who to look for, no act is begun, and the run can be resumed."""
    file = tmp_path / "journal.db"
    world = World(["a"])
    world.journal = opened(file, patience=0.05)  # type: ignore[assignment]  # a real one
    append, frees = world.journal.append, []

    def lock_at_the_first_act(run: str, event: object) -> object:
        if isinstance(event, ActIntended) and not frees:
            frees.append(locked(file))
        return append(run, event)  # type: ignore[arg-type]  # an event

    world.journal.append = lock_at_the_first_act  # type: ignore[method-assign,assignment]  # somebody locks it at that moment
    with pytest.raises(JournalError, match="another process keeps it locked") as caught:
        world.run(TWO)
    assert (74, [], True) == (caught.value.exit_code, world["a"].what, "healer resume run-1" in caught.value.advice)
    frees[0]()
    assert ({"a": "changed"}, DONE) == (ends(world.resume()), world["a"].what)


@pytest.mark.fault("C8")
def test_a_sync_that_fails_is_never_ignored(tmp_path: Path) -> None:
    """The disk answers a sync with an error (EIO): the event is not kept, the message says so, and this process writes nothing more."""
    file = tmp_path / "journal.db"
    with closing(SqlJournal(f"sqlite:///{file}", clock=SystemClock())) as journal:
        journal.append("r1", Note("web1", "before"))
    argv = [*FAILS_ONCE, sys.executable, "-c", SYNCING, f"sqlite:///{file}"]
    done = subprocess.run(argv, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    assert (1, True) == (done.returncode, "the disk fails or is full (disk I/O error)" in done.stderr), done.stderr
    with closing(SqlJournal(f"sqlite:///{file}", clock=SystemClock())) as journal:
        assert ["before"] == [stamped.event.text for stamped in journal.events("r1")]  # type: ignore[union-attr]  # a Note
