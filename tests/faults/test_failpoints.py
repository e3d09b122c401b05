"""Killed with SIGKILL at every place that has a name, resumed, and held against a run that nobody disturbed."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any, get_args

import pytest
from cheap_plays import CASES, Case, Driven, memory_folder, undisturbed

from healer import failpoints
from healer.failpoints import ANY, NAMES, arm
from healer.model.action import Verb
from healer.model.errors import UsageError
from healer.model.events import Event

PERSONS = ("note", "version_released", "service_acknowledged", "incidents_told")
OUTSIDE = {f"{when}.{kind}" for when in ("before", "after") for kind in PERSONS}
"""Places that no run comes to: a release or an acknowledgement is a person's one event between runs, people are told of incidents between
runs too, and notes are in no journal yet."""
KILLED = sorted(NAMES - OUTSIDE)


@dataclass(frozen=True)
class Undisturbed:
    """What the cases come to when nobody dies: their outcomes, and the places that each comes to."""

    outcomes: Mapping[str, Mapping[str, Any]]
    hits: Mapping[str, frozenset[str]]

    def case(self, name: str) -> Case:
        """Return the first case that comes to a place."""
        return next(case for case in CASES if name in self.hits[case.name])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Return a folder for control nodes."""
    with memory_folder() as made:
        yield Path(made)


@pytest.fixture(scope="module")
def whole(folder: Path) -> Undisturbed:
    """Drive every case to its end once."""
    driven = {case.name: undisturbed(case, folder / "undisturbed" / case.name) for case in CASES}
    return Undisturbed({name: one[0] for name, one in driven.items()}, {name: frozenset(one[1]) for name, one in driven.items()})


def test_every_event_and_every_act_has_its_failpoints() -> None:
    """A new kind of event or a new verb has two places at once, without being listed anywhere."""
    kinds = [kind.__dataclass_fields__["kind"].default for kind in get_args(Event)]
    verbs = {verb.__dataclass_fields__["verb"].default for verb in get_args(Verb)} - {"look_again", "probe_until", "relogin"}
    expected = {f"{when}.{kind}" for kind in kinds for when in ("before", "after")} | {
        f"{when}.{verb}" for verb in verbs for when in ("send", "done")
    }
    assert expected | {"lease.taken", "job.poll"} == NAMES


def test_the_sweep_comes_to_every_failpoint(whole: Undisturbed) -> None:
    """What is not reached by any case would never be seen to survive: a new event kind or verb needs a case here."""
    assert NAMES - OUTSIDE == frozenset().union(*whole.hits.values())


@pytest.mark.fault("C1")
@pytest.mark.parametrize("name", KILLED)
def test_killed_at_every_failpoint(name: str, whole: Undisturbed, folder: Path) -> None:
    """Killed with SIGKILL before and after every journalled step and around every act, a resumed run comes to the same end: nothing is done twice, no result is lost."""
    case = whole.case(name)
    driven = Driven(case, folder / name, repeat({"dies": f"{name}:kill"}), once=True)
    assert (whole.outcomes[case.name], 1) == (driven.to_the_end(), driven.died)


def test_unset_it_does_nothing() -> None:
    """Without the variable nobody is told of the places."""
    arm("")
    assert [] == failpoints._watchers


@pytest.mark.parametrize(
    ("text", "words"),
    [("before.act_endet:kill", "before.act_ended"), ("x", "NAME:kill"), ("any:stop", "NAME:kill"), ("any:kill@0", "NAME:kill")],
)
def test_a_failpoint_that_is_not_there_is_refused(text: str, words: str) -> None:
    """A misspelt name would test nothing, so it is an error that names the nearest one."""
    with pytest.raises(UsageError, match=words):
        arm(text)


@pytest.mark.parametrize(
    ("text", "died_at"), [("run_started", 0), ("before.run_started:kill", 2), ("after.run_started:kill@2", 5), (f"{ANY}:kill@4", 4)]
)
def test_it_dies_where_and_when_it_is_told(text: str, died_at: int) -> None:
    """By name the first time or the N-th, by `any` at the N-th place of all; a text that makes no sense leaves with 2 and does nothing."""
    places = "after.run_ended before.run_started after.run_started before.run_started after.run_started"
    script = f"import sys; from healer import failpoints as f; f.arm(sys.argv[1])\nfor name in {places!r}.split(): print(name, flush=True); f.reach(name)"
    done = subprocess.run([sys.executable, "-c", script, text], capture_output=True, text=True, check=False)
    assert died_at == len(done.stdout.split())


def test_the_command_line_refuses_a_failpoint_that_is_not_there(tmp_path: Path) -> None:
    """`healer` leaves with 2 before it does anything, and writes no journal."""
    environment = {**os.environ, "HEALER_FAILPOINT": "nowhere:kill", "HEALER_STATE_DIR": str(tmp_path / "state")}
    done = subprocess.run([sys.executable, "-m", "healer", "history"], capture_output=True, text=True, env=environment, check=False)
    assert (2, "", False) == (done.returncode, done.stdout, (tmp_path / "state").exists())
    assert "there is no failpoint nowhere" in done.stderr
