"""`reclaim`: give full disks room again, from what is cheapest and safest to give, with no line lost and no writer hurt."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from healer.discovery import plugins
from healer.model.action import Act, Action, Decision, LookAgain, Refuse, Skip
from healer.model.facts import Disk, Facts, Identity, Unknown, Verdict
from healer.model.words import first_few
from healer.reclaim.archives import placed, shelves
from healer.reclaim.forecast import forecast, fullest, lacking, largest_left
from healer.reclaim.past import before
from healer.reclaim.policy import LogsPolicy
from healer.reclaim.select import Choice, choose, disks_by_mount
from healer.reclaim.sources.contract import Situation, Source
from healer.reclaim.trouble import Trouble, is_over
from healer.reclaim.words import size_words
from healer.steps.contract import Arguments, Proof, Step, StepContext

MOST_LEFT = 50
"""How many of the files that stay are written into the journal with each plan."""


def sources() -> Mapping[str, Source]:
    """Return all sources by name."""
    return plugins("healer.reclaim.sources", Source)


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [name for name in names if name not in sources()]
    if unknown:
        raise ValueError(f"there is no source {unknown[0]!r}: there are {', '.join(sources())}")
    return names


class ReclaimArguments(Arguments):
    """`policy` is what may be done, `only` names the sources to ask; none means all of them."""

    policy: LogsPolicy = Field(default_factory=LogsPolicy)
    only: Annotated[tuple[str, ...], AfterValidator(_known)] = ()


def plan(arguments: ReclaimArguments, context: StepContext) -> Decision:
    """Return all that is done about the disks in trouble, in order; it ends with a look whether they are under their target."""
    disks = context.facts.read("disks", tuple)
    if isinstance(disks, Unknown):
        return Refuse(f"how full the disks are is not known: {disks.reason}")
    choice = chosen(arguments, context)
    if not choice.troubles:
        return Skip(f"no disk is over {arguments.policy.over}% or about to be full: {fullest(disks)}")
    blind = _blind(context.facts)
    if blind:
        return Refuse(f"{_all_of(choice)}; {blind}")
    if not choice.taken:
        return _nothing_to_take(arguments, choice, context.facts)
    actions = tuple(action for candidate in choice.taken for action in candidate.actions)
    unseen = _unseen(context.facts)
    return Act((*actions, _look(choice)), results=_results(choice), forecast=(*forecast(choice), *((unseen,) if unseen else ())))


def chosen(arguments: ReclaimArguments, context: StepContext) -> Choice:
    """Return what is taken, what stays and why, with a place for every archive."""
    asked = [source for name, source in sources().items() if not arguments.only or name in arguments.only]
    situation = Situation(context.facts, arguments.policy, before(context.past, context.run), context.now)
    choice = choose(situation, asked, ending=bool(arguments.only))
    room = shelves(arguments.policy, disks_by_mount(context.facts.get("disks")))
    return Choice(choice.troubles, placed(choice.taken, room), choice.left, choice.spare)


def _blind(facts: Facts) -> str:
    identity = facts.read("identity", Identity)
    if isinstance(identity, Identity) and identity.is_root:
        return ""
    return "only root can see who has which log open and give its room back: use become"


def _nothing_to_take(arguments: ReclaimArguments, choice: Choice, facts: Facts) -> Decision:
    """Return a refusal while a disk is above the trigger; one that will only be full later is not a failure of today.

    Who asked only some of the sources cannot say that nothing helps.
    """
    unseen = _unseen(facts)
    words = f"{_all_of(choice)}; {unseen or 'nothing may be taken'}"
    over = not arguments.only and any(trouble.over for trouble in choice.troubles)
    told = "; ".join(_to_a_person(choice, trouble) for trouble in choice.troubles if _to_a_person(choice, trouble))
    reason = f"{words}: {told}" if told else words
    return Refuse(reason) if over else Skip(reason)


def _unseen(facts: Facts) -> str:
    asked = {"which logs there are": facts.get("log_files"), "what the host can do": facts.get("toolbox")}
    return "; ".join(f"{what} is not known: {reading.reason}" for what, reading in asked.items() if isinstance(reading, Unknown))


def _all_of(choice: Choice) -> str:
    return "; ".join(f"{trouble.mount}: {trouble.why}" for trouble in choice.troubles)


def _to_a_person(choice: Choice, trouble: Trouble) -> str:
    return first_few(largest_left(choice, trouble.mount), sentences=True)


def _look(choice: Choice) -> Action:
    mounts = ", ".join(trouble.mount for trouble in choice.troubles)
    return Action(f"look whether there is room on {mounts} again", LookAgain(("disks",)), disruptive=False, makes_stale=())


def _results(choice: Choice) -> dict[str, object]:
    """Return for `register` and for programs: bytes per mount, each candidate that is taken, and the largest of those that stay."""
    taken = [{"source": one.source, "what": one.what, "mount": one.mount, "gain": one.gain, "how": one.how} for one in choice.taken]
    ordered = sorted(choice.left, key=lambda one: -one.gain)
    left = [
        {"source": one.source, "what": one.what, "mount": one.mount, "size": one.gain, "why": one.refused} for one in ordered[:MOST_LEFT]
    ]
    return {"gain": {trouble.mount: choice.gain(trouble.mount) for trouble in choice.troubles}, "taken": taken, "left": left}


def verify(arguments: ReclaimArguments, context: StepContext, after: Facts) -> Proof:
    """Take as proof what the disks say. Bad is a disk that stays above the trigger because nothing else may be taken from it.

    One that was given its room and is full again is good with a note: what was promised was done, and the next pass sees it anew.
    """
    disks = after.read("disks", tuple)
    if isinstance(disks, Unknown):
        return Proof(Verdict.UNKNOWN, f"how full the disks are now is not known: {disks.reason}")
    choice, now = chosen(arguments, context), disks_by_mount(disks)
    gone = [trouble.mount for trouble in choice.troubles if trouble.mount not in now]
    if gone:
        return Proof(Verdict.UNKNOWN, f"{', '.join(gone)} was not seen any more")
    faults = [words for trouble in choice.troubles if (words := _fault(arguments, choice, trouble, now[trouble.mount]))]
    if context.left_alone and any(is_over(now[trouble.mount], arguments.policy.over) for trouble in choice.troubles):
        faults = [f"{fullest(disks)}: still over {arguments.policy.over}%, and not all was as it had been; the next pass sees it anew"]
    if faults:
        return Proof(Verdict.BAD, "; ".join(faults))
    return Proof(Verdict.GOOD, "; ".join(_told(arguments, choice, trouble, now[trouble.mount]) for trouble in choice.troubles))


def _fault(arguments: ReclaimArguments, choice: Choice, trouble: Trouble, now: Disk) -> str:
    over = arguments.policy.over
    if arguments.only or not is_over(now, over) or max(choice.after(trouble)) <= over:
        return ""
    left = _to_a_person(choice, trouble) or "nothing else was found: what fills it is no log"
    return f"{trouble.mount} is still over {over}% ({fullest((now,))}), {lacking(choice, trouble)}; left to a person: {left}"


def _told(arguments: ReclaimArguments, choice: Choice, trouble: Trouble, now: Disk) -> str:
    words = f"{trouble.mount} {trouble.disk.used_percent}% -> {now.used_percent}%"
    if trouble.need_inodes:
        words += f", inodes {trouble.disk.inodes_percent}% -> {now.inodes_percent}%"
    if not is_over(now, arguments.policy.target):
        return words
    if choice.gain(trouble.mount) > choice.gain(trouble.mount, now=True):
        return f"{words}; the rest comes with the next task, when what was renamed is deleted"
    freed, promised = trouble.disk.used - now.used, choice.gain(trouble.mount)
    if freed < promised:
        seen = size_words(max(0, freed))
        return f"{words}; {size_words(promised)} were given back, {seen} of it are seen: it was written again, or a snapshot holds it"
    return f"{words}; {lacking(choice, trouble) or 'the target is not reached'}"


def needs() -> tuple[str, ...]:
    """Return the facts that the sources and the step itself read, each once."""
    asked = (name for source in sources().values() for name in source.needs)
    return tuple(dict.fromkeys(("disks", "toolbox", "log_files", "identity", *asked)))


PLUGIN = Step(
    name="reclaim", arguments=ReclaimArguments, plan=plan, needs=needs(), verify=verify, early=True, consumes=True, learns=("disks",)
)
