"""Runs a fact's script under a real shell, on folders and with programs that stand in for the system's own."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from healer.model.facts import Unknown
from healer.observe.collect import all_facts
from healer.observe.reading import script
from healer.observe.sections import Section, value

SHELLS = pytest.mark.parametrize("shell", ["dash", "bash --posix", "busybox sh"])


def reading(
    name: str, places: Mapping[str, Path | str], words: Sequence[str] = (), *, shell: str = "dash", programs: Path | None = None
) -> object:
    """Return what the fact reads where `places` stand for the paths that its script names."""
    text = script("prelude.sh") + all_facts()[name].script
    for own, place in places.items():
        assert own in text
        text = text.replace(own, str(place))
    path = f"{programs}:{os.environ['PATH']}" if programs else os.environ["PATH"]
    argv = [*shell.split(), "-c", text, "healer-observe", *words]
    environment = {"PATH": path, "LC_ALL": "C"}
    done = subprocess.run(argv, capture_output=True, text=True, env=environment, check=False, stdin=subprocess.DEVNULL)
    return value(all_facts()[name], Section(done.returncode, done.stdout, done.stderr))


def why(found: object) -> str:
    """Return why there is no reading."""
    assert isinstance(found, Unknown), found
    return found.reason


def program(folder: Path, name: str, text: str) -> None:
    """Write a program of this shell text."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)
