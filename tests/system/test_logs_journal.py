"""systemd's journal is shortened by journalctl alone: what journald has closed is archived, and exactly these files go."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from console import Console, sh, wait_for
from log_writers import clean, restored, sha256_of, weigh_down

from healer.lab.lab import Lab
from healer.lab.machine import LabHost

FLAGS = ("-l", "h3", "--over", "91%", "--target", "60%", "--min-size", "64M", "--json")
APART = 32
"""Seconds between the beginnings of two files which a bound in time can tell apart; healer's own margin is 30."""


@pytest.fixture
def host(log_lab: Lab) -> Iterator[LabHost]:
    """Return a host, and clean it afterwards. What is written to its journal goes there alone."""
    host = log_lab.host("h3")
    clean(host)
    sh(host, "systemctl stop rsyslog.service syslog.socket")
    yield host
    clean(host)


def folder(host: LabHost) -> str:
    """Return where the host's own journal lies."""
    return f"/var/log/journal/{host.read('/etc/machine-id').strip()}"


def files(host: LabHost) -> dict[str, str]:
    """Return the digest of each file that journald has closed, by path."""
    lines = sh(host, f"sha256sum {folder(host)}/*@*.journal").splitlines()
    return {words[1]: words[0] for words in map(str.split, lines)}


def close_files(host: LabHost) -> None:
    """Let journald write much and close what it has written."""
    sh(host, "head -c 3M /dev/urandom | base64 -w 900 | systemd-cat -t numbers; journalctl --sync; journalctl --rotate")


def began(host: LabHost) -> int:
    """Return the second in which the file began that journald writes to now (its head, systemd's JOURNAL_FILE_FORMAT)."""
    script = f"logger numbers; journalctl --sync; od -A n -t u8 -j 184 -N 8 {folder(host)}/system.journal"
    return int(sh(host, script)) // 1_000_000


def test_exactly_the_archived_files_go(log_lab: Lab, host: LabHost, tmp_path: Path) -> None:
    """Old closed files go, each kept byte for byte; one that was closed just now and what is written stay, journald is the same."""
    console = Console(tmp_path, log_lab)
    close_files(host)
    old, first = files(host), began(host)
    wait_for(lambda: int(sh(host, "date +%s")) > first + APART)
    sh(host, "journalctl --rotate")
    old = files(host)
    close_files(host)
    young = files(host).keys() - old.keys()
    journald = sh(host, "systemctl show -p MainPID --value systemd-journald")
    weigh_down(host, 92)

    answer = console.healer("logs", *FLAGS)

    assert old.keys() - files(host).keys() == old.keys(), answer.text
    assert young <= files(host).keys()
    assert old == {path: sha256_of(restored(console, "h3", path)) for path in old}
    assert journald == sh(host, "systemctl show -p MainPID --value systemd-journald")
    assert "1" == sh(host, "logger -t numbers after-the-pass; journalctl --sync; journalctl -t numbers -o cat | grep -c after-the-pass")
