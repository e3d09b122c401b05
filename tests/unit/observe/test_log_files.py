"""Who has which log open: real files and real processes, in a process namespace of their own, so that all of them may be looked into."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from local_remote import LocalRemote, breaking_awk

from healer.model.facts import Unknown
from healer.model.logs import LogFile, LogFiles, Opener
from healer.observe.collect import collect, read
from healer.observe.facts.contract import Fact
from healer.observe.facts.log_files import PLUGIN, parse, words

MIB = 1024 * 1024
ROOT = os.geteuid() == 0
AS_ROOT = ((), ()) if ROOT else (("--user", "--map-root-user"), ("--user", "--preserve-credentials"))
"""What makes the user root of a namespace, and what enters it."""
HOLDER = """
import ctypes, json, os, sys
for path, flags, position, then in json.loads(sys.argv[1]):
    file = os.open(path, flags)
    os.lseek(file, position, os.SEEK_SET)
    if then == "delete":
        os.unlink(path)
    if then == "map":
        # The mmap of Python would keep a descriptor of its own. PROT_READ, MAP_SHARED.
        libc = ctypes.CDLL(None)
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
        libc.mmap(None, 4096, 1, 1, file, 0)
        os.close(file)
print(os.getpid(), flush=True)
sys.stdin.read()
"""
HEADLESS = """
import ctypes, os, threading, time
def live():
    while open(f"/proc/self/task/{leader}/stat").read().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    print(os.getpid(), flush=True)
    time.sleep(600)
leader = threading.get_native_id()
threading.Thread(target=live).start()
ctypes.CDLL(None).syscall(60, 0)
"""
DEAD = """
import ctypes, os, sys
server = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={server},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
if ctypes.CDLL(None).mount(b"dead", os.fsencode(sys.argv[1]), b"fuse", 0, options.encode()):
    raise OSError("the mount was refused")
os.open(sys.argv[1], os.O_PATH)
print(os.getpid(), flush=True)
sys.stdin.read()
"""
Hold = tuple[Path, int, int, str]


class Namespace:
    """A place where the only processes are the test's own. `hold` starts one that keeps files open, and returns its process id there."""

    def __init__(self) -> None:
        """Start its first process; it mounts a /proc that shows the new namespace only."""
        argv = ["unshare", *AS_ROOT[0], "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", "echo ready; read -r _"]
        self._first = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._first.stdout is not None
        assert "ready\n" == self._first.stdout.readline()
        (inner,) = Path(f"/proc/{self._first.pid}/task/{self._first.pid}/children").read_text().split()
        self._enter = ("nsenter", "--target", inner, *AS_ROOT[1], "--mount", "--pid")
        self._holders: list[subprocess.Popen[str]] = []

    def hold(self, *opened: Hold) -> int:
        """Open files with these flags, at these offsets, and "delete" or "map" them."""
        return self._start(HOLDER, json.dumps([(str(path), flags, position, then) for path, flags, position, then in opened]))

    def _start(self, program: str, *words: str) -> int:
        argv = [*self._enter, sys.executable, "-I", "-S", "-c", program, *words]
        holder = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._holders.append(holder)
        assert holder.stdout is not None
        return int(holder.stdout.readline())

    def look(self, *folders: Path, **how: Any) -> LogFiles:
        """Look at these folders, and return of the files those that lie there."""
        got = self.look_everywhere(*folders, **how)
        return replace(got, files=tuple(one for folder in folders for one in within(got, folder)))

    def look_everywhere(self, *folders: Path, shell: tuple[str, ...] = ("sh",), fact: Fact = PLUGIN, path: str = "") -> LogFiles:
        """Look at these folders, and return all that was found. `path` comes before the other folders of programs."""
        remote = LocalRemote((*self._enter, *shell), environment={"PATH": f"{path}:{os.environ['PATH']}"})
        variables = {"logs_paths": [str(one) for one in folders]}
        got = read(remote, (fact,), become=False, timeout=60, variables=variables)["log_files"]
        assert isinstance(got, LogFiles), got
        return got

    def run(self, *argv: str) -> None:
        """Run a program to its end."""
        subprocess.run([*self._enter, *argv], check=True)

    def hold_elsewhere(self, folder: Path, over: Path, path: Path) -> int:
        """Start a process in a mount namespace of its own, where one folder is mounted over another, that appends to a file there."""
        program = f"exec 3>>{path}; echo $$; read -r _"
        argv = [*self._enter, "unshare", "--mount", "sh", "-c", f"mount --bind {folder} {over}; {program}"]
        holder = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._holders.append(holder)
        assert holder.stdout is not None
        return int(holder.stdout.readline())

    def mount_dead(self, folder: Path) -> None:
        """Mount a file system whose server never says a word, and keep its root open. Who waits for it is freed with the server's end."""
        self._start(DEAD, str(folder))

    def headless(self) -> None:
        """Start a process whose first thread ends while another one lives on."""
        self._start(HEADLESS)

    def started(self, pid: int) -> int:
        """Return a process's start in clock ticks."""
        text = subprocess.run([*self._enter, "cat", f"/proc/{pid}/stat"], capture_output=True, text=True, check=True).stdout
        return int(text.rpartition(")")[2].split()[19])

    def close(self) -> None:
        """End all of it: with the first process of a namespace the kernel ends the others."""
        for one in (*self._holders, self._first):
            one.kill()
        for one in (*self._holders, self._first):
            one.communicate()


