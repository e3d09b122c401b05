"""The scripts that bring a service back, run in real shells with programs that answer as systemctl does.

The programs are fakes; what real ones do with the same scripts is seen in the lab. Time passes only where a script sleeps: then the next
of the states that a test has laid down becomes the present one.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from healer.steps._heal_acts import script

UNIT = "app.service"
SYSTEMCTL = """
echo "$*" >>"$HERE/asked"
case " $* " in
    *' show '*' Job '*) cat "$HERE/state" ;;
    *' show '*MainPID*) echo "MainPID=$(cat "$HERE/pid")" ;;
    *' status '*) echo "app.service - the application" ;;
    *' start '* | *' restart '* | *' reload '*) [ ! -f "$HERE/refused" ] || exit 1; [ ! -f "$HERE/after" ] || mv "$HERE/after" "$HERE/state" ;;
    *' kill '*) [ ! -f "$HERE/killed" ] || mv "$HERE/killed" "$HERE/state" ;;
esac"""
SLEEP = 'for next in "$HERE"/next-*; do [ -f "$next" ] && mv "$next" "$HERE/state"; break; done; exit 0'
SHELLS = pytest.mark.parametrize("shell", [("dash",), ("bash", "--posix"), ("busybox", "sh")], ids=["dash", "bash", "busybox"])
Ended = tuple[int, str, list[str]]
Try = Callable[..., Ended]


def state(active: str, invocation: str = "one", *, sub: str = "", job: str = "", restarts: int = 0, result: str = "success") -> str:
    """Return what systemctl show says of the unit."""
    return f"ActiveState={active}\nSubState={sub}\nInvocationID={invocation}\nJob={job}\nNRestarts={restarts}\nResult={result}\n"


RUNS, FAILED = state("active"), state("failed", result="signal", sub="failed")
NEW = state("active", "two")
LOOPING = ("crash_loop", "one", "4")
"""How one in a crash loop was seen: its invocation and its restart counter."""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a folder with the fakes."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in {"systemctl": SYSTEMCTL, "sleep": SLEEP}.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def tries(tmp_path: Path, programs: Path) -> Try:
    """Return how a rung is tried: on a unit that is in a state now, was seen in another, and becomes these, one a second."""

    def run(
        shell: Sequence[str], rung: str, now: str, *, seen: tuple[str, ...], after: str = "", killed: str = "", then: Sequence[str] = ()
    ) -> Ended:
        laid = {"state": now, "after": after, "killed": killed, **{f"next-{number}": text for number, text in enumerate(then)}}
        for name, text in laid.items():
            if text:
                (tmp_path / name).write_text(text)
        environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "HERE": str(tmp_path)}
        words = ("-c", script("heal_systemd.sh"), "healer", rung, UNIT, *seen[:2], "5.0", "2.0", *seen[2:])
        done = subprocess.run([*shell, *words], capture_output=True, text=True, env=environment, check=False, timeout=60)
        asked = (tmp_path / "asked").read_text().splitlines() if (tmp_path / "asked").exists() else []
        return done.returncode, done.stdout, [line for line in asked if not line.startswith("show")]

    return run


@SHELLS
def test_a_failed_unit_is_started_anew(shell: Sequence[str], tries: Try) -> None:
    """Its failures are forgotten first, and up means: active, with an invocation of its own, and so for as long as the policy says."""
    status, said, asked = tries(shell, "start", FAILED, seen=("failed", "one"), after=NEW)
    assert (0, ["reset-failed -- app.service", "--no-block start -- app.service"]) == (status, asked)
    assert "app.service is up since 2 s" in said


@SHELLS
@pytest.mark.parametrize(
    ("now", "words"),
    [
        (state("active", "two"), "somebody else has started it meanwhile"),
        (state("failed", job="77"), "a job is queued"),
        (state("inactive"), "it is inactive now, and was failed"),
    ],
)
def test_what_is_not_as_it_was_seen_is_left_alone(shell: Sequence[str], tries: Try, now: str, words: str) -> None:
    """Whoever has acted on the unit since it was looked at has the word: nothing is done, and it is told."""
    status, said, asked = tries(shell, "start", now, seen=("failed", "one"))
    assert (3, []) == (status, asked)
    assert words in said


@SHELLS
def test_a_unit_that_crashes_again_and_again_is_held_to_no_state(shell: Sequence[str], tries: Try) -> None:
    """Between its own restarts it changes its state all by itself: that is nobody else."""
    status, _said, asked = tries(shell, "start", state("activating", "nine", sub="auto-restart"), seen=LOOPING, after=NEW)
    assert (0, "--no-block start -- app.service") == (status, asked[-1])


@SHELLS
@pytest.mark.parametrize("now", [state("active", "nine", restarts=5), state("active", restarts=4)], ids=["its own", "as it was"])
def test_what_its_manager_has_started_again_is_nobody_elses(shell: Sequence[str], tries: Try, now: str) -> None:
    """A restart that systemd has counted is one of the loop, and so is a unit that is up for a moment as it was seen."""
    status, _said, asked = tries(shell, "start", now, seen=LOOPING, after=NEW)
    assert (0, "--no-block restart -- app.service") == (status, asked[-1])


@SHELLS
@pytest.mark.parametrize("counted", ["4", "-1"])
def test_somebody_elses_start_that_holds_ends_the_loop(shell: Sequence[str], tries: Try, counted: str) -> None:
    """A start that systemd has not counted, or of which that is not known, is a person's: it is left alone when it stays up."""
    status, said, asked = tries(shell, "start", state("active", "nine"), seen=(*LOOPING[:2], counted))
    assert (3, []) == (status, asked)
    assert "somebody else has started it meanwhile, and it stays up" in said


