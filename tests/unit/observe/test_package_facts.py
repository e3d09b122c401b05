"""The package facts: the host says which manager rules it, and that manager's parser reads the rest."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from local_remote import LocalRemote

from healer.model.facts import PackageDatabase, RestartForecast, Unknown
from healer.observe.collect import all_facts, collect
from healer.observe.facts import package_cache
from healer.observe.facts._log_scan import Places, Scan
from healer.observe.facts._managers import managers

NAMES = ("updates", "package_database", "package_locks", "restart_forecast")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["", "manager\n", "manager pkgsrc\nx", "hello\n"])
def test_an_answer_without_a_known_manager_is_refused(name: str, text: str) -> None:
    """Which parser is to read cannot be guessed."""
    with pytest.raises(ValueError, match="no package manager is named"):
        all_facts()[name].parse(text)


@pytest.mark.parametrize("name", NAMES)
def test_the_named_manager_reads_the_rest(name: str) -> None:
    """The first line names the manager; its parser refuses the nonsense that follows."""
    with pytest.raises(ValueError, match=r"part 'simulation'|package database|about locks|of the forecast"):
        all_facts()[name].parse("manager apt\nnonsense\n")


@pytest.mark.parametrize("shell", [("dash",), ("bash", "--posix"), ("busybox", "sh")], ids=" ".join)
def test_this_machine_answers(shell: tuple[str, ...]) -> None:
    """On a machine with dpkg every shell reads the same; on one without it the reading says why there is none."""
    got = collect(LocalRemote(shell), ("package_database", "restart_forecast", "package_locks"), become=False)
    if shutil.which("apt-get") and Path("/var/lib/dpkg/status").exists():
        kinds = (PackageDatabase, RestartForecast, tuple)
        assert [] == [reading for reading, kind in zip(got.readings.values(), kinds, strict=True) if not isinstance(reading, kind)]
    else:
        reason = "no package manager that healer knows rules this host"
        assert {reason} == {reading.reason for reading in got.readings.values() if isinstance(reading, Unknown)}


@pytest.mark.parametrize("name", [*NAMES, "stale_processes"])
def test_the_scripts_are_posix_shell(name: str) -> None:
    """A strict shell accepts the grammar of the whole text that is sent."""
    done = subprocess.run(["dash", "-n"], input=all_facts()[name].script, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)


def test_downloads_of_a_manager_that_cannot_tell_are_unknown() -> None:
    """A plug-in without a cache leaves the reading unknown by its name, and asks the host nothing."""
    mute = replace(managers()["apt"], name="mute", cache=None)
    assert Unknown("where the downloads of mute lie is not known") == package_cache.reader(mute, Places(Scan()))("")
    assert ":" == package_cache.script_of(mute)
