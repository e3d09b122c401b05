"""How a log is brought back whole: real files, real archives and the real scripts, read by a shell on this machine."""

import gzip
import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from healer.clock import SystemClock
from healer.journal.memory import MemoryJournal
from healer.model.action import Action, Archive, Free, FreeMethod
from healer.model.command import Command, CommandResult
from healer.model.errors import ArchiveError, HostError, UnreachableError, UsageError
from healer.model.events import ActEnded, ActIntended
from healer.model.facts import Verdict
from healer.model.files import Span
from healer.ports import Sink
from healer.remote.scripted import ScriptedRemote
from healer.restoring import Restored, Restorer, parse_look

HOST = "web1"


def shell(command: Command) -> CommandResult:
    """Run it here."""
    done = subprocess.run(command.argv, input=command.stdin, capture_output=True, check=False)
    return CommandResult(done.returncode, done.stdout, done.stderr)


@dataclass
class Here:
    """A host that is this machine, its log, and what the journal knows of it."""

    folder: Path
    journal: MemoryJournal = field(default_factory=lambda: MemoryJournal(clock=SystemClock()))
    handler: Callable[[Command], CommandResult] = shell
    logins: int = 0
    acts: int = 0

    @property
    def log(self) -> Path:
        """The log."""
        return self.folder / "log" / "app.log"

    def begin(self, content: bytes) -> None:
        """Write the log anew, as a file of its own."""
        self.log.parent.mkdir(exist_ok=True)
        self.log.write_bytes(content)

    def reclaim(
        self, length: int, method: FreeMethod, *, start: int = 0, where: str = "control", told: Verdict | None = Verdict.GOOD
    ) -> Path:
        """Archive a span of the log and write down that it was given back; what that does to the file is the caller's."""
        status, raw = self.log.stat(), self.log.read_bytes()[start : start + length]
        span = Span(str(self.log), status.st_dev, status.st_ino, start, length)
        kept = self.folder / f"part-{self.acts}.gz"
        kept.write_bytes(gzip.compress(raw))
        detail = {"kept": str(kept), "where": where, "sha256": hashlib.sha256(raw).hexdigest(), "length": length, "stored": 1}
        self._note(Archive(span), Verdict.GOOD, detail)
        self._note(Free(span, method), told, {})
        return kept

    def _note(self, verb: Archive | Free, verdict: Verdict | None, detail: dict[str, object]) -> None:
        self.acts += 1
        act = f"act-{self.acts}"
        self.journal.append("run", ActIntended(HOST, "0/tasks/0", self.acts, act, Action("", verb)))
        if verdict is not None:
            self.journal.append("run", ActEnded(HOST, "0/tasks/0", self.acts, act, verdict, changed=True, detail=detail))

    def connect(self) -> ScriptedRemote:
        """Log in."""
        self.logins += 1
        return ScriptedRemote(HOST, self.handler)

    def restore(self, *, archived_only: bool = False, force: bool = False) -> Restored:
        """Bring the log back as `whole.log`."""
        restorer = Restorer(HOST, str(self.log), self.journal, self.connect, SystemClock())
        return restorer.restore(self.folder / "whole.log", archived_only=archived_only, force=force)

    @property
    def whole(self) -> bytes:
        """What was brought back."""
        return (self.folder / "whole.log").read_bytes()


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """Return a host without a log."""
    return Here(tmp_path)


def lines(first: int, last: int) -> bytes:
    """Return numbered lines."""
    return b"".join(b"line %d\n" % number for number in range(first, last))


def collapsed(here: Here, where: str = "control") -> Path:
    """Leave a log of which the first 40 lines are archived, 60 are still there."""
    here.begin(lines(0, 100))
    kept = here.reclaim(len(lines(0, 40)), "collapse", where=where)
    with here.log.open("r+b") as log:
        log.write(lines(40, 100))
        log.truncate()
    return kept


@pytest.mark.parametrize("where", ["control", "host"])
def test_parts_and_rest_make_the_log(here: Here, where: str) -> None:
    """The archived parts, wherever they are, and the live rest follow each other; the file is private, and nothing else is left."""
    collapsed(here, where)
    done = here.restore()
    assert lines(0, 100) == here.whole
    assert (len(lines(0, 100)), [len(lines(0, 40)), len(lines(40, 100))]) == (done.length, [length for _place, length in done.parts])
    assert 0o600 == (here.folder / "whole.log").stat().st_mode & 0o777
    assert [] == list(here.folder.glob("*.partial"))


def test_a_hole_is_left_out(here: Here) -> None:
    """Of a log whose head was punched out only what stands behind the hole is the rest."""
    here.begin(lines(0, 100))
    head = lines(0, 40)
    here.reclaim(len(head), "punch")
    with here.log.open("r+b") as log:
        log.write(bytes(len(head)))
    here.restore()
    assert lines(0, 100) == here.whole


def test_what_stands_where_a_hole_should_be_is_not_left_out(here: Here) -> None:
    """Where the file was cut off by others and has grown again, its head is no hole: all of it is the rest."""
    here.begin(lines(0, 100))
    here.reclaim(len(lines(0, 40)), "punch")
    with here.log.open("r+b") as log:
        log.write(bytes(100) + lines(40, 200))
    here.restore()
    assert lines(0, 40) + bytes(100) + lines(40, 200) == here.whole