def within(got: LogFiles, folder: Path) -> tuple[LogFile, ...]:
    """Return the files below the folder."""
    return tuple(one for one in got.files if one.path.startswith(f"{folder}/"))


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """Make a namespace, which ends with the test."""
    made = Namespace()
    yield made
    made.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make a folder on the disk; a folder for tests may be in memory."""
    with tempfile.TemporaryDirectory(dir=Path.home(), prefix=".healer-test-") as name:
        yield Path(name)


def log(path: Path, size: int = 5000) -> Path:
    """Write a file of so many bytes."""
    path.write_bytes(b"x" * size)
    return path


def seen(path: Path, **more: object) -> LogFile:
    """Return what the kernel says about the file here, as the fact should tell it."""
    stat = path.lstat()
    plain = LogFile(
        str(path), "/", stat.st_dev, stat.st_ino, stat.st_nlink, stat.st_size, stat.st_blocks * 512, os.statvfs(path).f_frsize,
        f"{stat.st_mode & 0o7777:o}", stat.st_uid if ROOT else 0, stat.st_gid if ROOT else 0, stat.st_mtime,
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


def near(files: tuple[LogFile, ...]) -> list[LogFile]:
    """Return the files by path, their times without what a float cannot hold."""
    return sorted((replace(one, modified=round(one.modified, 3)) for one in files), key=lambda one: one.path)


def opener(namespace: Namespace, pid: int, **more: object) -> Opener:
    """Return what the fact should tell of a holder that appends."""
    command = Path(sys.executable).name[:15]
    return replace(Opener(pid, namespace.started(pid), 3, command, "", "write", True, 0), **more)  # type: ignore[arg-type]


OLDER = replace(PLUGIN, script=PLUGIN.script.replace('"ino:"', '"not told:"'))
"""The fact as it goes on kernels before 5.14, whose fdinfo does not tell the inode."""
HOSTS = {
    "dash": {"shell": ("dash",)},
    "bash": {"shell": ("bash", "--posix")},
    "busybox": {"shell": ("busybox", "sh")},
    "older kernel": {"fact": OLDER},
}


@pytest.mark.parametrize("how", HOSTS.values(), ids=HOSTS)
def test_every_way_of_having_a_file_open_is_told(namespace: Namespace, folder: Path, how: Mapping[str, Any]) -> None:
    """Writers with and without O_APPEND, readers and those that do both are told with their offset, under every shell and kernel."""
    paths = [log(folder / name) for name in ("append", "plain", "reader", "both")]
    flags = (os.O_WRONLY | os.O_APPEND, os.O_WRONLY, os.O_RDONLY, os.O_RDWR)
    pid = namespace.hold(*((path, flag, 100 * number, "") for number, (path, flag) in enumerate(zip(paths, flags, strict=True))))
    ways = (("write", True, 0), ("write", False, 100), ("read", False, 200), ("both", False, 300))
    expected = [
        seen(path, openers=(opener(namespace, pid, fd=3 + number, access=access, append=append, position=position),))
        for number, (path, (access, append, position)) in enumerate(zip(paths, ways, strict=True))
    ]
    assert near(tuple(expected)) == near(namespace.look(folder, **how).files)


def test_files_that_nobody_has_open_are_told_so(namespace: Namespace, folder: Path) -> None:
    """A file without openers has none, which is not the same as not known."""
    assert near((seen(log(folder / "a")),)) == near(namespace.look(folder).files)


def test_names_come_back_whole(namespace: Namespace, folder: Path) -> None:
    """Spaces, tabs, quotes, backslashes, leading dashes and letters of any script are names like others."""
    names = ["a b", "tab\there", 'it\'s "x"', "back\\slash\\040", "-rf", "größe", "*", "end "]
    assert near(tuple(seen(log(folder / name)) for name in names)) == near(namespace.look(folder).files)


def test_bytes_that_are_no_text_are_told_as_escapes(namespace: Namespace, folder: Path) -> None:
    """A name that is no UTF-8 can be read and written down, and has the identity of its file."""
    Path(os.fsdecode(os.fsencode(folder) + b"/odd\xff")).write_bytes(b"x")
    (one,) = namespace.look(folder).files
    assert (f"{folder}/odd\\xff", 1) == (one.path, one.size)


def test_names_over_several_lines_are_left_out(namespace: Namespace, folder: Path) -> None:
    """A name with a line feed could pass for two: it is left out and counted, in folders and as a link's target too."""
    log(folder / "two\nlines")
    (folder / "a\nfolder").mkdir()
    log(folder / "a\nfolder" / "log")
    (folder / "link").symlink_to("some\nwhere")
    got = namespace.look(folder)
    assert ((), 3) == (got.files, got.more)


