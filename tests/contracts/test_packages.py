"""What every package-manager plug-in must keep: it reads what hosts print, refuses nonsense, and its jobs say what their end means."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from healer.discovery import plugins
from healer.model.action import Job
from healer.model.facts import Unknown
from healer.platforms.packages.contract import PackageManager, Terms

GOLDEN = Path(__file__).parents[1] / "golden"
MANAGERS = plugins("healer.platforms.packages", PackageManager)
READINGS: Mapping[str, Callable[[PackageManager], Callable[[str], object]]] = {
    "updates": lambda manager: manager.parse_updates,
    "locks": lambda manager: manager.parse_locks,
    "database": lambda manager: manager.parse_database,
    "forecast": lambda manager: manager.parse_forecast,
}
NEEDED = {
    "updates": ("none", "some", "security_only", "held_back", "nonsense"),
    "locks": ("none", "lock_busy", "nonsense"),
    "database": ("whole", "cut_transaction", "nonsense"),
    "forecast": ("none", "some", "nonsense"),
    "refresh": ("network_down", "lock_busy"),
}
CASES = [
    pytest.param(manager, kind, path, id=f"{name}-{kind}-{path.stem}")
    for name, manager in MANAGERS.items()
    for kind in READINGS
    for path in sorted((GOLDEN / f"{name}_{kind}").glob("*.json"))
]
REFRESHES = [
    pytest.param(manager, path, id=f"{name}-{path.stem}")
    for name, manager in MANAGERS.items()
    for path in sorted((GOLDEN / f"{name}_refresh").glob("*.json"))
]


def plain(reading: object) -> object:
    """Return a reading in JSON's types."""
    if isinstance(reading, Unknown):
        return {"unknown": reading.reason}
    if is_dataclass(reading):
        return {field.name: plain(getattr(reading, field.name)) for field in fields(reading)}
    return [plain(entry) for entry in reading] if isinstance(reading, tuple) else reading


def jobs(manager: PackageManager) -> tuple[Job, ...]:
    """Return one of each of the manager's jobs."""
    back = (manager.back.job({"openssl": "3.0-1"}),) if manager.back else ()
    return manager.refresh(), manager.repair(), manager.download({"openssl": "3.0-1"}), manager.upgrade({"openssl": "3.0-1"}), *back


@pytest.mark.parametrize(("manager", "kind", "path"), CASES)
def test_recorded_answers(manager: PackageManager, kind: str, path: Path) -> None:
    """A recorded answer reads as its file says; nonsense is refused with the sentence in the file."""
    case = json.loads(path.read_text(encoding="utf-8"))
    parse = READINGS[kind](manager)
    text = "\n".join(case["section"])
    expected = case["expect"]
    if isinstance(expected, dict) and "refused" in expected:
        with pytest.raises(ValueError, match=r".+") as refusal:
            parse(text)
        assert expected["refused"] == str(refusal.value)
    else:
        assert expected == plain(parse(text))


@pytest.mark.parametrize(("manager", "path"), REFRESHES)
def test_recorded_ends_of_a_refresh(manager: PackageManager, path: Path) -> None:
    """A refresh that could not be done is not accepted, and its exit code has a meaning in words."""
    case = json.loads(path.read_text(encoding="utf-8"))
    job, status = manager.refresh(), case["status"]
    found = {"busy": status in job.busy_codes, "accepted": status in job.accepted, "meaning": job.exit_meanings[status]}
    assert case["expect"] == found


@pytest.mark.parametrize("name", MANAGERS)
@pytest.mark.parametrize("kind", NEEDED)
def test_every_manager_has_recorded_answers_of_each_sort(name: str, kind: str) -> None:
    """A plug-in without golden cases for every sort of answer is half made."""
    stems = [path.stem for path in (GOLDEN / f"{name}_{kind}").glob("*.json")]
    assert [] == [needed for needed in NEEDED[kind] if not any(stem.startswith(needed) for stem in stems)]


@pytest.mark.parametrize("manager", MANAGERS.values(), ids=MANAGERS)
def test_busy_is_never_a_success(manager: PackageManager) -> None:
    """Each job tells a held lock by a code of its own, which is not accepted and which has words."""
    for job in jobs(manager):
        assert job.busy_codes
        assert set(job.busy_codes).isdisjoint(job.accepted)
        assert set(job.busy_codes) <= set(job.exit_meanings)


@pytest.mark.parametrize("manager", MANAGERS.values(), ids=MANAGERS)
def test_scripts_hold_no_data(manager: PackageManager) -> None:
    """Versions travel as arguments: the script's text is the same whatever is installed."""
    first = manager.upgrade({"openssl": "3.0-1"}, Terms(companions={"libssl3": "3.0-1"}))
    second = manager.upgrade({"bash": "5.2-1"}, Terms(lock_timeout=1))
    assert first.script == second.script
    assert first.arguments != second.arguments


@pytest.mark.parametrize(
    "words", [("open ssl", "1"), ("-o", "1"), ("openssl", "1;reboot"), ("openssl", "$(id)"), ("OpenSSL\n", "1"), ("", "1")]
)
@pytest.mark.parametrize("manager", MANAGERS.values(), ids=MANAGERS)
def test_words_that_are_no_package_are_refused(manager: PackageManager, words: tuple[str, str]) -> None:
    """A name or version outside of the manager's grammar makes no job, neither as wish nor as companion."""
    with pytest.raises(ValueError, match="not a package and a version"):
        manager.upgrade(dict([words]))
    with pytest.raises(ValueError, match="not a package and a version"):
        manager.download({"openssl": "1"}, Terms(companions=dict([words])))


@pytest.mark.parametrize("manager", MANAGERS.values(), ids=MANAGERS)
def test_every_script_is_posix_shell(manager: PackageManager) -> None:
    """A POSIX shell accepts the grammar of each script."""
    texts = [job.script for job in jobs(manager)]
    texts += [manager.updates_script, manager.database_script, manager.locks_script, manager.forecast_script, manager.owners_script]
    texts += [manager.back.way_script] if manager.back else []
    shell = shutil.which("dash") or "sh"
    for text in texts:
        done = subprocess.run([shell, "-n"], input=text, capture_output=True, text=True, check=False)
        assert (0, "") == (done.returncode, done.stderr)
