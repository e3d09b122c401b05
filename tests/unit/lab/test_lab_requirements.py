"""What stands in the way of a lab is said in words that tell what to do."""

from dataclasses import replace

import pytest

from healer.lab.requirements import CAPABILITIES, PROGRAMS, Machine, Missing, explain, missing
from healer.lab.sources import Archive, Source

FIT = Machine(
    system="Linux",
    root=True,
    capabilities=sum(1 << bit for bit in CAPABILITIES),
    programs=frozenset(PROGRAMS),
    filesystems=frozenset({"btrfs", "ext4"}),
    loop_devices=True,
    archive=Archive("debian", "bookworm", (Source("http://mirror.example/debian", "bookworm", ("main",)),)),
)


def test_nothing_is_missing_on_a_fit_machine() -> None:
    """A machine with everything is told nothing."""
    assert missing(FIT) == ()


def test_on_another_system_nothing_else_is_asked() -> None:
    """Off Linux the list has one entry, since no package would help."""
    assert (Missing("the lab needs Linux; this is Darwin"),) == missing(replace(FIT, system="Darwin", root=False))


def test_without_root_the_advice_is_sudo() -> None:
    """Who is not root is told so before capabilities are looked at."""
    assert (Missing("only root may build a lab: run it with sudo"),) == missing(replace(FIT, root=False, capabilities=0))


@pytest.mark.parametrize("bit", CAPABILITIES)
def test_root_without_its_rights_is_noticed(bit: int) -> None:
    """Root in an unprivileged container lacks capabilities, and the missing one is named."""
    (problem,) = missing(replace(FIT, capabilities=FIT.capabilities & ~(1 << bit)))
    assert CAPABILITIES[bit] in problem.reason


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_missing_program_names_its_package(program: str) -> None:
    """Every program that the lab calls is checked and comes with the package to install."""
    (problem,) = missing(replace(FIT, programs=FIT.programs - {program}))
    assert PROGRAMS[program] == problem.package


@pytest.mark.parametrize(
    "machine",
    [replace(FIT, filesystems=frozenset({"ext4"})), replace(FIT, loop_devices=False), replace(FIT, archive=None)],
    ids=["btrfs", "loop", "archive"],
)
def test_what_no_package_brings_names_none(machine: Machine) -> None:
    """A kernel without btrfs or loop devices, or a machine without an archive, is told what is the matter and no more."""
    (problem,) = missing(machine)
    assert problem.package == ""


def test_the_explanation_ends_with_one_command() -> None:
    """Packages are gathered, each once, into the single command that installs them."""
    text = explain([Missing("no a", "pkg-b"), Missing("no b", "pkg-a"), Missing("no c", "pkg-b"), Missing("no kernel")])
    assert text.splitlines()[-1] == "Install with: apt-get install pkg-a pkg-b"