def test_links_are_named_with_their_target_only(namespace: Namespace, folder: Path) -> None:
    """A symbolic link in a folder of logs is told as such, and what it leads to is not looked at."""
    (folder / "link").symlink_to("/etc/pass wd\tx")
    (one,) = namespace.look(folder).files
    assert (f"{folder}/link", "/etc/pass wd\tx", 0, "") == (one.path, one.link, one.allocated, one.mount)


def test_hard_links_are_counted(namespace: Namespace, folder: Path) -> None:
    """A file with two names is told under both, each with the count."""
    log(folder / "one")
    (folder / "two").hardlink_to(folder / "one")
    assert near((seen(folder / "one", links=2), seen(folder / "two", links=2))) == near(namespace.look(folder).files)


def test_a_sparse_file_is_as_big_as_its_blocks(namespace: Namespace, folder: Path) -> None:
    """A file of 1 TB without data takes no room, comes behind a small one that does, and its data begin where it ends."""
    (folder / "sparse").touch()
    os.truncate(folder / "sparse", 10**12)
    log(folder / "small")
    got = namespace.look(folder).files
    assert [(f"{folder}/small", 0), (f"{folder}/sparse", 10**12)] == [(one.path, one.data) for one in got]
    assert [seen(folder / "sparse").allocated, 10**12] == [got[1].allocated, got[1].size]


@pytest.mark.parametrize(("broken", "told"), [((), MIB), (("perl",), MIB), (("perl", "python3"), 0)])
def test_where_the_data_begin_behind_a_hole_is_told(
    namespace: Namespace, folder: Path, tmp_path: Path, broken: tuple[str, ...], told: int
) -> None:
    """Of a file that begins with a hole the offset of the first data is told, where perl or python3 can be run."""
    for name in broken:
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    with (folder / "hole").open("wb") as file:
        file.seek(MIB)
        file.write(b"x" * 4096)
    assert [told] == [one.data for one in namespace.look(folder, path=str(tmp_path)).files]


