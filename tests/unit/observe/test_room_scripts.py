"""The scripts of the facts about what else takes room, run here on folders that are made for them."""

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from local_remote import LocalRemote

from healer.model.logs import DockerConfig, JournalUse, Leftover, Logrotate, PackageCache
from healer.observe.collect import all_facts, collect
from healer.observe.reading import script

SHELLS = pytest.mark.parametrize("shell", ["dash", "bash --posix", "busybox sh"])
ARCHIVED = f"system@{'a' * 32}-{1:016x}-{1795000000000000:016x}.journal"


def printed(name: str, *, shell: str = "dash", path: str = "", **places: Path) -> str:
    """Return what the fact's script prints where `places` stand for the system's own ones, their names with _ for /."""
    text = script("prelude.sh") + all_facts()[name].script
    for place, folder in places.items():
        own = f"/{place.replace('__', '.').replace('_', '/')}"
        assert own in text
        text = text.replace(own, str(folder))
    environment = {"PATH": f"{path}{os.environ['PATH']}", "LC_ALL": "C"}
    done = subprocess.run([*shell.split(), "-c", text], capture_output=True, text=True, env=environment, check=True)
    return done.stdout


@SHELLS
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("journal_use", JournalUse),
        ("package_cache", PackageCache),
        ("leftovers", tuple),
        ("logrotate", Logrotate),
        ("docker_config", DockerConfig),
    ],
)
def test_every_shell_reads_this_machine(shell: str, name: str, kind: type) -> None:
    """Under every shell each of these facts of this machine has its shape."""
    got = collect(LocalRemote(shell.split()), (name,), become=False).get(name)
    assert isinstance(got, kind), got


@SHELLS
def test_journal_files_are_read_by_name_and_header(tmp_path: Path, shell: str) -> None:
    """An archived file begins when its name says; one that is written to, when its header says; a link is none."""
    machine = tmp_path / "log" / ("b" * 32)
    machine.mkdir(parents=True)
    (machine / ARCHIVED).write_bytes(b"x" * 5000)
    (machine / "system.journal").write_bytes(bytes(184) + struct.pack("<Q", 1795000900000000) + bytes(100))
    (machine / "user-1.journal").symlink_to("system.journal")
    use = all_facts()["journal_use"].parse(printed("journal_use", shell=shell, var_log_journal=tmp_path / "log"))
    assert isinstance(use, JournalUse)
    assert [(ARCHIVED, True, 1795000000.0), ("system.journal", False, 1795000900.0)] == [
        (Path(file.path).name, file.archived, file.head) for file in use.files
    ]
    assert use.mount


@SHELLS
def test_the_configured_bound_is_found(tmp_path: Path, shell: str) -> None:
    """A drop-in's bound counts over that of the main file."""
    (tmp_path / "journald.conf").write_text("[Journal]\n#SystemMaxUse=1G\nSystemMaxUse = 2G \n")
    (tmp_path / "journald.conf.d").mkdir()
    (tmp_path / "journald.conf.d" / "a.conf").write_text("[Journal]\nSystemMaxUse=500M\n")
    text = printed("journal_use", shell=shell, etc_systemd=tmp_path).replace(str(tmp_path), "/etc/systemd")
    use = all_facts()["journal_use"].parse(text)
    assert isinstance(use, JournalUse)
    assert 500 * 1024**2 == use.cap


@SHELLS
def test_archives_of_packages_are_counted(tmp_path: Path, shell: str) -> None:
    """Whole and partial archives count, the lock and other people's files do not."""
    (tmp_path / "partial").mkdir()
    for name in ("a_1_all.deb", "partial/b_2_amd64.deb", "lock", "notes.txt"):
        (tmp_path / name).write_bytes(b"x" * 4096)
    cache = all_facts()["package_cache"].parse(printed("package_cache", shell=shell, var_cache_apt_archives=tmp_path))
    assert isinstance(cache, PackageCache)
    assert (2, 8192, str(tmp_path)) == (cache.files, cache.allocated, cache.path)


def leftovers(text: str) -> list[Leftover]:
    """Return what the text says."""
    found = all_facts()["leftovers"].parse(text)
    assert isinstance(found, tuple)
    return list(found)


@SHELLS
def test_cores_and_crash_dumps_are_found(tmp_path: Path, shell: str) -> None:
    """Cores that systemd kept, and dumps in the folder of crashes; a file with a second name is left out."""
    for name in ("core.app.0.zst", "core.twin.0.zst", "notes"):
        (tmp_path / name).write_bytes(b"x" * 100)
    (tmp_path / "core.other.0.zst").hardlink_to(tmp_path / "core.twin.0.zst")
    (tmp_path / "crash" / "2026").mkdir(parents=True)
    (tmp_path / "crash" / "2026" / "vmcore").write_bytes(b"x" * 100)
    (tmp_path / "crash" / "app.crash").write_bytes(b"x" * 100)
    text = printed("leftovers", shell=shell, var_lib_systemd_coredump=tmp_path, var_crash=tmp_path / "crash")
    found = {(one.kind, Path(one.path).name, one.size) for one in leftovers(text) if one.path.startswith(str(tmp_path))}
    assert {("core", "core.app.0.zst", 100), ("crash", "vmcore", 100), ("crash", "app.crash", 100)} == found


