"""Which way of giving a log's blocks back fits those who write and read it, and which bytes of it. Pure.

fallocate(2): COLLAPSE_RANGE takes whole blocks out from the start, and a writer that appends goes on at the new end; PUNCH_HOLE gives
blocks back where they are, so that offsets stay true for a writer or a reader that remembers one. Both act on bytes that were
archived before, so that no line can fall between a copy and a cut.
"""

from dataclasses import dataclass, replace
from typing import Literal

from healer.model.files import Handle
from healer.model.logs import LogFile, Opener, Toolbox
from healer.reclaim.policy import LogsPolicy
from healer.reclaim.words import size_words, who

Way = Literal["collapse", "punch", "freeze", "truncate", "delete"]

NEVER_STOPPED = frozenset(
    (
        *("postgres", "postmaster", "mysqld", "mariadbd", "mongod", "redis-server", "valkey-server", "etcd", "consul", "corosync"),
        *(
            "pacemakerd",
            "keepalived",
            "haproxy",
            "patroni",
            "zookeeper",
            "kubelet",
            "dockerd",
            "containerd",
            "systemd",
            "systemd-journal",
            "sshd",
            "java",
        ),
        *("beam.smp", "oracle", "vault", "nomad", "ceph-osd", "ceph-mon", "qemu-system-x86"),
    )
)
"""Short names of programs that must not stand still for two seconds: databases, members of clusters, what others hang on."""

BLIND = "it has holes, and the host has neither perl nor python to tell where its data begin"


@dataclass(frozen=True, slots=True)
class Method:
    """One way, the bytes that it gives back, and why it hurts nobody. `handle` is none where nobody has the file open."""

    way: Way
    start: int
    length: int
    gain: int
    why: str
    handle: Handle | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What a method is chosen on: the kind of the file system, and what host and policy allow."""

    kind: str
    toolbox: Toolbox
    policy: LogsPolicy

    def can(self, way: Literal["collapse", "punch"]) -> bool:
        """Return whether the host can do it on this kind of file system."""
        return self.kind in (self.toolbox.collapse if way == "collapse" else self.toolbox.punch)


def choose(file: LogFile, ground: Ground) -> Method | str:
    """Return the method for a file that the guards let through, or the sentence why there is none.

    In this order: collapse, punch, freeze, and, where the policy allows a loss, truncate.
    """
    if not file.writers and not ground.toolbox.opener:
        return "nobody has it open, and the host has neither perl nor python to open it without following links"
    if file.block <= 0:
        return "the size of its file system's blocks is not known"
    found = _in_place(file, ground)
    if isinstance(found, Method):
        return found
    return _lossy(file) if ground.policy.lossy and file.writers and 0 < file.size <= _end(file) else found


def _in_place(file: LogFile, ground: Ground) -> Method | str:
    steady = bool(file.writers) and all(writer.append for writer in file.writers)
    if steady and not file.readers and not _has_holes(file) and ground.can("collapse"):
        return _collapse(file, ground.policy)
    if ground.can("punch"):
        return BLIND if _holes_unknown(file, ground.toolbox) else _punch(file, ground.policy)
    return _freeze(file, ground.kind, steady)


def _collapse(file: LogFile, policy: LogsPolicy) -> Method | str:
    """All whole blocks from the start on; the kernel takes no range that reaches the end of the file (fallocate(2))."""
    length = _whole(min(file.size - 1, policy.most_bytes), file.block)
    why = f"written by {who(file.writers)} in append mode, read by nobody"
    return _worth(file, Method("collapse", 0, length, 0, why, _handle(file.writers)))


def _has_holes(file: LogFile) -> bool:
    """Return whether something was punched out of it: a collapse would move the hole along with what lies behind it.

    What an interrupted pass has done is found out by comparing bytes, and those of holes are like those of any other hole.
    """
    return file.data > 0 or file.allocated + file.block <= file.size


def _holes_unknown(file: LogFile, toolbox: Toolbox) -> bool:
    """Return whether there are holes and nobody could ask where the data begin: what was given back before would be archived again."""
    return not toolbox.opener and file.data == 0 and _has_holes(file)


def _punch(file: LogFile, policy: LogsPolicy) -> Method | str:
    start = min(max(file.data, 0), file.size)
    end = _whole(min(_end(file), start + policy.most_bytes), file.block)
    handle = _handle(file.writers) if file.writers else None
    return _worth(file, Method("punch", start, end - start, 0, _why_punch(file), handle))


def _end(file: LogFile) -> int:
    """Return up to where everybody has done with the file: no further than the reader who is furthest behind."""
    return min((file.size, *(reader.position for reader in file.readers)))


def _why_punch(file: LogFile) -> str:
    told = f"written by {who(file.writers)}" if file.writers else "open nowhere"
    if any(not writer.append for writer in file.writers):
        told += " at an offset of its own, which stays true until it is restarted"
    if file.readers:
        told += f"; {who(file.readers)} reads it and has read all of this"
    return f"{told}; its apparent size stays"


def _freeze(file: LogFile, kind: str, steady: bool) -> Method | str:
    lacks = f"the host can neither collapse nor punch a range on {kind or 'this file system'}"
    if not file.writers:
        return f"{lacks}, and nobody has it open"
    if file.readers:
        return f"{lacks}, and {who(file.readers)} reads it and would lose its place"
    if not steady:
        return f"{lacks}, and {who(file.writers)} does not append, so that its next line would land behind a hole"
    busy = [writer for writer in file.writers if writer.command in NEVER_STOPPED]
    if busy:
        return f"{lacks}, and {who(busy)} must not stand still for the moment that it takes"
    if file.size <= 0:
        return "nothing of it can be given back now"
    why = f"written by {who(file.writers)} in append mode, which stands still for at most 2 s; what it wrote meanwhile is kept"
    return Method("freeze", 0, file.size, file.allocated, why, _handle(file.writers))


def _lossy(file: LogFile) -> Method:
    why = (
        f"the policy allows a loss: what {who(file.writers)} writes between the end of the archive and the cut is lost, "
        f"which is what the file holds beyond {size_words(file.size)} ({file.size} bytes) at that moment"
    )
    return Method("truncate", 0, file.size, file.allocated, why, _handle(file.writers))


def _worth(file: LogFile, method: Method) -> Method | str:
    if method.length <= 0:
        return f"{who(file.readers)} has not read what could be given back" if file.readers else "nothing of it can be given back now"
    rest = -(-(file.size - method.start - method.length) // file.block) * file.block
    gain = min(method.length, file.allocated - rest)
    return replace(method, gain=gain) if gain > 0 else "it takes next to nothing from the disk, whatever its size seems to be"


def _whole(length: int, block: int) -> int:
    return length // block * block


def _handle(openers: tuple[Opener, ...]) -> Handle:
    """Return the descriptor of the writer that has run longest: the one that is least likely to go away before the act."""
    oldest = min(openers, key=lambda one: (one.started, one.pid, one.fd))
    return Handle(oldest.pid, oldest.started, oldest.fd)