def test_a_mapped_file_is_told_though_no_descriptor_is_left(namespace: Namespace, folder: Path) -> None:
    """A file in some process's memory is mapped, and has no openers when its descriptors were closed."""
    namespace.hold((log(folder / "mapped"), os.O_RDONLY, 0, "map"))
    log(folder / "other")
    got = {Path(one.path).name: (one.mapped, one.openers) for one in namespace.look(folder).files}
    assert {"mapped": (True, ()), "other": (False, ())} == got


@pytest.mark.parametrize("fact", [PLUGIN, OLDER], ids=["newer kernel", "older kernel"])
def test_a_deleted_file_is_found_through_its_opener(namespace: Namespace, folder: Path, fact: Fact) -> None:
    """A big file without a name is told with the one that it had, also where nobody searched; a small one is not worth it."""
    inside, outside = folder / "logs", folder / "else where"
    inside.mkdir()
    outside.mkdir()
    big, small = log(outside / "big (1)", 12 * MIB), log(outside / "small")
    expected = seen(big, links=0, deleted=True)
    pid = namespace.hold((big, os.O_WRONLY | os.O_APPEND, 7, "delete"), (small, os.O_WRONLY | os.O_APPEND, 0, "delete"))
    got = namespace.look_everywhere(inside, fact=fact)
    assert near((replace(expected, openers=(opener(namespace, pid, position=7),)),)) == near(within(got, folder))


def test_a_big_file_that_somebody_writes_is_found_anywhere(namespace: Namespace, folder: Path) -> None:
    """What a process writes is told, with all openers of it, wherever it lies; what is big and only read is not."""
    inside = folder / "logs"
    inside.mkdir()
    written, read = log(folder / "written here", 12 * MIB), log(folder / "read", 12 * MIB)
    reader = namespace.hold((written, os.O_RDONLY, 5, ""), (read, os.O_RDONLY, 0, ""))
    writer = namespace.hold((written, os.O_WRONLY, 9, ""))
    openers = (
        opener(namespace, reader, access="read", append=False, position=5),
        opener(namespace, writer, append=False, position=9),
    )
    assert near((seen(written, openers=openers),)) == near(within(namespace.look_everywhere(inside), folder))


@pytest.mark.parametrize("dead", [False, True])
def test_what_another_root_calls_a_file_is_not_taken_for_a_path_here(namespace: Namespace, folder: Path, dead: bool) -> None:
    """A big file whose opener sees it under another path is told below that process's own root, even if nothing here answers for the path."""
    inside, real = folder / "logs", folder / "real"
    inside.mkdir()
    real.mkdir()
    log(real / "app.log", 12 * MIB)
    pid = namespace.hold_elsewhere(real, inside, inside / "app.log")
    if dead:
        namespace.mount_dead(inside)
    got = namespace.look_everywhere()
    assert [f"/proc/{pid}/root{inside}/app.log"] == [one.path for one in got.files if one.inode == (real / "app.log").stat().st_ino]


def test_a_line_feed_in_a_name_makes_no_second_descriptor(namespace: Namespace, folder: Path) -> None:
    """Whoever names a file so that its name holds a line of the search itself invents no opener."""
    trick = folder / "x\n" / "proc" / "2" / "fd" / "4 "
    trick.mkdir(parents=True)
    opened = [(log(path), os.O_WRONLY | os.O_APPEND, 0, "") for path in (trick / "y", folder / "a")]
    assert 2 == namespace.hold(*opened)
    assert near((seen(folder / "a", openers=(opener(namespace, 2, fd=4),)),)) == near(namespace.look(folder).files)


def test_a_folder_within_another_is_searched_once(namespace: Namespace, folder: Path) -> None:
    """Of folders that lie in one another on the same mount the outer one is enough: no name is told or counted twice."""
    (folder / "in").mkdir()
    log(folder / "in" / "one")
    (folder / "in" / "two").hardlink_to(folder / "in" / "one")
    log(folder / "in" / "two\nlines")
    got = namespace.look_everywhere(folder / "in", folder, folder)
    names = [Path(one.path).name for one in within(got, folder)]
    assert (["one", "two"], 1, ("/var/log", str(folder))) == (names, got.more, got.roots)


