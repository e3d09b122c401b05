"""In which order hosts come: a jump host after the hosts behind it, ordered batches where the play has them, the longest first."""

from collections import deque
from collections.abc import Mapping, Sequence

from healer.model.policy import Member, Share


def ordered(members: Sequence[Member]) -> tuple[Member, ...]:
    """Return the members with each one behind those that it comes `after`, otherwise in the given order.

    A circle is broken where it is entered: nothing is lost, and `circle_of` names it. Hosts that are not touched hold nobody up.
    """
    if not any(member.after for member in members):
        return tuple(members)
    by_name = {member.host: member for member in members if member.touchable}
    placed: dict[str, Member] = {}
    for member in members:
        _place(member, by_name, placed)
    return tuple(placed.values())


def _place(first: Member, by_name: Mapping[str, Member], placed: dict[str, Member]) -> None:
    """Place a member behind its predecessors, depth first, without recursion: chains may be long."""
    stack, entered = [first], {first.host}
    while stack:
        member = stack[-1]
        ahead = [name for name in member.after if name in by_name and name not in placed and name not in entered]
        if ahead:
            stack.append(by_name[ahead[0]])
            entered.add(ahead[0])
        else:
            placed.setdefault(member.host, stack.pop())


def urgent_first(members: Sequence[Member]) -> tuple[Member, ...]:
    """Return the members in the order in which they are asked whether they may start: whoever owes something first, then whoever
    needs longest, so that nobody is still at work alone at the end. Equals stay in the given order; without a history all are equal.
    """
    return tuple(sorted(members, key=lambda member: (not member.owes, -member.seconds)))


def circle_of(host: str, members: Sequence[Member]) -> tuple[str, ...]:
    """Return the shortest circle of `after` that leads from the host back to it, its name first and last; empty when there is none."""
    after = {member.host: member.after for member in members if member.touchable}
    paths: dict[str, tuple[str, ...]] = {host: (host,)}
    queue = deque([host])
    while queue:
        here = queue.popleft()
        for name in after.get(here, ()):
            if name == host:
                return (*paths[here], host)
            if name in after and name not in paths:
                paths[name] = (*paths[here], name)
                queue.append(name)
    return ()


def batches(members: Sequence[Member], barriers: Sequence[Share]) -> dict[str, int]:
    """Return each touchable host's batch, from 0. The last size repeats; percentages are of all touchable hosts (as in Ansible)."""
    names = [member.host for member in members if member.touchable]
    if not barriers:
        return dict.fromkeys(names, 0)
    result: dict[str, int] = {}
    number = 0
    while len(result) < len(names):
        size = max(1, barriers[min(number, len(barriers) - 1)].of(len(names)))
        result.update(dict.fromkeys(names[len(result) : len(result) + size], number))
        number += 1
    return result
