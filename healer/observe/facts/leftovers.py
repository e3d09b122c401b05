"""What else takes room on a disk: cores, crash dumps, kernels that nobody boots, logs of docker's containers, folders full of files."""

from collections.abc import Iterator, Sequence
from functools import partial

from healer.model.logs import Leftover, LeftoverKind
from healer.observe.facts._disk_places import PLACES, told
from healer.observe.facts._installed_kernels import kernels
from healer.observe.facts._log_scan import Places
from healer.observe.facts.contract import Fact
from healer.observe.reading import script

SECTOR = 512
KINDS: dict[str, LeftoverKind] = {"core": "core", "crash": "crash", "docker_log": "docker_log"}
KERNEL = ("running", "package", "boot", "modules")


def parse(text: str) -> tuple[Leftover, ...]:
    """Return what was found: each kind the largest first, kernels the oldest first. Raises ValueError on nonsense."""
    rows, places = told(text, "the look for leftovers")
    if strange := [tag for tag, _ in rows if tag not in ("file", "inodes", *KERNEL)]:
        raise ValueError(f"not a leftover: {strange[0][:80]!r}")
    files = sorted((_file(rest, places) for tag, rest in rows if tag == "file"), key=lambda one: (one.kind, -one.allocated, one.path))
    return (*_once(files), *kernels(rows, places.of), *(_folder(rest, places) for tag, rest in rows if tag == "inodes"))


def _once(files: Sequence[Leftover]) -> Iterator[Leftover]:
    """Yield each file once: the kernel's own folder of cores may be one of the others."""
    first: dict[tuple[int, int], Leftover] = {}
    for one in files:
        first.setdefault((one.device, one.inode), one)
    yield from first.values()


def _file(rest: str, places: Places) -> Leftover:
    kind, device, inode, size, blocks, modified, path = rest.split("\t", 6)
    if kind not in KINDS:
        raise ValueError(f"not a kind of leftover: {kind[:80]!r}")
    make = partial(Leftover, KINDS[kind], path, places.of(int(device), path), int(blocks) * SECTOR, float(modified))
    return make(device=int(device), inode=int(inode), size=int(size))


def _folder(rest: str, places: Places) -> Leftover:
    entries, device, modified, inode, path = rest.split("\t", 4)
    mount = places.of(int(device), path)
    return Leftover("inodes", path, mount, 0, float(modified), device=int(device), inode=int(inode), files=int(entries))


PLUGIN = Fact(name="leftovers", script=PLACES + script("leftovers.sh"), parse=parse, seconds=60)
