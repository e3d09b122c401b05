"""What the journal says was archived of a host's files and given back, in order. Pure.

An archive and the giving back of the same span become one move. What was given back without an archive is a move too: what lies behind it
has another place in the file since then, and whoever restores the file must be told what is gone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from healer.model.action import Archive, Free
from healer.model.events import ActEnded, ActIntended, Stamped
from healer.model.facts import Verdict
from healer.model.files import Handle, Span
from healer.model.logs import Reclaimed
from healer.reclaim.vacuum import vacuumed

KINDS = ("act_intended", "act_ended")
"""The events that moves are made from."""


@dataclass(frozen=True, slots=True)
class Part:
    """An archive that was proved. `where` is `control` or `host`, `kept` the file there; `sha256` and `length` are of the raw bytes."""

    kept: str
    where: str
    sha256: str
    start: int
    length: int
    at: float

    @property
    def end(self) -> int:
        """Where in the file the first byte after it stood."""
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Move:
    """`length` bytes from `start` on of a file: archived as `part` (None: discarded), and given back by `method`, empty where nobody tried.

    `freed` says whether they were given back; unknown is for whoever can compare. `lost` are bytes beyond the span that a lossy method
    took. `at` is epoch seconds of the control node's clock. `run` is the run that did it.
    """

    at: float
    path: str
    inode: int
    start: int
    length: int
    part: Part | None
    method: str = ""
    freed: Verdict = Verdict.BAD
    lost: int = 0
    handle: Handle | None = None
    device: int = 0
    run: str = ""

    @property
    def end(self) -> int:
        """Where in the file the first byte after it stood."""
        return self.start + self.length


def reclaimed(host: str, history: Iterable[Stamped]) -> tuple[Reclaimed, ...]:
    """Return where room was made on the host for certain, in order."""
    done = (one for one in moves(host, history) if one.freed is Verdict.GOOD)
    return tuple(Reclaimed(one.at, one.path, one.device, one.inode, one.length, one.run) for one in done)


def moves(host: str, history: Iterable[Stamped]) -> tuple[Move, ...]:
    """Return what was moved on the host, in order; `history` are its events of KINDS, in order."""
    events = tuple(history)
    ended = {stamped.event.act: stamped.event for stamped in events if isinstance(stamped.event, ActEnded)}
    found = _Found(ended)
    for stamped in events:
        if isinstance(stamped.event, ActIntended) and (stamped.event.on or stamped.event.host) == host:
            found.take(stamped.event, stamped.at.timestamp(), stamped.run)
    return tuple(found.moves)


class _Found:
    """The moves so far, and which of them are archives that nobody has given back."""

    def __init__(self, ended: Mapping[str, ActEnded]) -> None:
        self.moves: list[Move] = []
        self._ended = ended
        self._seen: set[str] = set()
        self._waiting: dict[tuple[int, int, int, int], int] = {}

    def take(self, intended: ActIntended, at: float, run: str) -> None:
        """Take the next act. One that was intended again after a crash is the same."""
        verb, ended = intended.action.verb, self._ended.get(intended.act)
        if intended.act in self._seen:
            return
        self._seen.add(intended.act)
        for free in (verb,) if isinstance(verb, Free) else vacuumed(verb):
            self._freed(free, ended, at, run)
        if isinstance(verb, Archive) and (part := _part(verb, ended, at)) is not None:
            self._waiting[_key(verb.span, part.length)] = len(self.moves)
            place = (verb.span.path, verb.span.inode, part.start, part.length)
            self.moves.append(Move(at, *place, part, handle=verb.span.handle, device=verb.span.device, run=run))

    def _freed(self, verb: Free, ended: ActEnded | None, at: float, run: str) -> None:
        span, freed = verb.span, _verdict(ended)
        lost = ended.detail.get("lost", 0) if ended else 0
        bytes_lost = lost if isinstance(lost, int) else 0
        move = Move(at, span.path, span.inode, span.start, span.length, None, verb.method, freed, bytes_lost, device=span.device, run=run)
        place = self._waiting.pop(_key(span, span.length), None)
        if place is not None:
            before = self.moves[place]
            self.moves[place] = replace(before, method=move.method, freed=freed, lost=move.lost)
        elif freed is not Verdict.BAD:
            self.moves.append(replace(move, handle=span.handle))


def _key(span: Span, length: int) -> tuple[int, int, int, int]:
    return span.device, span.inode, span.start, length


def _verdict(ended: ActEnded | None) -> Verdict:
    """Return whether the blocks were given back. One that went wrong may have begun."""
    if ended is None or (ended.verdict is Verdict.BAD and ended.changed):
        return Verdict.UNKNOWN
    return ended.verdict


def _part(verb: Archive, ended: ActEnded | None, at: float) -> Part | None:
    if ended is None or ended.verdict is not Verdict.GOOD:
        return None
    match ended.detail:
        case {"kept": str(kept), "where": str(where), "sha256": str(sha256), "length": int(length)}:
            return Part(kept, where, sha256, verb.span.start, length, at)
    return None
