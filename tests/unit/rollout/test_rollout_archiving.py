"""Saving a span: streamed to the control node or kept on the host. Only what is proved is kept, and an archive that failed leaves nothing."""

import gzip
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_host import FakeGate, FakeHost
from spans_here import held, run, span_of
from world import FakeClock

from healer.archive.packed import open_packed
from healer.archive.store import ArchiveStore
from healer.clock import SystemClock
from healer.executors.threads import Threads
from healer.journal.memory import MemoryJournal
from healer.model.action import Archive
from healer.model.command import Command, CommandResult
from healer.model.errors import OutcomeUnknown, UnreachableError
from healer.model.facts import Unknown, Verdict
from healer.model.files import Span
from healer.model.host import Host, Login
from healer.model.job import JobReport
from healer.ports import Remote
from healer.remote.local import LocalRemote
from healer.remote.scripted import ScriptedRemote
from healer.rollout.acts import seen_of
from healer.rollout.archiving import Streaming, folder_spec, packed_at_most
from healer.rollout.doors import Doors, Stopped
from healer.rollout.seen import Seen
from healer.rollout.session import Session

RAW = b"".join(b"line %d\n" % number for number in range(300_000))
SPAN = Span("/var/log/app.log", 1, 2, 0, len(RAW))


class Impatient(SystemClock):
    """A clock whose sleep takes no time."""

    def sleep(self, seconds: float) -> None:
        """Do not wait."""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log."""
    (tmp_path.resolve() / "app.log").write_bytes(RAW)
    return tmp_path.resolve() / "app.log"


def doors(folder: Path, connect: Callable[[Host], Remote], **store: int) -> Doors:
    """Return the ways to one host, and archives in a folder."""
    clock = Impatient()
    archives = ArchiveStore(folder / "archive", **store)
    return Doors(connect, lambda *_: None, lambda _: None, MemoryJournal(clock=clock), clock, Threads(1), archives=archives)  # type: ignore[arg-type, return-value]  # nobody looks or acts


def archived(verb: Archive, ways: Doors) -> Seen:
    """Return what is seen of an archive that is streamed to the control node."""
    return Streaming(verb, Session(Host("web1", {}, ()), ways, "run"), ways, "0123abcd", become=False).archive()


def here(_host: Host) -> Remote:
    """Log in to this machine."""
    return LocalRemote(Login("web1", "localhost", connection="local"), SystemClock())


def scripted(*answers: CommandResult | Exception) -> Callable[[Host], Remote]:
    """Return how to log in to a host that gives one answer after the other."""
    left = list(answers)

    def handler(_command: Command) -> CommandResult:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return lambda host: ScriptedRemote(host.name, handler)


def streamed(raw: bytes = RAW, told: bytes = RAW, length: int = len(RAW)) -> CommandResult:
    """Return what a host sends and tells."""
    proof = f"healer: read {hashlib.sha256(told).hexdigest()} {length}\n"
    return CommandResult(0, gzip.compress(raw), proof.encode())


def files(folder: Path) -> list[str]:
    """Return all that lies in the archive."""
    return [path.name for path in (folder / "archive").glob("*/*")]


def test_a_span_is_streamed_and_kept_as_it_was_read(log: Path, tmp_path: Path) -> None:
    """What is kept unpacks to exactly the span; its digest, its mark, its lengths and its place are told."""
    seen = archived(Archive(span_of(log, 10, len(RAW) - 20)), doors(tmp_path, here))
    raw = RAW[10:-10]
    kept = Path(str(seen.detail["kept"]))
    with open_packed(kept) as file:
        assert (Verdict.GOOD, False, raw) == (seen.verdict, seen.changed, file.read())
    expected = {
        "kept": str(kept),
        "where": "control",
        "sha256": hashlib.sha256(raw).hexdigest(),
        "mark": hashlib.sha256(raw[-1024 * 1024 :]).hexdigest(),
        "length": len(raw),
        "stored": kept.stat().st_size,
    }
    assert expected == seen.detail


def test_a_deleted_log_is_streamed_through_its_writer(log: Path, tmp_path: Path) -> None:
    """A log without a name is saved whole, to the end where no length is given."""
    with held(log) as handle:
        span = span_of(log, 0, -1, handle)
        log.unlink()
        seen = archived(Archive(span), doors(tmp_path, here))
    assert (Verdict.GOOD, len(RAW)) == (seen.verdict, seen.detail["length"])


def test_another_file_is_not_archived(log: Path, tmp_path: Path) -> None:
    """A refusal by the host is bad, changes nothing, and says why; it is not tried again."""
    seen = archived(Archive(replace(span_of(log), inode=1)), doors(tmp_path, here))
    assert (Verdict.BAD, False, []) == (seen.verdict, seen.changed, files(tmp_path))
    assert "identity differs" in seen.reason


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (streamed(told=RAW + b"x"), "their sha256 differ"),
        (streamed(raw=RAW[:-1], told=RAW[:-1]), f"{len(RAW) - 1} bytes arrived"),
        (streamed(raw=RAW[:-1], told=RAW[:-1], length=len(RAW) - 1), f"{len(RAW) - 1} bytes arrived"),
        (streamed(raw=RAW + b"x"), "more than"),
        (CommandResult(0, gzip.compress(RAW), b""), "did not tell"),
        (CommandResult(0, b"not packed", streamed().stderr), "not compressed"),
        (CommandResult(0, gzip.compress(RAW)[:-100_000], streamed().stderr), "bytes arrived"),
        (CommandResult(0, b"", streamed().stderr), "0 bytes arrived"),
    ],
)
def test_what_is_not_proved_is_not_kept(answer: CommandResult, words: str, tmp_path: Path) -> None:
    """Another digest, another length, no proof, or a stream that is none: bad, with the reason, and no file is left."""
    seen = archived(Archive(SPAN), doors(tmp_path, scripted(answer)))
    assert (Verdict.BAD, []) == (seen.verdict, files(tmp_path))
    assert words in seen.reason


CUT = CommandResult(Unknown("the link broke"), gzip.compress(RAW)[:1000], b"")


def test_a_stream_that_was_cut_off_is_begun_again(tmp_path: Path) -> None:
    """A link that breaks is no word about the log: it is streamed again from the beginning, over a new login."""
    seen = archived(Archive(SPAN), doors(tmp_path, scripted(CUT, OutcomeUnknown("web1", "gone."), streamed())))
    assert (Verdict.GOOD, 1) == (seen.verdict, len(files(tmp_path)))


def test_a_link_that_stays_broken_is_bad_and_nothing_is_kept(tmp_path: Path) -> None:
    """After three tries it is certain that nothing was archived, and that the host is as it was."""
    seen = archived(Archive(SPAN), doors(tmp_path, scripted(CUT, UnreachableError("web1", "refused."), CUT)))
    assert (Verdict.BAD, False, []) == (seen.verdict, seen.changed, files(tmp_path))


@pytest.mark.parametrize("before", [(), (CUT, CUT)])
def test_a_host_that_is_not_there_is_unreachable(before: tuple[CommandResult, ...], tmp_path: Path) -> None:
    """Before anything was sent, and when there is no login at the last try, the engine hears that; nothing is kept."""
    with pytest.raises(UnreachableError):
        archived(Archive(SPAN), doors(tmp_path, scripted(*before, UnreachableError("web1", "refused."))))
    assert [] == files(tmp_path)


@pytest.mark.fault("C7")
def test_over_the_cap_nothing_is_read(tmp_path: Path) -> None:
    """Without room on the control node the host is not even asked, and the numbers are told."""
    seen = archived(Archive(SPAN), doors(tmp_path, scripted(), cap=1000))
    assert (Verdict.BAD, []) == (seen.verdict, files(tmp_path))
    assert f"{packed_at_most(len(RAW))} more would be over the cap of 1000" in seen.reason


def test_a_wish_to_stop_ends_the_stream(tmp_path: Path) -> None:
    """Who asks the run to stop does not wait for gigabytes; nothing half is left."""
    ways = doors(tmp_path, scripted(streamed()))
    ways.stop.set()
    with pytest.raises(Stopped):
        archived(Archive(SPAN), ways)
    assert [] == files(tmp_path)


def test_the_lease_is_kept_while_a_log_is_streamed(tmp_path: Path) -> None:
    """A stream that takes longer than a lease renews it in between, over the same login; a renewal that fails ends nothing."""
    host = FakeHost("web1")
    ways = replace(doors(tmp_path, scripted()), gate=lambda _remote: FakeGate(host), clock=FakeClock())
    session = Session(Host("web1", {}, ()), ways, "run")
    session.lease()
    session.prolong()
    ways.clock.sleep(60.0)
    assert session.remote.host == "web1"
    session.prolong()
    renewals, host.lease = host.renewals, None
    ways.clock.sleep(60.0)
    session.prolong()
    assert (1, True) == (renewals, session.leased)


def in_folder(verb: Archive) -> Seen:
    """Return what is seen of an archive that is kept on the host."""
    done = run(folder_spec(verb, "0123abcd").argv)
    return seen_of(verb, JobReport("ended", done.returncode), done.stdout + done.stderr)


def test_a_folder_on_the_same_disk_is_refused(log: Path) -> None:
    """An archive beside the log would take the room that it shall give."""
    seen = in_folder(Archive(span_of(log), str(log.parent / "kept")))
    assert (Verdict.BAD, False) == (seen.verdict, seen.changed)
    assert "no room" in seen.reason
    assert "same file system" in seen.reason


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on another file system than the log: memory."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        assert Path(folder).stat().st_dev != tmp_path.stat().st_dev
        yield Path(folder)


def test_a_span_is_kept_in_a_folder_of_the_host(log: Path, elsewhere: Path) -> None:
    """What is kept on another disk of the host is private, unpacks to exactly the span, and is proved and told."""
    seen = in_folder(Archive(span_of(log, 10, 1000), str(elsewhere / "kept")))
    kept = Path(str(seen.detail["kept"]))
    assert (Verdict.GOOD, RAW[10:1010], 0o600, 0o700) == (
        seen.verdict,
        gzip.decompress(kept.read_bytes()),
        kept.stat().st_mode & 0o777,
        kept.parent.stat().st_mode & 0o777,
    )
    digest = hashlib.sha256(RAW[10:1010]).hexdigest()
    assert ("host", digest, digest, 1000, kept.stat().st_size) == tuple(
        seen.detail[name] for name in ("where", "sha256", "mark", "length", "stored")
    )
    assert [kept] == list(kept.parent.iterdir())


def test_a_folder_that_others_may_write_is_refused(log: Path, elsewhere: Path) -> None:
    """Others could put links or other bytes in the archive's place."""
    elsewhere.chmod(0o777)
    assert "others may write" in in_folder(Archive(span_of(log), str(elsewhere))).reason


def test_a_link_to_a_folder_is_refused(log: Path, elsewhere: Path) -> None:
    """A folder that is really another one was not what the policy named."""
    (elsewhere / "real").mkdir(mode=0o700)
    (elsewhere / "link").symlink_to(elsewhere / "real")
    assert "links are not followed" in in_folder(Archive(span_of(log), str(elsewhere / "link"))).reason


def test_a_folder_without_room_is_refused_beforehand(log: Path, elsewhere: Path) -> None:
    """A log that would not fit is not begun, and the numbers are told."""
    with log.open("r+b") as file:
        file.truncate(2**43)
    seen = in_folder(Archive(span_of(log), str(elsewhere)))
    assert (Verdict.BAD, []) == (seen.verdict, list(elsewhere.iterdir()))
    assert "KiB are wanted" in seen.reason
