"""What goes in arrives as it is, and what comes out comes back as it is."""

from pathlib import Path

import pytest
from local_host import ACT, BOOT, LocalHost, shell, until

from healer.model.command import CommandResult
from healer.model.errors import HostError
from healer.model.job import JobReport, JobSpec, Lease
from healer.remote.jobs import Jobs, escaped, spec_text

ALL_BYTES = bytes(range(256)) * 40


@pytest.mark.parametrize("detached", [False, True])
def test_result_and_output(jobs: Jobs, lease: Lease, detached: bool) -> None:
    """An act's exit status and both its streams come back, in the foreground and detached."""
    spec = shell("echo out; echo err >&2; exit 7", detached=detached)
    jobs.start(lease, spec)
    until(lambda: jobs.poll(ACT, detached=detached).state == "ended")
    assert JobReport("ended", 7, b"out\nerr\n", 8) == jobs.poll(ACT, detached=detached)


def test_foreground_start_waits(jobs: Jobs, lease: Lease) -> None:
    """Starting a foreground act returns its result at once."""
    assert JobReport("ended", 0, b"done\n", 5) == jobs.start(lease, shell("sleep 0.3; echo done"))


@pytest.mark.fault("O2")
def test_output_by_offset_is_the_same_bytes(jobs: Jobs, lease: Lease) -> None:
    """Output read piece by piece is byte for byte what the act printed."""
    jobs.start(lease, JobSpec(ACT, ("cat",), stdin=ALL_BYTES))
    got, offset = b"", 0
    while len(got) < len(ALL_BYTES):
        report = jobs.poll(ACT, offset, detached=False, limit=999)
        got, offset = got + report.output, report.next_offset
    assert got == ALL_BYTES
    assert jobs.poll(ACT, offset, detached=False).output == b""


def test_words_arrive_as_they_are(jobs: Jobs, lease: Lease, tmp_path: Path) -> None:
    """Arguments, environment and directory arrive unchanged, whatever quotes, newlines or shell words are in them."""
    directory = tmp_path / 'it\'s a "dir" $HOME\n'
    directory.mkdir()
    nasty = ["", "a b", "it's", '"$(id)"', "`id`", "line\nline\n", "\\n", "\\", "ä\udcff", "-n", "%s", "*", "a=b", "\t\x01;&|<>"]
    environment = {"NASTY": 'it\'s "two"\nlines $HOME `id` \\', "OTHER": ""}
    script = 'printf "%s\\0" "$@"; printf "%s\\0" "$NASTY" "${OTHER-unset}"; pwd -P | tr -d "\\n"; printf "\\n"'
    report = jobs.start(lease, shell(script, *nasty, environment=environment, directory=str(directory)))
    words = report.output.decode("utf-8", "surrogateescape").split("\0")
    assert [*nasty, *environment.values()] == words[:-1]
    assert str(directory) == words[-1]


def test_command_name_with_an_equals_sign(jobs: Jobs, lease: Lease, tmp_path: Path) -> None:
    """A program whose name looks like an assignment is run, not taken for one."""
    program = tmp_path / "A=b"
    program.write_text("#!/bin/sh\necho ran\n")
    program.chmod(0o755)
    assert jobs.start(lease, JobSpec(ACT, (str(program),))).output == b"ran\n"


def test_environment_is_clean(host: LocalHost, jobs: Jobs, lease: Lease) -> None:
    """An act sees the same few variables however it was started, never those of the login."""
    report = jobs.start(lease, JobSpec(ACT, ("env",)))
    names = {line.partition(b"=")[0].decode() for line in report.output.splitlines()}
    assert (
        {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LC_ALL"}
        <= names
        <= {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LC_ALL", "PWD", "OLDPWD", "_", "SHLVL"}
    )


@pytest.mark.parametrize(("argv", "status"), [(("/no/such/program",), 127), (("/etc/passwd",), 126)])
def test_program_that_cannot_run(jobs: Jobs, lease: Lease, argv: tuple[str, ...], status: int) -> None:
    """A program that is not there or not executable ends with the shell's own status for that."""
    assert jobs.start(lease, JobSpec(ACT, argv)).status == status


def test_missing_directory(jobs: Jobs, lease: Lease) -> None:
    """A directory that is not there ends the act with 125 before the command."""
    assert jobs.start(lease, JobSpec(ACT, ("echo", "ran"), directory="/no/such/dir")).status == 125


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        (JobSpec(ACT, ()), "needs a command"),
        (JobSpec(ACT, ("a\0b",)), "NUL"),
        (JobSpec(ACT, ("true",), environment={"A B": "x"}), "name of an environment variable"),
    ],
)
def test_impossible_spec(spec: JobSpec, word: str) -> None:
    """What no process could be given is refused before it is sent."""
    with pytest.raises(ValueError, match=word):
        spec_text(Lease("run-1", BOOT, 1), spec, 10)


def test_escaped_is_one_harmless_line() -> None:
    """Backslashes, control bytes and bytes over ASCII are written as octal; the rest stays readable."""
    assert escaped("a b\\n\nä") == r"a b\0134n\0012\0303\0244"


def test_nonsense_answer_is_an_error(host: LocalHost, jobs: Jobs) -> None:
    """An answer that is none of the protocol's words is an error, not a state."""
    host.run = lambda command: CommandResult(0, b"hello world\n")
    with pytest.raises(HostError, match="makes no sense"):
        jobs.poll(ACT, detached=True)
