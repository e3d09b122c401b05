"""What every inventory reader must keep, whichever there are."""

import inspect
from collections.abc import Mapping
from pathlib import Path

import pytest

from healer.discovery import plugins
from healer.inventory.readers.contract import ParsedSource, Reader
from healer.model.errors import InventoryError

READERS: Mapping[str, Reader] = plugins("healer.inventory.readers", Reader)
SAMPLES: Mapping[str, tuple[str, str, int]] = {
    "ini": ("hosts.ini", "[web]\na x=1\n", 0o644),
    "yaml": ("hosts.yml", "web:\n  hosts:\n    a: {x: 1}\n", 0o644),
    "script": ("hosts.sh", '#!/bin/sh\necho \'{"web": ["a"], "_meta": {"hostvars": {"a": {"x": 1}}}}\'\n', 0o755),
}

each_reader = pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())


def sample(reader: Reader, folder: Path) -> Path:
    """Write the reader's sample file."""
    name, text, mode = SAMPLES[reader.name]
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path


def test_every_reader_has_a_sample() -> None:
    """A new reader is tested by adding a sample."""
    assert set(READERS) == set(SAMPLES)


def test_ranks_differ() -> None:
    """Which reader is asked never depends on the order of files."""
    assert len({reader.rank for reader in READERS.values()}) == len(READERS)


@each_reader
def test_is_the_one_that_is_asked_for_its_own_kind_of_file(reader: Reader, tmp_path: Path) -> None:
    """Of the readers that accept the sample this one has the lowest rank."""
    path = sample(reader, tmp_path)
    assert reader is min((other for other in READERS.values() if other.accepts(path)), key=lambda other: other.rank)


@each_reader
def test_reads_groups_hosts_and_variables(reader: Reader, tmp_path: Path) -> None:
    """The same small inventory comes out of every format."""
    path = sample(reader, tmp_path)
    parsed = reader.read(path)
    variables = [group.hosts["a"] for group in parsed.groups if "a" in group.hosts] + [parsed.host_variables.get("a", {})]
    assert isinstance(parsed, ParsedSource)
    assert str(path) == parsed.source
    assert "web" in {group.name for group in parsed.groups}
    assert {name: value for layer in variables for name, value in layer.items()} == {"x": 1}


@each_reader
def test_accepting_runs_nothing(reader: Reader, tmp_path: Path) -> None:
    """Looking at a file is harmless, even when it is a program."""
    path = tmp_path / "evil"
    path.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    path.chmod(0o755)
    reader.accepts(path)
    assert not (tmp_path / "ran").exists()


@each_reader
def test_refuses_a_binary_by_name(reader: Reader, tmp_path: Path) -> None:
    """Rubbish is an InventoryError with the file's name, not a traceback."""
    path = tmp_path / "rubbish"
    path.write_bytes(b"\x7fELF\0\0\xff\xfe")
    path.chmod(0o755)
    with pytest.raises(InventoryError) as caught:
        reader.read(path)
    assert str(path) == caught.value.file


@each_reader
def test_says_why_it_exists(reader: Reader) -> None:
    """The plug-in's module opens with a docstring."""
    assert inspect.getmodule(reader.read).__doc__
