"""The best possible rollout: pieces of work of known lengths on a few slots, so that the last ends as early as can be."""

from collections.abc import Sequence


def best(lengths: Sequence[float], slots: int) -> float:
    """Return the shortest total of any order: exact, by branch and bound, for a dozen or two pieces of work."""
    longest_first = sorted(lengths, reverse=True)
    bound = max(longest_first[0], sum(lengths) / slots)
    return _search(longest_first, (0.0,) * slots, in_order(longest_first, slots), bound)


def _search(lengths: list[float], loads: tuple[float, ...], known: float, bound: float) -> float:
    if max(loads) >= known or known <= bound:
        return known
    if not lengths:
        return max(loads)
    for slot in {load: number for number, load in enumerate(loads)}.values():
        tried = (*loads[:slot], loads[slot] + lengths[0], *loads[slot + 1 :])
        known = _search(lengths[1:], tried, known, bound)
    return known


def in_order(lengths: Sequence[float], slots: int) -> float:
    """Return the total when the work is begun in this order, each piece as soon as a slot is free."""
    free = [0.0] * slots
    for length in lengths:
        first = free.index(min(free))
        free[first] += length
    return max(free)
