"""Replaced code, on real processes of this machine: every way in which a file can change under a process that runs it."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from local_remote import LocalRemote, breaking_awk

from healer.model.facts import StaleProcess, StaleProcesses, Unknown
from healer.observe.collect import collect
from healer.observe.facts.stale_processes import parse

Start = Callable[[Path], int]
SHELLS = [("dash",), ("bash", "--posix"), ("busybox", "sh")]
HOLD = "import ctypes, sys; ctypes.CDLL(sys.argv[1]); print('ready', flush=True); sys.stdin.read()"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make a folder outside of /tmp, which is left out on purpose."""
    with tempfile.TemporaryDirectory(dir=Path.home(), prefix=".healer-test-") as name:
        yield Path(name)


@pytest.fixture
def hold() -> Iterator[Start]:
    """Start processes that map a library; they end with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(path: Path) -> int:
        argv = [sys.executable, "-c", HOLD, str(path)]
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert "ready\n" == process.stdout.readline()
        return process.pid

    yield start
    for process in started:
        process.communicate()


def library(target: Path) -> Path:
    """Copy a small library of this machine."""
    known = subprocess.run(["ldd", "/bin/ls"], capture_output=True, text=True, check=True).stdout
    path = next(word for line in known.splitlines() if "libpcre" in line or "libselinux" in line for word in line.split() if word[0] == "/")
    shutil.copy(path, target)
    return target


def replace_file(path: Path) -> None:
    """Put another file in its place, as dpkg does."""
    new = path.with_name("new.dpkg-new")
    shutil.copy(path, new)
    new.rename(path)


def look(pid: int, shell: tuple[str, ...] = ("sh",)) -> tuple[str, ...]:
    """Return the stale files of one process."""
    found = collect(LocalRemote(shell), ("stale_processes",), become=False).get("stale_processes")
    assert isinstance(found, StaleProcesses), found
    return next((process.files for process in found.processes if process.pid == pid), ())


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_replaced_library_is_stale(folder: Path, hold: Start, shell: tuple[str, ...]) -> None:
    """Under every shell a library that was renamed over is found by its own path."""
    path = library(folder / "libA.so")
    pid = hold(path)
    replace_file(path)
    assert (str(path),) == look(pid, shell)


def test_a_removed_library_is_stale(folder: Path, hold: Start) -> None:
    """A library that was unlinked is found, though nothing stands in its place."""
    path = library(folder / "libA.so")
    pid = hold(path)
    path.unlink()
    assert (str(path),) == look(pid)


def test_an_untouched_library_is_not_stale(folder: Path, hold: Start) -> None:
    """What is on the disk as it was mapped is not stale."""
    assert () == look(hold(library(folder / "libA.so")))


def test_a_file_named_deleted_is_not_stale(folder: Path, hold: Start) -> None:
    """The kernel's mark at the end of a name proves nothing when the file is really called so."""
    assert () == look(hold(library(folder / "libA.so (deleted)")))


def test_a_replaced_file_named_deleted_is_stale(folder: Path, hold: Start) -> None:
    """A file that is really called so and was replaced is stale all the same."""
    path = library(folder / "libA.so (deleted)")
    pid = hold(path)
    replace_file(path)
    assert 1 == len(look(pid))


def test_a_newline_in_the_name_is_read(folder: Path, hold: Start) -> None:
    """The kernel writes a newline in octal: untouched it is fresh, replaced it is stale."""
    path = library(folder / "lib\nA.so")
    pid = hold(path)
    fresh = look(pid)
    replace_file(path)
    assert ((), (str(path).replace("\n", "\\012"),)) == (fresh, look(pid))


def test_a_replaced_program_is_stale(folder: Path) -> None:
    """The program itself counts as much as its libraries."""
    path = Path(shutil.copy("/bin/sleep", folder / "program"))
    process = subprocess.Popen([str(path), "60"])
    try:
        replace_file(path)
        assert (str(path),) == look(process.pid)
    finally:
        process.kill()
        process.wait()


def test_temporary_and_nameless_code_is_left_out(tmp_path: Path, hold: Start) -> None:
    """What programs unpack below /tmp and remove at once is no replaced code."""
    path = library(Path(tempfile.mkdtemp(dir="/tmp")) / "libA.so")
    pid = hold(path)
    shutil.rmtree(path.parent)
    assert () == look(pid)


def test_the_look_itself_is_not_among_them() -> None:
    """The answer names no process of which it tells nothing, the look's own passing programs included."""
    found = collect(LocalRemote(), ("stale_processes",), become=False).get("stale_processes")
    assert isinstance(found, StaleProcesses)
    assert [] == [process for process in found.processes if process.pid > 0 and not process.files]


SCAN = [
    "init\t/init.scope",
    "unreadable\t2",
    "process\t47\t2144\t1\t0\t0\t/system.slice/nginx.service\tnginx",
    "file\t47\t/usr/lib/libssl.so.3",
    "file\t47\t/usr/lib/libcrypto.so.3",
    "process\t50\t2150\t1\t0\t0\t/system.slice/vendor.service\tvendord",
    "openssl\t50\t0\t/opt/vendor/libssl.so.3",
    "process\t60\t2160\t9\t0\t1\t/system.slice/docker-1.scope\tapp",
    "openssl\t60\t1\t/usr/lib/libssl.so.3",
    "owner\tlibssl3\t/usr/lib/libssl.so.3",
    "owner\tlibssl3\t/usr/lib/libcrypto.so.3",
    "source\tlibssl3\topenssl",
    "",
]


def test_findings_get_unit_owner_and_source() -> None:
    """A stale process has its unit, the packages of its files and the sources of these; each once and in order."""
    files = ("/usr/lib/libcrypto.so.3", "/usr/lib/libssl.so.3")
    expected = StaleProcess(47, 2144, "nginx", "service", "nginx.service", files, ("libssl3",), ("openssl",))
    found = parse("\n".join(SCAN))
    assert ((expected,), 2) == (found.processes, found.unreadable)


def test_private_copies_of_openssl_are_named() -> None:
    """A copy that no package owns, and one in a container, are not reached by the system's own upgrade: both are told."""
    assert (
        "app in containers: their own /usr/lib/libssl.so.3 is patched by a new image only",
        "vendord (process 50) maps /opt/vendor/libssl.so.3, which no package owns: upgrading the system does not patch it",
    ) == parse("\n".join(SCAN)).private


@pytest.mark.parametrize(
    "text", ["", "init\t/", "unreadable\tx", "file\t1\t/x\nunreadable\t0", "hello\nunreadable\t0", "process\t1\nunreadable\t0"]
)
def test_nonsense_is_refused(text: str) -> None:
    """An answer that was cut, or that speaks of processes it did not name, is no reading."""
    with pytest.raises(ValueError, match=r".+"):
        parse(text)


def test_a_fact_that_was_not_asked_for_is_unknown() -> None:
    """Stale processes that nobody looked at are unknown, not none."""
    assert isinstance(collect(LocalRemote(), (), become=False).get("stale_processes"), Unknown)


@pytest.mark.parametrize(("times", "known"), [(2, True), (99, False)])
def test_a_process_that_ends_under_the_scan_costs_nothing(times: int, known: bool, tmp_path: Path) -> None:
    """An awk that breaks off because a process ended is asked again; one that never comes to its end is Unknown with a sentence."""
    remote = LocalRemote(environment=breaking_awk(tmp_path, "read_stat", times))
    got = collect(remote, ("stale_processes",), become=False).get("stale_processes")
    if known:
        assert isinstance(got, StaleProcesses)
    else:
        assert Unknown("the processes cannot be read to the end") == got