@pytest.mark.parametrize("freed", [True, False])
def test_where_nobody_knows_the_bytes_are_compared(here: Here, freed: bool) -> None:
    """A part whose giving back was cut off counts once, whether it was done or not."""
    here.begin(lines(0, 100))
    here.reclaim(len(lines(0, 40)), "collapse", told=None)
    if freed:
        with here.log.open("r+b") as log:
            log.write(lines(40, 100))
            log.truncate()
    here.restore()
    assert lines(0, 100) == here.whole


def test_a_renamed_log_is_still_the_same_file(here: Here) -> None:
    """Rotated away by others, the rest is found by its inode, and the new log comes behind it; so does one that was set aside."""
    collapsed(here)
    here.log.rename(f"{here.log}.1")
    here.log.write_bytes(lines(100, 110))
    here.restore()
    assert lines(0, 110) == here.whole


def test_a_log_that_was_compressed_is_unpacked(here: Here) -> None:
    """What logrotate has compressed since is read through gzip."""
    collapsed(here)
    Path(f"{here.log}.2.gz").write_bytes(gzip.compress(here.log.read_bytes()))
    here.log.rename(here.folder / "hold")
    here.log.write_bytes(lines(100, 110))
    here.restore()
    assert lines(0, 110) == here.whole


def broken(part: Path, how: str) -> None:
    """Damage an archive."""
    if how == "gone":
        part.unlink()
    elif how == "short":
        part.write_bytes(part.read_bytes()[:-60])
    elif how == "other":
        part.write_bytes(gzip.compress(lines(1, 41)))
    else:
        part.write_bytes(b"no archive")


@pytest.mark.parametrize("how", ["gone", "short", "other", "noise"])
@pytest.mark.parametrize("where", ["control", "host"])
def test_a_spoilt_part_is_named(here: Here, where: str, how: str) -> None:
    """A part that is missing or damaged is an error with its name and the number of bytes, and no file is written."""
    part = collapsed(here, where)
    broken(part, how)
    with pytest.raises(ArchiveError, match=rf"{len(lines(0, 40))} bytes of .*app.log are missing: {part}"):
        here.restore()
    assert [] == list(here.folder.glob("whole*"))


def test_a_rest_that_others_took_away_is_missed(here: Here) -> None:
    """Where the file with the rest is gone the log is not whole: that is said, and no file is written."""
    collapsed(here)
    here.log.unlink()
    with pytest.raises(ArchiveError, match=r"cannot be brought back whole. Missing: all that was in .*app.log"):
        here.restore()
    assert [] == list(here.folder.glob("whole*"))


def test_archived_only_needs_no_host(here: Here) -> None:
    """Without what is still on the host nobody logs in, and the result says what is not in it."""
    collapsed(here)
    done = here.restore(archived_only=True)
    assert (lines(0, 40), 0) == (here.whole, here.logins)
    assert ("not in it: what is still on the host",) == done.notes


def test_a_host_without_an_answer_leaves_no_file(here: Here) -> None:
    """Where nobody can log in nothing is written."""
    collapsed(here)

    def nobody(command: Command) -> CommandResult:
        raise UnreachableError(HOST, "no route.")

    here.handler = nobody
    with pytest.raises(UnreachableError):
        here.restore()
    assert [] == list(here.folder.glob("whole*"))


def test_a_file_that_is_there_stays(here: Here) -> None:
    """A file is only overwritten when that is said."""
    collapsed(here)
    (here.folder / "whole.log").write_bytes(b"mine")
    with pytest.raises(UsageError, match="is there already"):
        here.restore()
    assert b"mine" == here.whole
    here.restore(force=True)
    assert lines(0, 100) == here.whole


def test_a_log_that_nobody_archived(here: Here) -> None:
    """Of a log that healer never touched there is nothing to bring back."""
    with pytest.raises(ArchiveError, match=r"nothing of .* was ever archived"):
        here.restore()


def test_another_file_in_its_place_is_refused(here: Here) -> None:
    """What is put in the file's place between the look and the reading is not read."""
    collapsed(here)

    def swapped(command: Command) -> CommandResult:
        answer = shell(command)
        if "restore_look" in " ".join(command.argv) or b"folder" in answer.stdout:
            here.log.rename(here.folder / "old")
            here.log.write_bytes(lines(500, 700))
        return answer

    here.handler = swapped
    with pytest.raises(HostError, match="another file now"):
        here.restore()
    assert [] == list(here.folder.glob("whole*"))


def test_the_look_passes_strange_names_over() -> None:
    """Names that break a line give lines that are none, and times are told by this node's clock."""
    text = "now 1000\nfolder /var/log\nfile 7 8 9 990 0 ./a b\nfile 7 x 9 990 0 ./c\nrest of a name\nfolder /proc/5/fd/6\nfile 7 9 1 980 970 .\nend\n"
    told = [(one.path, one.inode, one.size, one.modified, one.born) for one in parse_look(text, 1005.0)]
    assert [("/var/log/a b", 8, 9, 995.0, 0.0), ("/proc/5/fd/6", 9, 1, 985.0, 975.0)] == told


def test_a_sink_type_is_what_remotes_take() -> None:
    """The scripted remote of these tests hands its output to a sink, as a real one does."""
    got: list[bytes] = []
    sink: Sink = got.append
    ScriptedRemote(HOST, lambda _command: CommandResult(0, b"x")).run(Command(("true",)), sink)
    assert [b"x"] == got
