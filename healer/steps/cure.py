"""`cure`: what keeps a disk from filling again, told as a diff, and with `fix` put in place, checked, with the old file kept."""

from collections.abc import Iterator
from hashlib import sha256

from pydantic import Field

from healer.model.action import Act, Action, Decision, PutFile, Refuse, Run, Skip
from healer.model.facts import Identity
from healer.reclaim.cures import DOCKER_FILE, JOURNAL_CAP, Cure, cures
from healer.reclaim.policy import LogsPolicy
from healer.reclaim.sources.contract import Situation
from healer.steps.contract import Arguments, Step, StepContext

STALE = ("logrotate", "journal_use", "docker_config")
NEEDS = ("disks", "log_files", "logrotate", "journal_use", "leftovers", "docker_config", "identity")
NEW = (JOURNAL_CAP, DOCKER_FILE)
"""Files that are only proposed where they are not there: their folder may be missing, and one that came meanwhile is kept."""
KEPT = 8
"""Hexadecimal digits of the old text's digest in the name of its copy: the same text has the same copy."""


class CureArguments(Arguments):
    """`policy` says which logs are healer's to judge, as for `reclaim`. With `fix` the files are put in place, else only shown."""

    policy: LogsPolicy = Field(default_factory=LogsPolicy)
    fix: bool = False


def plan(arguments: CureArguments, context: StepContext) -> Decision:
    """Return the files that are put in place, or only what they would be."""
    found = cures(Situation(context.facts, arguments.policy, context.past, context.now))
    if not found:
        return Skip("nothing that fills a disk lacks a bound")
    actions = tuple(action for cure in found if cure.path for action in _actions(cure)) if arguments.fix else ()
    if actions and not _root(context):
        return Refuse("only root can put these files in place: use become")
    results = [{"what": list(cure.what), "why": cure.why, "file": cure.path, "diff": cure.diff} for cure in found]
    return Act(actions, results={"cures": results}, forecast=tuple(cure.text for cure in found))


def _root(context: StepContext) -> bool:
    identity = context.facts.read("identity", Identity)
    return isinstance(identity, Identity) and identity.is_root


def _actions(cure: Cure) -> Iterator[Action]:
    """Yield the copy of the old file, the folder that may not be there yet, and the new file.

    The copy's name ends in a way that logrotate leaves out in every version: beside its file it would be read as a second one.
    """
    undo = f"rm {cure.path}"
    if cure.old:
        copy = f"{cure.path}.healer-{sha256(cure.old.encode()).hexdigest()[:KEPT]}~"
        undo = f"mv {copy} {cure.path}"
        yield _quiet(f"keep {cure.path} as {copy}", PutFile(copy, cure.old))
    if cure.path in NEW:
        folder = cure.path.rpartition("/")[0]
        yield _quiet(f"make the folder {folder}", Run(("mkdir", "-p", "-m", "0755", folder), changed_codes=()))
    yield _quiet(f"put {cure.path} in place", PutFile(cure.path, cure.new, backup=cure.path in NEW, validate=cure.check), undo)


def _quiet(summary: str, verb: PutFile | Run, undo: str = "") -> Action:
    return Action(summary, verb, disruptive=False, makes_stale=STALE, undo=undo)


PLUGIN = Step(name="cure", arguments=CureArguments, plan=plan, needs=NEEDS, early=True, foretells=True, learns=("disks",))
