"""A long log is given back piece by piece; those pieces that a disk does not need any more stay where they are. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from healer.model.action import Action, Free
from healer.reclaim.sources.contract import Candidate
from healer.reclaim.words import size_words

PARTIAL = ("collapse", "punch")
"""Methods that give back one piece and leave the rest of the file as it is."""


def no_more_than(candidate: Candidate, need: int) -> Candidate:
    """Return the candidate with only so many of its pieces, from the first on, as surely give `need` bytes (0: all).

    What a piece gives is counted as if all holes of the file lay in it.
    """
    pieces = _pieces(candidate.actions)
    lengths = [_length(piece) for piece in pieces]
    holes = sum(lengths) - candidate.gain
    enough = next((count for count in range(1, len(pieces)) if sum(lengths[:count]) - holes >= need), len(pieces))
    if need <= 0 or enough == len(pieces) or not all(map(_partial, pieces)):
        return candidate
    gain = sum(lengths[:enough]) - holes
    told = f"{candidate.how}; only {size_words(gain)} of {size_words(candidate.gain)}, which is enough"
    return replace(candidate, gain=gain, how=told, actions=tuple(action for piece in pieces[:enough] for action in piece))


def _pieces(actions: Sequence[Action]) -> list[tuple[Action, ...]]:
    """Return the actions in groups, each of which ends with the giving back of its piece."""
    pieces: list[tuple[Action, ...]] = [()]
    for action in actions:
        pieces[-1] = (*pieces[-1], action)
        if isinstance(action.verb, Free):
            pieces.append(())
    return [piece for piece in pieces if piece]


def _partial(piece: Sequence[Action]) -> bool:
    verb = piece[-1].verb
    return isinstance(verb, Free) and verb.method in PARTIAL


def _length(piece: Sequence[Action]) -> int:
    verb = piece[-1].verb
    return verb.span.length if isinstance(verb, Free) else 0