@SHELLS
@pytest.mark.parametrize(
    ("then", "status"),
    [((state("activating", "nine", sub="auto-restart"),), 0), ((state("active", "ten"),), 0), ((state("active", "nine", job="7"),), 3)],
    ids=["down", "another", "asked for"],
)
def test_somebody_elses_start_that_does_not_hold_was_no_help(shell: Sequence[str], tries: Try, then: Sequence[str], status: int) -> None:
    """A unit that falls again after it is started as one of the loop; one that somebody asks for just then is not."""
    assert status == tries(shell, "start", state("active", "nine"), seen=LOOPING, after=NEW, then=then)[0]


@SHELLS
def test_a_queued_job_is_somebody_elses_in_a_loop_too(shell: Sequence[str], tries: Try) -> None:
    """Systemd's own restarts are set by a timer and queue none until they are due."""
    status, said, asked = tries(shell, "start", state("activating", "nine", job="77"), seen=LOOPING)
    assert (3, []) == (status, asked)
    assert "a job is queued" in said


@SHELLS
def test_one_that_does_not_come_up_is_told_with_its_result(shell: Sequence[str], tries: Try) -> None:
    """A unit that has failed again is not waited for until the end of the rung."""
    status, said, _asked = tries(shell, "start", FAILED, seen=("failed", "one"), after=state("failed", "two", result="exit-code"))
    assert 4 == status
    assert "is not up: it is failed" in said
    assert "exit-code" in said


@SHELLS
@pytest.mark.parametrize("later", [state("failed", "two"), state("active", "three"), state("active", "two", restarts=1)])
def test_one_that_does_not_stay_up_is_told(shell: Sequence[str], tries: Try, later: str) -> None:
    """Down again, started again by itself, or counted up: in each case it did not stay up."""
    status, said, _asked = tries(shell, "start", FAILED, seen=("failed", "one"), after=NEW, then=(NEW, later))
    assert (5, True) == (status, "did not stay up" in said)


@SHELLS
def test_a_restart_that_takes_too_long_is_taken_back(shell: Sequence[str], tries: Try) -> None:
    """After its time the queued restart is cancelled, so that the next rung does not take it for somebody else's."""
    hanging = state("deactivating", sub="stop-sigterm", job="77")
    status, _said, asked = tries(shell, "restart", RUNS, seen=("active", "one"), after=hanging)
    assert (4, "cancel 77") == (status, asked[-1])