@SHELLS
@pytest.mark.parametrize(("pattern", "names"), [("core.%e.%p", {"core.app.7"}), ("%e.%p", set()), ("core%%[x]", {"core%[x].7"})])
def test_only_an_elf_core_is_one_of_the_kernels(tmp_path: Path, shell: str, pattern: str, names: set[str]) -> None:
    """A name alone makes no core, and a pattern without the word is followed nowhere."""
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    for name, kind in (("core.app.7", 4), ("core%[x].7", 4), ("core.prog.8", 2), ("app.7", 4)):
        (tmp_path / name).write_bytes(head + kind.to_bytes(2, "little") + bytes(50))
    (tmp_path / "core.text.9").write_text("these are notes on the core of it")
    (tmp_path / "kernel_pattern").write_text(f"{tmp_path}/{pattern}\n")
    text = printed("leftovers", shell=shell, proc_sys_kernel_core=tmp_path / "kernel")
    assert names == {Path(one.path).name for one in leftovers(text) if one.kind == "core" and one.path.startswith(str(tmp_path))}


@SHELLS
def test_docker_logs_are_found(tmp_path: Path, shell: str) -> None:
    """The log that a container writes now, not the rotated ones, which docker counts itself."""
    (tmp_path / "c1").mkdir()
    for name in ("c1-json.log", "c1-json.log.1", "config.v2.json"):
        (tmp_path / "c1" / name).write_bytes(b"{}")
    found = leftovers(printed("leftovers", shell=shell, var_lib_docker_containers=tmp_path))
    assert ["c1-json.log"] == [Path(one.path).name for one in found if one.kind == "docker_log"]


LOGROTATE = """#!/bin/sh
echo "$*" >>"$0.calls"
echo 'reading config file x'
echo 'error: found error in file two, skipping' >&2
echo '  log /var/log/a.log is symbolic link. Rotation of symbolic links is not allowed to avoid security issues -- skipping.'
"""


@SHELLS
def test_logrotate_is_asked_without_being_run(tmp_path: Path, shell: str) -> None:
    """It is called once, in the mode that tries nothing; what it includes is read but for the endings that it passes over."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "logrotate").write_text(LOGROTATE)
    (tmp_path / "bin" / "logrotate").chmod(0o755)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "app").write_text("/var/log/app.log {\n daily\n}\n")
    (tmp_path / "d" / "app.dpkg-old").write_text("/var/log/app.log {\n weekly\n}\n")
    (tmp_path / "main").write_text(f"rotate 4\ninclude {tmp_path / 'd'}\n")
    text = printed("logrotate", shell=shell, path=f"{tmp_path}/bin:", etc_logrotate__conf=tmp_path / "main")
    got = all_facts()["logrotate"].parse(text)
    assert isinstance(got, Logrotate)
    assert [(), ("/var/log/app.log",)] == [stanza.patterns for stanza in got.stanzas]
    assert f"-d {tmp_path / 'main'}\n" == (tmp_path / "bin" / "logrotate.calls").read_text()
    assert ("two is passed over as a whole: there is a mistake in it", "/var/log/a.log is passed over: it is a symbolic link") == got.faults


def test_a_host_without_logrotate_says_so(tmp_path: Path) -> None:
    """That it is not there is a value, not a gap."""
    got = all_facts()["logrotate"].parse(printed("logrotate", etc_logrotate__conf=tmp_path / "none"))
    assert isinstance(got, Logrotate)
    assert not got.installed or shutil.which("logrotate")


@SHELLS
def test_docker_is_asked_for_its_arguments_by_name_alone(tmp_path: Path, shell: str) -> None:
    """Of the daemon's arguments only the names of those that count are told, of its file only that it is there."""
    (tmp_path / "proc" / "7").mkdir(parents=True)
    (tmp_path / "proc" / "7" / "comm").write_text("dockerd\n")
    (tmp_path / "proc" / "7" / "cmdline").write_bytes(
        b"dockerd\0-H\0fd://\0--log-level=warn\0--log-opt\0max-size=1m\0--config-file=/s3cret\0"
    )
    (tmp_path / "proc" / "8").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "dockerd").write_text("#!/bin/sh\necho '      --validate   Validate daemon configuration and exit'\n")
    (tmp_path / "bin" / "dockerd").chmod(0o755)
    (tmp_path / "daemon.json").write_text("s3cret")
    places = {"proc": tmp_path / "proc", "etc_docker_daemon__json": tmp_path / "daemon.json"}
    text = printed("docker_config", shell=shell, path=f"{tmp_path}/bin:", **places)
    assert "s3cret" not in text
    assert DockerConfig(runs=True, present=True, checks=True, flags=("--log-opt", "--config-file")) == all_facts()["docker_config"].parse(
        text
    )
