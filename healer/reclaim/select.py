"""Which candidates are taken: the cheapest and safest first, until the disks are at their target, within the pass's budgets. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from healer.model.action import Archive, Free
from healer.model.facts import Disk
from healer.model.logs import LogFiles
from healer.reclaim.names import original, set_aside
from healer.reclaim.pieces import no_more_than
from healer.reclaim.sources.contract import Candidate, Situation, Source
from healer.reclaim.trouble import Trouble, inodes_after, percent_after, troubles
from healer.reclaim.words import size_words

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Choice:
    """What a pass does. `taken` in order of rank; `left` are candidates that stay, each with `refused` saying why; `spare` ones are not
    needed."""

    troubles: tuple[Trouble, ...] = ()
    taken: tuple[Candidate, ...] = ()
    left: tuple[Candidate, ...] = ()
    spare: tuple[Candidate, ...] = ()

    def gain(self, mount: str, *, now: bool = False) -> int:
        """Return the bytes that come free on the mount; with `now` only those that this very pass frees."""
        return sum(one.gain for one in self.taken if one.mount == mount and not (now and one.later))

    def inodes(self, mount: str) -> int:
        """Return how many files vanish from the mount."""
        return sum(one.inodes for one in self.taken if one.mount == mount)

    def missing(self, trouble: Trouble) -> tuple[int, int]:
        """Return the bytes and inodes that are still missing after all that is taken."""
        return max(0, trouble.need - self.gain(trouble.mount)), max(0, trouble.need_inodes - self.inodes(trouble.mount))

    def after(self, trouble: Trouble) -> tuple[int, int]:
        """Return the shares of blocks and of inodes that will be in use, in percent."""
        return percent_after(trouble.disk, self.gain(trouble.mount)), inodes_after(trouble.disk, self.inodes(trouble.mount))


@dataclass(slots=True)
class _Purse:
    """What is still to be had and still allowed while candidates are taken one by one."""

    bytes: dict[str, int]
    inodes: dict[str, int]
    most_bytes: int
    most_files: int
    files: set[tuple[int, int]] = field(default_factory=set)

    def wants(self, candidate: Candidate) -> bool:
        """Return whether the candidate brings its disk nearer to the target."""
        short_of_bytes = self.bytes[candidate.mount] > 0 and candidate.gain > 0
        return short_of_bytes or (self.inodes[candidate.mount] > 0 and candidate.inodes > 0)

    def against(self, candidate: Candidate) -> str:
        """Return why the candidate cannot be taken any more, or an empty text."""
        if self.most_files < 1:
            return "the policy's number of files for one pass is used up"
        if candidate.gain > self.most_bytes:
            return f"it is more than what is left of the policy's bytes for one pass ({size_words(self.most_bytes)})"
        return "the same file is taken under another name" if self.files & _identities(candidate) else ""

    def take(self, candidate: Candidate) -> None:
        """Count the candidate."""
        self.bytes[candidate.mount] -= candidate.gain
        self.inodes[candidate.mount] -= candidate.inodes
        self.most_bytes -= candidate.gain
        self.most_files -= 1
        self.files |= _identities(candidate)


def choose(situation: Situation, sources: Iterable[Source], *, ending: bool = False) -> Choice:
    """Return what to do about the disks in trouble; `sources` may come in any order.

    `ending`: what an earlier task of the same pass has put away is taken as long as the target is not reached.
    """
    disks = situation.facts.get("disks")
    aside = _put_away(situation) if ending else {}
    found = troubles(disks if isinstance(disks, tuple) else (), situation.policy, situation.past, aside)
    mounts = {trouble.mount for trouble in found}
    return pick(found, (one for one in offered(situation, sources, mounts) if one.mount in mounts), situation)


def _put_away(situation: Situation) -> dict[str, int]:
    """Return the bytes of logs that healer itself has set aside, by mount."""
    files = situation.facts.get("log_files")
    found: dict[str, int] = {}
    for file in files.files if isinstance(files, LogFiles) else ():
        if set_aside(file.path) and file.mount:
            found[file.mount] = found.get(file.mount, 0) + file.allocated
    return found


def offered(situation: Situation, sources: Iterable[Source], mounts: Iterable[str]) -> Iterable[Candidate]:
    """Yield all candidates by their source's rank, then in their source's order; those of an unlisted source are refused."""
    for source in sorted(sources, key=lambda one: (one.rank, one.name)) if mounts else ():
        for candidate in source.candidates(situation):
            yield _unless_listed(source, candidate, situation)


def _unless_listed(source: Source, candidate: Candidate, situation: Situation) -> Candidate:
    if candidate.refused or not source.listed or source.name in situation.policy.sources:
        return candidate
    return refused(candidate, f"only where the policy lists {source.name} among its sources")


def refused(candidate: Candidate, why: str) -> Candidate:
    """Return the candidate without its actions, and why."""
    return replace(candidate, refused=why, actions=())


def pick(found: tuple[Trouble, ...], candidates: Iterable[Candidate], situation: Situation) -> Choice:
    """Return the choice among candidates that are in order already and lie on the disks in trouble."""
    policy = situation.policy
    needs = ({one.mount: one.need for one in found}, {one.mount: one.need_inodes for one in found})
    purse = _Purse(*needs, policy.most_bytes, policy.most_files)
    taken: list[Candidate] = []
    left: list[Candidate] = []
    spare: list[Candidate] = []
    for offer in candidates:
        candidate = no_more_than(offer, purse.bytes[offer.mount])
        if candidate.refused or not candidate.actions:
            left.append(replace(candidate, refused=candidate.refused or "nothing can be done about it", actions=()))
        elif not purse.wants(candidate):
            spare.append(candidate)
        elif why := _runaway(candidate, situation) or purse.against(candidate):
            left.append(refused(candidate, why))
        else:
            purse.take(candidate)
            taken.append(candidate)
    return Choice(found, tuple(taken), _but_taken(left, taken), tuple(spare))


def _but_taken(left: Iterable[Candidate], taken: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return those that stay, without the files that another source takes in its own way, as that of systemd's journal does."""
    paths = {action.verb.span.path for one in taken for action in one.actions if isinstance(action.verb, (Archive, Free))}
    return tuple(one for one in left if one.path not in paths)


def _runaway(candidate: Candidate, situation: Situation) -> str:
    """Return that the file fills faster than it is worth to fight, or an empty text."""
    recent = [one for one in situation.past.reclaimed if situation.now - HOUR <= one.at]
    same = _identities(candidate)
    passes = [one for one in recent if original(one.path) == original(candidate.path) or (one.device, one.inode) in same]
    times = len({one.run or str(one.at) for one in passes})
    if times < situation.policy.runaway:
        return ""
    return f"a runaway: room was made in it {times} times within the hour; stop its writer ({candidate.writer or 'not known'})"


def _identities(candidate: Candidate) -> set[tuple[int, int]]:
    verbs = (action.verb for action in candidate.actions)
    return {(verb.span.device, verb.span.inode) for verb in verbs if isinstance(verb, (Archive, Free)) and verb.span.inode > 0}


def disks_by_mount(disks: object) -> Mapping[str, Disk]:
    """Return the disks of a reading by mount; none when it was not had."""
    return {disk.mount: disk for disk in disks} if isinstance(disks, tuple) else {}