def test_a_renamed_file_keeps_its_openers(namespace: Namespace, folder: Path) -> None:
    """Openers are found by device and inode: a file that was renamed under its writer still has it, and its successor has not."""
    path = log(folder / "log")
    pid = namespace.hold((path, os.O_WRONLY | os.O_APPEND, 0, ""))
    path.rename(folder / "log.1")
    log(path)
    expected = (seen(path), seen(folder / "log.1", openers=(opener(namespace, pid),)))
    assert near(expected) == near(namespace.look(folder).files)


def test_other_file_systems_below_a_root_are_left_alone(namespace: Namespace, folder: Path) -> None:
    """A mount below a folder of logs is not entered, and what lies beside it is found."""
    for name in ("a/mounted", "a/beside"):
        (folder / name).mkdir(parents=True)
    namespace.run("mount", "-t", "tmpfs", "none", str(folder / "a/mounted"))
    namespace.run("touch", str(folder / "a/mounted/hidden"))
    expected = tuple(seen(log(folder / name)) for name in ("a/beside/x", "a/.dotted", "top"))
    assert near(expected) == near(namespace.look(folder).files)


@pytest.mark.parametrize("where", [".", "deep/er/dead"])
def test_a_mount_that_never_answers_is_not_waited_for(namespace: Namespace, folder: Path, where: str) -> None:
    """Whether a root is a dead mount, or has one below it, or a process has one open: the look comes back with all the others."""
    dead, alive = folder / "dead" / where, folder / "alive"
    dead.mkdir(parents=True)
    alive.mkdir()
    names = ("alive/a",) if where == "." else ("alive/a", "dead/b", "dead/deep/c", "dead/deep/er/d")
    expected = tuple(seen(log(folder / name)) for name in names)
    namespace.mount_dead(dead)
    assert near(expected) == near(namespace.look(folder / "dead", alive).files)


def test_a_folder_on_a_far_mount_is_not_searched(namespace: Namespace, folder: Path) -> None:
    """A folder that is no local disk is not among the searched ones, by its own path or through a link that leads there."""
    (folder / "far").mkdir()
    namespace.run("mount", "-t", "proc", "none", str(folder / "far"))
    (folder / "link").symlink_to(folder / "far")
    got = namespace.look(folder / "far", folder / "link", folder / "far" / "sys")
    assert ("/var/log",) == got.roots


def test_descriptors_on_far_mounts_are_not_touched(namespace: Namespace, folder: Path) -> None:
    """A descriptor on a mount that is no local disk is neither followed nor a reason not to know the others."""
    pid = namespace.hold((Path("/proc/self/stat"), os.O_RDONLY, 0, ""), (log(folder / "a"), os.O_WRONLY | os.O_APPEND, 0, ""))
    assert near((seen(folder / "a", openers=(opener(namespace, pid, fd=4),)),)) == near(namespace.look(folder).files)


def test_a_file_that_is_mounted_at_a_second_place_is_told_once(namespace: Namespace, folder: Path) -> None:
    """A bind mount shows the same file again: its blocks count once."""
    for name in ("one", "two"):
        (folder / name).mkdir()
    log(folder / "one/log")
    namespace.run("mount", "--bind", str(folder / "one"), str(folder / "two"))
    assert [f"{folder}/one/log"] == [one.path for one in namespace.look(folder / "one", folder / "two").files]


def test_only_the_largest_are_told(namespace: Namespace, folder: Path) -> None:
    """Of more than 2,000 files the largest by allocated bytes are told, the others are counted."""
    for number in range(2005):
        (folder / f"{number:04}").touch()
    big = [log(folder / name, size) for name, size in (("1000", 9000), ("2004", 5000))]
    got = namespace.look(folder)
    told = [one for one in got.files if one.allocated]
    assert near(tuple(map(seen, big))) == near(tuple(told))
    assert 2005 - len(got.files) <= got.more


