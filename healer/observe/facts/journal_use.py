"""What systemd's journal takes: each of its files, whether it is still written to, and the bound that is configured."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from healer.model.facts import Unknown
from healer.model.logs import JournalFile, JournalUse
from healer.observe.facts._disk_places import PLACES, told
from healer.observe.facts.contract import Fact
from healer.observe.reading import script

SECTOR = 512
PERSISTENT = "/run/"
"""What lies below it is in memory: it takes nothing from a disk, and is only told."""
_ARCHIVED = re.compile(r".+@[0-9a-f]{32}-[0-9a-f]{16}-(?P<head>[0-9a-f]{16})\.journal|.+@(?P<broken>[0-9a-f]{16})-[0-9a-f]{16}\.journal~")
"""systemd names an archived file after the time of its first entry, in hexadecimal microseconds; a broken one after when it was found."""
_TIME = re.compile(r"\d+(?:\.\d+)?")
"""A birth that is not known is printed as a negative number."""
_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4, "P": 1024**5, "E": 1024**6}
_MAIN = ("/etc/systemd/", "/run/systemd/", "/usr/local/lib/systemd/", "/usr/lib/systemd/")
"""The folders of configuration: a file in an earlier one stands for all of its name (journald.conf(5))."""


def parse(text: str) -> JournalUse | Unknown:
    """Return what was found; without any journal there are no files. Raises ValueError on nonsense."""
    rows, places = told(text, "the look at systemd's journal")
    if strange := [tag for tag, _ in rows if tag not in ("base", "file", "active", "conf", "cap")]:
        raise ValueError(f"not a line about systemd's journal: {strange[0][:80]!r}")
    heads = {path: number for number, _, path in (rest.partition("\t") for tag, rest in rows if tag == "active")}
    files = sorted((_file(rest, heads) for tag, rest in rows if tag == "file"), key=lambda one: (one.head, one.path))
    bases = [(int(device), path) for device, _, path in (rest.partition("\t") for tag, rest in rows if tag == "base")]
    mount = next((places.of(device, path, (path,)) for device, path in bases if not path.startswith(PERSISTENT)), "")
    return JournalUse(mount, tuple(files), _cap(rows))


def _file(rest: str, heads: Mapping[str, str]) -> JournalFile:
    """Return a file. It is as old as the oldest that its name and its times say: that is how systemd sees it when it makes room."""
    device, inode, size, blocks, modified, changed, accessed, born, path = rest.split("\t", 8)
    name = _ARCHIVED.fullmatch(PurePosixPath(path).name)
    began = int(name["head"] or name["broken"], 16) / 1e6 if name else _first_entry(heads.get(path, ""))
    times = [float(time) for time in (modified, changed, accessed, born) if _TIME.fullmatch(time) and float(time) > 0]
    return JournalFile(
        path=path,
        device=int(device),
        inode=int(inode),
        size=int(size),
        allocated=int(blocks) * SECTOR,
        head=min([began, *times]),
        archived=name is not None,
        modified=float(modified),
    )


def _first_entry(word: str) -> float:
    """Return the time that an active file's header gives; one without an entry yet is as old as the file, one that is not read is 0."""
    return (int(word) / 1e6 or float("inf")) if word else 0.0


def _cap(rows: list[tuple[str, str]]) -> int:
    """Return the bound that holds: the main file's, then those of the drop-ins in order of their names. Nothing set takes it back."""
    values = {path: value for path, _, value in (rest.partition("\x1f") for tag, rest in rows if tag == "cap")}
    cap = 0
    for path in _in_order([rest for tag, rest in rows if tag == "conf"]):
        if path in values:
            cap = _bytes(values[path])
    return cap


def _in_order(paths: list[str]) -> Iterator[str]:
    ranked = sorted(paths, key=lambda path: next((at for at, folder in enumerate(_MAIN) if path.startswith(folder)), len(_MAIN)))
    first: dict[str, str] = {}
    for path in ranked:
        first.setdefault(PurePosixPath(path).name, path)
    main = first.pop("journald.conf", "")
    yield from ([main] if main else [])
    yield from (first[name] for name in sorted(first))


def _bytes(value: str) -> int:
    """Return the bytes of `1.5G`; 0 for what systemd would not understand either, for then the built-in bound holds."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGTPE]?)B?", value.strip())
    return int(float(found[1]) * _UNITS[found[2]]) if found else 0


PLUGIN = Fact(name="journal_use", script=PLACES + script("journal_use.sh"), parse=parse, seconds=20)
