"""What no unit's state tells, read from a /proc, control groups and programs that are made for it."""

from collections.abc import Mapping
from pathlib import Path

from shell_facts import SHELLS, program, reading

from healer.model.services import Backlog, BlockedProcess, ProcessTroubles

KERNEL_THREAD = 2097152


def process(proc: Path, pid: int, state: str, group: str, *, parent: int = 1, name: str = "worker", flags: int = 0) -> None:
    """Write a process."""
    folder = proc / str(pid)
    folder.mkdir()
    rest = [state, str(parent), *["0"] * 4, str(flags), *["0"] * 12, str(pid * 10), "0"]
    (folder / "stat").write_text(f"{pid} ({name}) {' '.join(rest)}\n")
    (folder / "comm").write_text(f"{name}\n")
    (folder / "cgroup").write_text(f"0::{group}\n")
    (folder / "wchan").write_text("nfs_wait")


def host(folder: Path) -> Mapping[str, Path | str]:
    """Make a host with every trouble."""
    proc, groups, programs = folder / "proc", folder / "cgroup", folder / "bin"
    proc.mkdir()
    process(proc, 1, "S", "/box/init.scope", parent=0, name="systemd")
    process(proc, 20, "D", "/box/system.slice/db.service", name="odd) (name")
    process(proc, 21, "D", "/", name="kworker", flags=KERNEL_THREAD)
    process(proc, 22, "S", "/box/system.slice/web.service", name="nginx")
    process(proc, 23, "S", "/box/user.slice/user-0.slice/session-1.scope", name="bash")
    process(proc, 24, "R", "/box/system.slice/web.service", parent=22, name="nginx")
    for pid in (30, 31):
        process(proc, pid, "Z", "/", parent=22)
    process(proc, 32, "Z", "/", parent=23)
    process(proc, 33, "Z", "/", parent=20)
    (proc / "vmstat").write_text("pgfault 1\noom_kill 7\noom_kill_extra 9\n")
    (proc / "self").mkdir()
    (proc / "self" / "stat").touch()
    for name, count in (("db", 3), ("web", 0)):
        (groups / "system.slice" / f"{name}.service").mkdir(parents=True)
        (groups / "system.slice" / f"{name}.service" / "memory.events").write_text(f"low 0\noom {count}\noom_kill {count}\n")
    row = "LISTEN {0} 128 [::]:{1} *:*\\n"
    both = row.format(0, 22) + row.format(129, 80).replace("*:*", '*:* users:((\\"nginx\\",pid=22,fd=6),(\\"nginx\\",pid=24,fd=6))')
    program(programs, "ss", f'printf "{both}"')
    program(
        programs,
        "systemctl",
        'case $1 in list-units) echo "* old.service x failed failed" ;; *) printf "Id=old.service\\nResult=oom-kill\\n" ;; esac',
    )
    return {"/proc/": f"{proc}/", "/sys/fs/cgroup": groups, "/run/systemd/system": folder}


@SHELLS
def test_every_trouble_is_seen_with_its_unit(shell: str, tmp_path: Path) -> None:
    """Blocked processes, zombies by their parent, kills for memory and full queues bear the system's own services; sessions bear none."""
    found = reading("process_troubles", host(tmp_path), shell=shell, programs=tmp_path / "bin")
    assert isinstance(found, ProcessTroubles), found
    assert (BlockedProcess(20, 200, "odd) (name", "db.service", "nfs_wait"),) == found.blocked
    assert {"": 1, "db.service": 1, "web.service": 2} == found.zombies
    assert (7, ("db.service", "old.service")) == (found.memory_kills, found.killed_units)
    assert (Backlog(80, 129, 128, "nginx", "web.service"),) == found.backlogs


@SHELLS
def test_a_host_without_troubles_is_read_to_its_end(shell: str) -> None:
    """On this machine the scan comes to its end, under every shell."""
    assert isinstance(reading("process_troubles", {}, shell=shell), ProcessTroubles)


def test_the_processes_of_a_full_queue_are_searched_for_only_where_there_is_one(tmp_path: Path) -> None:
    """As long as no queue is full, nobody goes through the descriptors of all processes."""
    places = host(tmp_path)
    program(tmp_path / "bin", "ss", f'echo "$*" >>{tmp_path}/asked; echo "LISTEN 127 128 0.0.0.0:80 *:*"')
    found = reading("process_troubles", places, programs=tmp_path / "bin")
    assert isinstance(found, ProcessTroubles), found
    assert ((), "-ltnH\n") == (found.backlogs, (tmp_path / "asked").read_text())
