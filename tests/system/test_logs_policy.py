"""A policy that makes no sense ends the run before any host is spoken to."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from console import PATIENCE, ROOT


@dataclass(frozen=True)
class Door:
    """A port that would hear of any connection; none is ever taken by it."""

    listener: socket.socket

    @property
    def knocked(self) -> bool:
        """Return whether anybody has come."""
        self.listener.settimeout(0.2)
        try:
            self.listener.accept()[0].close()
        except TimeoutError:
            return False
        return True


@pytest.fixture
def door() -> Iterator[Door]:
    """Return the port at which the only host of the inventory would be."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Door(listener)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("logs_over=101%", "101%"),
        ("logs_over=80% logs_target=80%", "80%"),
        ("logs_paths=\"['var/log']\"", "var/log"),
        ("logs_paths=\"['/']\"", "'/'"),
        ("logs_paths=\"['/etc/app']\"", "/etc/app"),
        ("logs_forbidden=\"['../legal']\"", "../legal"),
        ("logs_min_size=-1", "-1"),
        ("logs_keep=soon", "soon"),
    ],
)
def test_a_bad_policy_ends_with_65_and_speaks_to_nobody(door: Door, tmp_path: Path, policy: str, words: str) -> None:
    """A share above 100 %, a target not below its trigger, a relative or forbidden folder: exit code 65, the host and the value by name."""
    inventory = tmp_path / "inventory.ini"
    inventory.write_text(f"web1 ansible_host=127.0.0.1 ansible_port={door.listener.getsockname()[1]} {policy}\n")
    argv = [sys.executable, "-m", "healer", "logs", "-i", str(inventory)]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "HEALER_STATE_DIR": str(tmp_path / "state"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(argv, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=PATIENCE, check=False)

    assert (65, False) == (done.returncode, door.knocked), done.stderr
    assert "web1" in done.stderr
    assert words in done.stderr
