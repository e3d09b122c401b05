"""Logs on other disks than that of /var/log: two gigabytes without a name, and a file system on which nothing can be cut out of a file."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from console import Console, sh, wait_for
from log_disks import disk
from log_writers import LITTLE, NGINX, PORT, RSYSLOG, Filler, Writer, clean, freed, kept, numbers, restored, stop, used, ways

from healer.lab.lab import Lab
from healer.lab.machine import LabHost

MIB = 2**20
TWO_GIGABYTES = 2048 * MIB
ARCHIVES = "/srv/archives"
LINES, A_SECOND = 20_000, 2_000


@pytest.fixture
def host(log_lab: Lab) -> Iterator[LabHost]:
    """Return a host, and clean it afterwards. It has zstd."""
    host = log_lab.host("h1")
    clean(host)
    yield host
    clean(host)
    sh(host, f"rm -rf {ARCHIVES}")


@pytest.fixture
def large(host: LabHost) -> Iterator[str]:
    """Return a folder on a disk that holds two gigabytes and a little more."""
    with disk(host, "/srv/large", 2500):
        yield "/srv/large"
        clean(host)


@pytest.fixture
def old(host: LabHost) -> Iterator[str]:
    """Return a folder on a disk of a kind that healer neither collapses nor punches."""
    with disk(host, "/srv/old", 64, "ext3"):
        yield "/srv/old"
        clean(host)


def test_two_gigabytes_without_a_name(host: LabHost, large: str, log_console: Console) -> None:
    """2 GB of a deleted log, most of it set aside in advance and never written, come free; the writer lives; not a byte is another one."""
    filler = Filler(host, f"{large}/app.log", most=MIB).start()
    sh(host, f"fallocate -o {MIB} -l {TWO_GIGABYTES - MIB} {filler.path}")
    filler.speak()
    wait_for(lambda: sh(host, f"stat -c %s {filler.path}") == str(TWO_GIGABYTES + len("alive\n")))
    head, writer = host.run(["head", "-c", str(MIB), filler.path]).stdout, filler.process
    sh(host, f"rm {filler.path}")
    assert used(host, large) > 80

    answer = log_console.healer("logs", "-l", "h1", "--over", "80%", "--target", "10%", "-e", f"{{logs_paths: [{large}]}}", "--json")

    assert (0, {"h1": "changed"}) == (answer.code, answer.ends), answer.text
    assert used(host, large) < 10
    filler.speak()
    wait_for(lambda: sh(host, f"tail -c 12 /proc/{writer}/fd/3") == "alive\nalive")
    whole = restored(log_console, "h1", filler.path)
    assert is_made_of(whole, head, TWO_GIGABYTES - MIB, b"alive\nalive\n")
    assert writer == filler.process
    whole.unlink()


def is_made_of(file: Path, head: bytes, zeros: int, tail: bytes) -> bool:
    """Return whether the file holds exactly this: a head, so many mebibytes' worth of NULs, and a tail."""
    with file.open("rb") as data:
        return (
            data.read(len(head)) == head
            and all(not any(data.read(MIB).strip(b"\0")) for _each in range(zeros // MIB))
            and data.read() == tail
        )


def test_where_nothing_can_be_cut_out_of_a_file(host: LabHost, old: str, log_console: Console) -> None:
    """A writer that appends stands still for a moment, nginx and rsyslogd open new files; twice, with archives on another disk of the host:
    no line is lost, and nobody was restarted."""
    host.write("/etc/nginx/conf.d/numbers.conf", NGINX.replace("/var/log/nginx/numbers.log", f"{old}/numbers-nginx.log"))
    host.write("/etc/rsyslog.d/numbers.conf", RSYSLOG.replace("/var/log", old))
    assert 0 == host.run(["systemctl", "restart", "nginx", "rsyslog"]).returncode
    append = Writer(host, "append", "append", f"{old}/numbers.log", f"{old}/numbers.log", "numbers-append")
    nginx = Writer(host, "nginx", "requests", f"{old}/numbers-nginx.log", f"127.0.0.1:{PORT}", "nginx")
    syslog = Writer(host, "syslog", "datagram", f"{old}/numbers-syslog.log", "/run/numbers.sock", "rsyslog")
    writers = tuple(writer.start(LINES, A_SECOND) for writer in (append, nginx, syslog))
    policy = f"{{logs_paths: [{old}], logs_archive_folders: [{ARCHIVES}]}}"
    before = {writer.path: writer.processes for writer in writers}
    for _turn in range(2):
        wait_for(lambda: used(host, old) > 15)
        answer = log_console.healer("logs", "-l", "h1", "--over", "15%", "--target", "1%", *LITTLE, "-e", policy, "--json")
        assert (0, {"h1": "changed"}) == (answer.code, answer.ends), answer.text
        assert ["delete", "delete", "freeze", "rename", "rename"] == sorted(ways(answer).values()), answer.text
        assert [True] * 3 == [number > 0 for number in freed(log_console, answer, "h1").values()], answer.text
    written = stop(writers)

    assert before == {writer.path: writer.processes for writer in writers}
    assert {path: list(range(1, count + 1)) for path, count in written.items()} == {
        path: numbers(restored(log_console, "h1", path)) for path in written
    }
    assert "" == sh(host, f"ls {old} | grep healer-")
    assert [] == kept(log_console, "h1")
    assert 6 == len(re.findall(r"\S+\.gz$", sh(host, f"find {ARCHIVES} -type f"), re.MULTILINE))
