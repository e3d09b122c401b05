"""healer as a user has it: a command line, an inventory file, a folder of its own for the journal."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from healer.lab.lab import Lab
from healer.lab.machine import LabHost

ROOT = Path(__file__).parents[2]
PATIENCE = 240.0
"""Seconds after which something that ought to happen counts as never happening, on a machine that others use too."""


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Return everything that was said, on one line: where lines were wrapped for the screen does not matter."""
        return " ".join((self.out + self.err).split())

    @property
    def report(self) -> dict[str, Any]:
        """Return the JSON document that was printed."""
        assert self.out.startswith("{"), f"no JSON, exit code {self.code}:\n{self.text}"
        return dict(json.loads(self.out))

    @property
    def ends(self) -> dict[str, str]:
        """Return how each host of the report ended."""
        return {host["host"]: host["terminal"] for host in self.report["hosts"]}

    @property
    def run(self) -> str:
        """Return the id of the run that is told of."""
        found = re.search(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b", self.text)
        assert found, f"no run is named in:\n{self.text}"
        return found[0]


@dataclass(frozen=True)
class Console:
    """A control node: `folder` holds the journal (state), the inventory and whatever else a test writes."""

    folder: Path
    lab: Lab
    inventory: Path = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the lab's own inventory."""
        object.__setattr__(self, "inventory", self.lab.inventory)

    @property
    def environment(self) -> dict[str, str]:
        """Return an environment without anything of healer's but the state folder; wide, so that lines are not wrapped."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HEALER_")}
        return {**kept, "HEALER_STATE_DIR": str(self.folder / "state"), "COLUMNS": "400", "PYTHONPATH": str(ROOT)}

    def write_inventory(self, hosts: Mapping[str, Mapping[str, object]], **common: object) -> Path:
        """Write the inventory that the next commands use: hosts of the lab with their variables, and variables of all."""
        given = {"ansible_user": "root", "ansible_ssh_private_key_file": self.lab.host("h1").private_key}
        given |= {"known_hosts": self.lab.host("h1").known_hosts, **common}
        lines = ["[all]"]
        for name, variables in hosts.items():
            words = {"ansible_host": self.lab.host(name).address, **variables}
            lines.append(" ".join([name, *(f"{key}={json.dumps(str(value))}" for key, value in words.items())]))
        lines += ["[all:vars]", *(f"{key}={value}" for key, value in given.items())]
        path = self.folder / "inventory.ini"
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o600)
        object.__setattr__(self, "inventory", path)
        return path

    def argv(self, *words: str, inventory: bool = True) -> list[str]:
        """Return the command line of a healer command."""
        return [sys.executable, "-m", "healer", *words, *(("-i", str(self.inventory)) if inventory else ())]

    def healer(self, *words: str, stdin: str = "", inventory: bool = True) -> Answer:
        """Run a command to its end, without a terminal."""
        argv = self.argv(*words, inventory=inventory)
        done = subprocess.run(
            argv, input=stdin, capture_output=True, text=True, timeout=PATIENCE, env=self.environment, cwd=self.folder, check=False
        )
        return shown(words, Answer(done.returncode, done.stdout, done.stderr))

    def spawn(self, *words: str) -> subprocess.Popen[str]:
        """Start a command and return at once; what it says is kept for `finished`."""
        return subprocess.Popen(
            self.argv(*words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            cwd=self.folder,
            preexec_fn=hear_signals,  # noqa: PLW1509  two system calls, before anything else
        )


def hear_signals() -> None:
    """Let a started command hear Ctrl-C and a hangup, also where the tests themselves run in the background, or under nohup, and do not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


ControlNodes = Callable[[Lab], Console]
"""Makes one more control node over a lab."""


def finished(process: subprocess.Popen[str]) -> Answer:
    """Wait for a started command and return what it said."""
    out, err = process.communicate(timeout=PATIENCE)
    return shown(("(started before)",), Answer(process.returncode, out, err))


def shown(words: Sequence[str], answer: Answer) -> Answer:
    """Return the answer; what was said is printed too, for whoever reads of a test that failed."""
    sys.stdout.write(f"$ healer {' '.join(words)}\n{answer.out}{answer.err}exit {answer.code}\n")
    return answer


def wait_for(what: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until it is true; fail when it never becomes so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"did not happen within {seconds:g} s: {what}"
        time.sleep(0.1)


def sh(host: LabHost, script: str) -> str:
    """Run a script as root inside a host, past healer and SSH, and return what it prints."""
    return host.run(["sh", "-c", script]).stdout.decode().strip()


def version(host: LabHost, package: str) -> str:
    """Return the installed version of a package as dpkg knows it."""
    return sh(host, f"dpkg-query -W -f '${{Version}}' {package}")


def upgrades(host: LabHost, package: str) -> list[str]:
    """Return each upgrade of the package that dpkg has ever done on the host, as `OLD NEW`: dpkg's own log is the witness."""
    lines = sh(host, "cat /var/log/dpkg.log").splitlines()
    return [" ".join(words[4:6]) for line in lines if (words := line.split())[2] == "upgrade" and words[3].startswith(f"{package}:")]