def test_without_root_the_openers_are_unknown() -> None:
    """Whoever may not look into all processes does not know who has a file open, nor whether it is mapped."""
    shell = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh") if ROOT else ("sh",)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        log(Path(name) / "a")
        got = collect(LocalRemote(shell), ("log_files",), become=False, variables={"logs_paths": [name]}).get("log_files")
    assert isinstance(got, LogFiles)
    reason = Unknown("not every process could be looked into: it needs root, which is not to be had on this host")
    assert [(reason, reason)] == [(one.openers, one.mapped) for one in got.files if one.path.startswith(name)]


def test_a_process_without_its_first_thread_hides_what_it_has_open(namespace: Namespace, folder: Path) -> None:
    """While a process lives on without its first thread, nobody's openers are known."""
    log(folder / "a")
    namespace.headless()
    reason = Unknown(
        "not every process could be looked into: the first thread of a process has ended, which hides what the others have open"
    )
    assert [reason] == [one.openers for one in namespace.look(folder).files]


@pytest.mark.parametrize(("tool", "when"), [("find", "/fd "), ("cat", "/maps ")])
def test_a_search_that_is_killed_finds_nobody_without_use(namespace: Namespace, folder: Path, tmp_path: Path, tool: str, when: str) -> None:
    """Where the search for openers or for mapped files does not come to its end, they are Unknown instead of none."""
    program = shutil.which(tool)
    (tmp_path / tool).write_text(f'#!/bin/sh\ncase "$* " in *\'{when}\'*) kill -9 $$ ;; esac\nexec {program} "$@"\n')
    (tmp_path / tool).chmod(0o755)
    log(folder / "a")
    (one,) = namespace.look(folder, path=str(tmp_path)).files
    reason = Unknown("not every process could be looked into: the program that looks at all processes was stopped")
    assert {"find": (reason, False), "cat": ((), reason)}[tool] == (one.openers, one.mapped)


def test_tools_of_busybox_are_not_enough(tmp_path: Path) -> None:
    """Where find or stat are not GNU's the reading is Unknown and says so."""
    for name in ("find", "stat"):
        (tmp_path / name).symlink_to("/bin/busybox")
    remote = LocalRemote(environment={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    wanted = Unknown("it needs the find and stat of GNU, and this host has others")
    assert wanted == collect(remote, ("log_files",), become=False).get("log_files")


def test_the_folders_come_from_the_variables() -> None:
    """logs_paths is a list of folders, or one; without it there is none."""
    got = [words(one) for one in ({}, {"logs_paths": "/srv/a"}, {"logs_paths": ["/srv/a/", "/srv/b c"]})]
    assert [(), ("/srv/a",), ("/srv/a", "/srv/b c")] == got


@pytest.mark.parametrize("value", [["logs"], ["/srv/../etc"], ["/"], {"a": 1}, 7, "{{ where }}"])
def test_folders_that_are_none_leave_the_fact_unknown(value: object) -> None:
    """What is no absolute folder of logs is refused with its name, and the host is not asked."""
    remote = LocalRemote()
    got = collect(remote, ("log_files",), become=False, variables={"logs_paths": value}).get("log_files")
    assert isinstance(got, Unknown)
    assert ("the host's variables make no sense: logs_paths", []) == (got.reason[:46], remote.commands)


def test_an_answer_without_an_end_is_refused() -> None:
    """A search that was cut is nonsense, not a short list."""
    with pytest.raises(ValueError, match="cut off"):
        parse("odd\t0\n")


@pytest.mark.parametrize("part", ["function st_dev", "function tell"])
@pytest.mark.parametrize(("times", "known"), [(2, True), (99, False)])
def test_a_process_that_ends_under_the_look_hides_no_opener(part: str, times: int, known: bool, tmp_path: Path) -> None:
    """An awk that breaks off because a process ended is asked again; half a list of openers is never taken for the whole."""
    remote = LocalRemote(environment=breaking_awk(tmp_path, part, times))
    got = collect(remote, ("log_files",), become=False).get("log_files")
    if known:
        assert isinstance(got, LogFiles)
    else:
        assert Unknown("who has which file open cannot be read to the end") == got
