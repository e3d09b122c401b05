"""From a judged file to a candidate: what is archived, how its blocks come back, and how that is told. Pure."""

from dataclasses import dataclass, field

from healer.model.action import Action, Archive, Free
from healer.model.facts import Disk, Unknown
from healer.model.files import Handle, Span
from healer.model.logs import LogFile, LogFiles, Toolbox
from healer.reclaim.guards import against, mount_of
from healer.reclaim.methods import Ground, Method
from healer.reclaim.never import homes
from healer.reclaim.sources.contract import Candidate, Situation
from healer.reclaim.words import size_words, who

STALE = ("disks", "log_files")
BACK = "healer logs restore HOST {path} -o FILE"
CHUNK = 4 * 1024**3
"""A long span is archived and freed in pieces of so many bytes: room comes before all of it is read, and what was done stays done."""
SLOWEST = 1024**2
"""Bytes a second below which an archive is given up."""
DISCARDED = "not kept: the policy's archive is off"


@dataclass(frozen=True, slots=True)
class Scene:
    """What the sources of log files judge by: the files that were seen, the disks that they lie on, and what the host can do.

    `unknown` says why there is nothing to judge; then there are no files.
    """

    situation: Situation
    files: tuple[LogFile, ...]
    disks: dict[str, Disk]
    toolbox: Toolbox
    homes: frozenset[str] = field(default_factory=frozenset)

    def refusal(self, source: str, file: LogFile, why: str) -> Candidate:
        """Return the candidate that stays as it is. Where its own mount is not known, that of its name stands for it: a link's target
        may lie anywhere, but it is told where the link is."""
        mount = file.mount or mount_of(file.path, self.disks)
        return Candidate(source, _what(file), mount, file.allocated, "", refused=why, path=file.path, writer=who(file.writers))

    def against(self, file: LogFile) -> str:
        """Return what stands against touching the file, or an empty text."""
        if file.mount and file.mount not in self.disks:
            return f"the disk that is mounted at {file.mount} was not seen"
        return against(file, self.situation.policy, self.homes)

    def ground(self, file: LogFile) -> Ground:
        """Return what a method for the file is chosen on."""
        return Ground(self.disks[file.mount].kind, self.toolbox, self.situation.policy)


def scene(situation: Situation) -> Scene:
    """Return the scene; without files where those, the disks or the host's means are not known."""
    files, disks = situation.facts.read("log_files", LogFiles), situation.facts.get("disks")
    toolbox = situation.facts.read("toolbox", Toolbox)
    if isinstance(files, Unknown) or isinstance(toolbox, Unknown) or not isinstance(disks, tuple):
        return Scene(situation, (), {}, Toolbox("", (), ()))
    seen = homes(tuple(file.path for file in files.files))
    return Scene(situation, files.files, {disk.mount: disk for disk in disks}, toolbox, seen)


def freeing(source: str, file: LogFile, method: Method, *, archive: bool) -> Candidate:
    """Return the candidate whose span is archived, unless archives are off, and then freed by the method, piece after piece."""
    pieces = [(archiving(span), _free(span, file, method)) if archive else (_free(span, file, method),) for span in _spans(file, method)]
    told = f"{method.way}: {method.why}" + ("" if archive else f"; {DISCARDED}")
    return Candidate(
        source,
        _what(file),
        file.mount,
        method.gain,
        told,
        actions=tuple(action for piece in pieces for action in piece),
        inodes=1 if method.way == "delete" else 0,
        path=file.path,
        writer=who(file.writers),
    )


def _what(file: LogFile) -> str:
    return f"{file.path} (deleted)" if file.deleted else file.path


def _spans(file: LogFile, method: Method) -> list[Span]:
    """Return the pieces in order. After a collapse what follows has moved to the front, so that each piece of it begins there.

    What is frozen, cut or deleted is one piece: these methods end the file's old content as a whole.
    """
    most = CHUNK // file.block * file.block if method.way in ("collapse", "punch") else max(1, method.length)
    pieces = [(begin, min(most, method.length - begin)) for begin in range(0, max(1, method.length), most)]
    starts = [method.start + (begin if method.way == "punch" else 0) for begin, _length in pieces]
    identity = file.path, file.device, file.inode
    return [Span(*identity, start, length, method.handle) for start, (_begin, length) in zip(starts, pieces, strict=True)]


def archiving(span: Span) -> Action:
    """Return the action that keeps a copy of the span."""
    summary = f"archive {size_words(span.length)} of {span.path}"
    return Action(summary, Archive(span, timeout=max(3600.0, span.length / SLOWEST)), disruptive=False, makes_stale=())


def _free(span: Span, file: LogFile, method: Method) -> Action:
    writers = tuple(Handle(one.pid, one.started, one.fd) for one in file.writers) if method.way == "freeze" else ()
    summary = f"delete {span.path}" if method.way == "delete" else f"give back {size_words(span.length)} of {span.path} ({method.way})"
    verb = Free(span, method.way, writers=writers)
    return Action(summary, verb, disruptive=False, makes_stale=STALE, undo=BACK.format(path=span.path))
