"""Log files and other big files that somebody writes, the largest first, with everybody who has them open.

The openers are found by device and inode, not by path. What could not be looked into makes them Unknown: a file is never called unused
because nobody was allowed to see who uses it.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from healer.model.facts import Unknown
from healer.model.host import Value
from healer.model.logs import Access, LogFile, LogFiles, Opener
from healer.observe.facts._log_scan import Identity, Places, Scan
from healer.observe.facts.contract import Fact
from healer.observe.reading import lines, script
from healer.platforms.processes import belongs

SECTOR = 512
DELETED = " (deleted)"
O_ACCMODE, O_PATH = 0o3, 0o10000000
ACCESS: Mapping[int, Access] = {0: "read", 1: "write", 2: "both", 3: "both"}
OTHER_FLAGS = ("mips", "alpha", "parisc", "sparc")
"""Processors on which Linux gives O_APPEND another bit (their uapi/asm/fcntl.h), by the beginning of uname's word."""


def parse(text: str) -> LogFiles:
    """Return what the script found. Raises ValueError on nonsense, and when the answer has no end."""
    scan = Scan()
    for line in lines(text):
        scan.take(line)
    if not scan.whole:
        raise ValueError("the search for logs was cut off")
    scan.blind = scan.blind or ("" if "openers" in scan.done else "the search for openers was cut off")
    scan.unmapped = scan.unmapped or ("" if "maps" in scan.done else "the search for mapped files was cut off")
    files = sorted(_files(scan, Places(scan)), key=lambda one: (-one.allocated, one.path))
    return LogFiles(tuple(_once(files)), tuple(scan.roots), scan.odd)


def _once(files: Iterable[LogFile]) -> Iterator[LogFile]:
    """Yield each file once: a folder that is mounted at a second place shows its files again. Hard links are names of their own."""
    seen: set[Identity] = set()
    for one in files:
        identity = one.device, one.inode
        if one.link or one.links > 1 or identity not in seen:
            seen.add(identity)
            yield one


def _files(scan: Scan, places: Places) -> Iterator[LogFile]:
    seen: set[Identity] = set()
    for tag, row in scan.found:
        *words, path = row.split("\t", 9)
        seen.add((int(words[1]), int(words[2])))
        yield _link(words, path) if tag == "link" else _file(scan, places, words, path)
    for row in scan.big:
        *words, _own, pid, _fd, target = row.split("\t", 12)
        if (int(words[1]), int(words[2])) not in seen:
            yield _file(scan, places, words, _path(scan, words, int(pid), target))


def _link(words: list[str], names: str) -> LogFile:
    path, apart, target = names.partition("\x1f")
    if not apart or not target:
        raise ValueError(f"a link without a target: {path[:80]!r}")
    _blocks, device, inode, links, size, mode, uid, gid, modified = words
    return LogFile(path, "", int(device), int(inode), int(links), int(size), 0, 0, mode, int(uid), int(gid), float(modified), link=target)


def _file(scan: Scan, places: Places, words: list[str], path: str) -> LogFile:
    blocks, device, inode, links, size, mode, uid, gid, modified = words
    identity = int(device), int(inode)
    mount = places.of(identity[0], path, scan.roots)
    return LogFile(
        path=path,
        mount=mount,
        device=identity[0],
        inode=identity[1],
        links=int(links),
        size=int(size),
        allocated=int(blocks) * SECTOR,
        block=places.block(mount),
        mode=mode,
        uid=int(uid),
        gid=int(gid),
        modified=float(modified),
        openers=_openers(scan, identity),
        mapped=_mapped(scan, identity),
        deleted=int(links) == 0,
        data=scan.data.get(identity, 0),
    )


def _path(scan: Scan, words: list[str], pid: int, target: str) -> str:
    """Return where a file is, that only a descriptor led to. What a container calls it is a path below that process's own root."""
    if int(words[3]) == 0:
        process = scan.processes.get(pid)
        return f"/proc/{pid}/root{target}" if process and process.apart else target.removesuffix(DELETED)
    known = (int(words[1]), int(words[2]), target) in scan.names
    return target if known else f"/proc/{pid}/root{target}"


def _openers(scan: Scan, identity: Identity) -> tuple[Opener, ...] | Unknown:
    if scan.blind:
        return Unknown(f"not every process could be looked into: {scan.blind}")
    if identity[1] in scan.unclear:
        return Unknown("a file with its inode number is open on a mount that is not there any more")
    rows = [[int(word) for word in row[:3]] + [int(row[3], 8)] for row in scan.open.get(identity, [])]
    if gone := [pid for pid, *_ in rows if pid not in scan.processes]:
        return Unknown(f"process {gone[0]}, which had it open, ended meanwhile")
    append = 0o10 if scan.machine.startswith(OTHER_FLAGS) else 0o2000
    openers = (_opener(scan, row, append) for row in rows if not row[3] & O_PATH)
    return tuple(sorted(openers, key=lambda one: (one.pid, one.fd)))


def _opener(scan: Scan, row: list[int], append: int) -> Opener:
    pid, descriptor, position, flags = row
    process = scan.processes[pid]
    kind, unit = belongs(process, scan.processes[1].cgroup if 1 in scan.processes else "")
    return Opener(
        pid=pid,
        started=process.start_ticks,
        fd=descriptor,
        command=process.name,
        unit=unit if kind == "service" else "",
        access=ACCESS[flags & O_ACCMODE],
        append=bool(flags & append),
        position=position,
    )


def _mapped(scan: Scan, identity: Identity) -> bool | Unknown:
    """Return whether a process maps it.

    Where st_dev is anonymous (btrfs, overlay) the kernel's maps may show another device: there the inode alone decides.
    """
    major, minor = _numbers(identity[0])
    known = {device for device, inode in scan.maps if inode == identity[1]}
    if f"{major:02x}:{minor:02x}" in known or (known and major == 0):
        return True
    return Unknown(f"not every process could be looked into: {scan.unmapped}") if scan.unmapped else False


def _numbers(device: int) -> tuple[int, int]:
    """Return major and minor of a decimal st_dev, in the encoding of makedev(3)."""
    major = (device >> 8 & 0xFFF) | (device >> 32 & ~0xFFF)
    return major, (device & 0xFF) | (device >> 12 & 0xFFFFFF00)


def words(variables: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the folders of the variable `logs_paths`. Raises ValueError for what are no absolute folders."""
    match variables.get("logs_paths", ()):
        case str(path):
            return (_folder(path),)
        case list(paths) | tuple(paths):
            return tuple(_folder(path) for path in paths)
        case strange:
            raise ValueError(f"logs_paths is no list of folders: {strange!r}")


def _folder(value: object) -> str:
    path = PurePosixPath(str(value))
    if not path.is_absolute() or ".." in path.parts or path == PurePosixPath("/"):
        raise ValueError(f"logs_paths names {value!r}, which is no absolute path of a folder of logs")
    return str(path)


PLUGIN = Fact(
    name="log_files",
    script="\n".join([script("local_mounts.sh"), script("openers.sh"), script("log_files.sh")]),
    parse=parse,
    seconds=60,
    words=words,
)
