"""What is at hand for giving blocks back, asked of this machine and of ones whose tools are others."""

import os
import subprocess
from pathlib import Path

import pytest
from local_remote import LocalRemote

from healer.model.logs import Toolbox
from healer.observe.collect import collect


def toolbox(folder: Path) -> Toolbox:
    """Return what is found where the folder's programs stand before the machine's own."""
    remote = LocalRemote(environment={"PATH": f"{folder}:{os.environ['PATH']}"})
    got = collect(remote, ("toolbox",), become=False).get("toolbox")
    assert isinstance(got, Toolbox), got
    return got


def program(folder: Path, name: str, text: str) -> None:
    """Write a program that stands before the machine's own."""
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(("broken", "opener"), [((), "perl"), (("perl",), "python3"), (("perl", "python3"), "")])
def test_an_opener_must_really_run(tmp_path: Path, broken: tuple[str, ...], opener: str) -> None:
    """A perl or python3 that fails is none; perl is preferred."""
    for name in ("perl", "python3"):
        program(tmp_path, name, "exit 1" if name in broken else "exit 0")
    assert opener == toolbox(tmp_path).opener


@pytest.mark.parametrize(
    ("options", "collapse", "punch"),
    [
        ("-c, --collapse-range -p, --punch-hole", ("ext4", "xfs"), ("ext4", "xfs", "btrfs", "tmpfs")),
        ("-p, --punch-hole", (), ("ext4", "xfs", "btrfs", "tmpfs")),
        ("[-o OFS] -l LEN FILE", (), ()),
    ],
)
def test_fallocate_is_known_by_its_help(tmp_path: Path, options: str, collapse: tuple[str, ...], punch: tuple[str, ...]) -> None:
    """What fallocate can do is what it says of itself; busybox has one that can do neither."""
    program(tmp_path, "fallocate", f"echo 'Usage: fallocate {options}'")
    got = toolbox(tmp_path)
    assert (collapse, punch) == (got.collapse, got.punch)


def test_a_tool_that_hangs_is_given_up(tmp_path: Path) -> None:
    """A program that does not come to its end is not at hand."""
    program(tmp_path, "perl", "exec sleep 60")
    program(tmp_path, "python3", "exit 0")
    assert "python3" == toolbox(tmp_path).opener


def test_the_tools_of_this_machine_are_found() -> None:
    """With nothing put in front the machine's own perl or python3 is found."""
    got = collect(LocalRemote(), ("toolbox",), become=False).get("toolbox")
    assert isinstance(got, Toolbox)
    found = [
        name for name in ("perl", "python3") if not subprocess.run([name, "-e" if name == "perl" else "-c", "1"], check=False).returncode
    ]
    assert found[:1] == [got.opener]
