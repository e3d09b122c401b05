"""A host that is this machine: the observation scripts only read, so they may run anywhere, under any shell."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from healer.model.command import Command, CommandResult
from healer.model.errors import BecomeError
from healer.ports import ByteStream


class LocalRemote:
    """Runs commands here; `shell` stands in for the host's `sh`, `root` says whether root may be had."""

    host = "here"

    def __init__(self, shell: Sequence[str] = ("sh",), *, root: bool = True, environment: Mapping[str, str] | None = None) -> None:
        self.shell, self.root, self.environment = tuple(shell), root, environment
        self.commands: list[Command] = []

    def run(self, command: Command) -> CommandResult:
        """Run it with the chosen shell in place of `sh`."""
        self.commands.append(command)
        if command.become and not self.root:
            raise BecomeError(self.host, "sudo asks for a password")
        argv = [*self.shell, *command.argv[1:]] if command.argv[0] == "sh" else list(command.argv)
        done = subprocess.run(argv, input=command.stdin, capture_output=True, timeout=command.timeout, check=False, env=self.environment)
        return CommandResult(done.returncode, done.stdout, done.stderr)

    def dial(self, address: str, port: int, timeout: float) -> ByteStream:
        """No streams in these tests."""
        raise OSError("no streams here")

    def relogin(self, timeout: float) -> None:
        """Nothing to log in to."""

    def fabric_connection(self) -> object:
        """Return nothing of use."""
        return None

    def close(self) -> None:
        """Nothing to close."""


BREAKS = """#!/bin/sh
case $* in *"PART"*)
    printf x >>"$0.goes"
    if [ "$(wc -c <"$0.goes")" -le TIMES ]; then printf 'process\\t1\\n'; exit 2; fi ;;
esac
exec AWK "$@"
"""


def breaking_awk(folder: Path, part: str, times: int) -> dict[str, str]:
    """Return an environment whose awk breaks off the first `times` that its program holds `part`, as mawk does when a process ends."""
    program = folder / "awk"
    program.write_text(BREAKS.replace("PART", part).replace("TIMES", str(times)).replace("AWK", str(shutil.which("awk"))))
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}