@SHELLS
def test_the_kill_waits_for_the_end_before_it_starts(shell: Sequence[str], tries: Try) -> None:
    """All processes of the unit are killed, and it is started only when they are gone: a start of what runs would do nothing."""
    status, _said, asked = tries(shell, "kill", RUNS, seen=("active", "one"), then=(FAILED,), after=NEW)
    assert 0 == status
    assert ["kill -s KILL -- app.service", "reset-failed -- app.service", "--no-block start -- app.service"] == asked


@SHELLS
def test_processes_that_do_not_die_are_told(shell: Sequence[str], tries: Try) -> None:
    """What waits in the kernel outlives a kill: nothing is started beside it."""
    status, _said, asked = tries(shell, "kill", RUNS, seen=("active", "one"))
    assert (4, ["kill -s KILL -- app.service"]) == (status, asked)


@SHELLS
def test_a_reload_keeps_the_invocation(shell: Sequence[str], tries: Try) -> None:
    """A reloaded unit is the same one as before, and that is how it should be."""
    status, _said, asked = tries(shell, "reload", RUNS, seen=("active", "one"))
    assert (0, ["--no-block reload -- app.service"]) == (status, asked)


@SHELLS
def test_a_restart_that_was_none_is_no_success(shell: Sequence[str], tries: Try) -> None:
    """A unit of the same invocation was not started anew, whatever systemctl said."""
    status, said, _asked = tries(shell, "restart", RUNS, seen=("active", "one"))
    assert (4, True) == (status, "was not started anew" in said)


@SHELLS
def test_evidence_tells_of_the_unit_and_of_its_process(shell: Sequence[str], tmp_path: Path, programs: Path) -> None:
    """Status, state of the process, limits and pressure are printed, whatever else is missing; a debugger is asked only when it is named."""
    (tmp_path / "pid").write_text(str(os.getpid()))
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "HERE": str(tmp_path)}

    def gathered(*debugger: str) -> str:
        words = ("-c", script("evidence.sh"), "healer", UNIT, *debugger)
        done = subprocess.run([*shell, *words], capture_output=True, text=True, env=environment, check=False, timeout=60)
        assert 0 == done.returncode
        return done.stdout

    plain = gathered()
    assert "app.service - the application" in plain
    assert f"/proc/{os.getpid()}/status" in plain
    assert "Max open files" in plain
    assert f"debugged {os.getpid()}" not in plain
    assert f"debugged {os.getpid()}" in gathered("echo", "debugged")


SERVICE = """
echo "$*" >>"$HERE/asked"
[ "$2" != status ] || exec test -f "$HERE/runs"
[ ! -f "$HERE/broken" ] || exit 1
touch "$HERE/runs"
"""


@SHELLS
@pytest.mark.parametrize(
    ("rung", "there", "seen", "status"),
    [
        ("start", (), "failed", 0),
        ("restart", ("runs",), "active", 0),
        ("start", ("runs",), "failed", 3),
        ("start", ("broken",), "failed", 4),
        ("kill", ("runs",), "active", 4),
    ],
)
def test_without_systemd_a_service_is_brought_back_by_its_script(
    *, shell: Sequence[str], tmp_path: Path, programs: Path, rung: str, there: Sequence[str], seen: str, status: int
) -> None:
    """An init script is asked by the name of the service, and what somebody else has started meanwhile is left alone."""
    (programs / "service").write_text(f"#!/bin/sh\n{SERVICE}")
    (programs / "service").chmod(0o755)
    for name in there:
        (tmp_path / name).touch()
    environment = {"PATH": f"{programs}:{Path(shutil.which('sh') or '/bin/sh').parent}", "HERE": str(tmp_path)}
    words = ("-c", script("heal_scripts.sh"), "healer", rung, UNIT, seen, "", "5.0", "0.0")
    done = subprocess.run([*shell, *words], capture_output=True, text=True, env={**os.environ, **environment}, check=False, timeout=60)
    assert status == done.returncode, done.stdout + done.stderr
