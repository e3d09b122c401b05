"""What a run leaves to be done on a host, how much of it still stands by later facts, and which tasks of a play pay it. Pure.

Debts outlive runs: a restart, a reboot, a configuration file to be merged, the way back into service. The next run of a play pays them
first, with the play's own tasks: what a play has no task for stays owed.
"""

import hashlib
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace

from healer.model.action import Owe
from healer.model.facts import Facts, StaleProcesses, Unknown
from healer.model.playbook import Play, Task
from healer.playbook.needs import Question, mentioned, question

RESTART, REBOOT, CONFFILE, UNDRAIN = "restart", "reboot", "conffile", "undrain"

PAYERS: Mapping[str, str] = {REBOOT: "reboot", RESTART: "restart_stale"}
"""The step that pays a kind of debt. The reboot comes first: it makes restarts needless."""

WITNESSES: Mapping[str, str] = {RESTART: "stale_processes", CONFFILE: "conffiles_left"}
"""The fact that tells whether a kind of debt still stands, whoever has paid it."""

_OF_RESULTS = frozenset({"defined", "changed", "skipped", "failed", "succeeded", "length", "default", "bool"})
"""The filters and tests of a condition that only asks how a task ended."""


def conffiles(paths: Iterable[str]) -> Owe:
    """Return the debt for files that a package manager left beside configuration files which were changed on the host."""
    files = tuple(paths)
    return Owe(CONFFILE, "; ".join(shlex.join(("diff", "-u", _original(path), path)) for path in files), items=files)


def _original(left: str) -> str:
    """Return the configuration file in use: what is left beside it has one ending more."""
    return left.rpartition(".")[0]


def undrain(run: str, play: Play) -> Owe:
    """Return the debt of whoever takes a host out of service. Its item tells by which tasks it is to be put back."""
    return Owe(UNDRAIN, f"taken out of service by run {run} and not put back", items=(way_back(play),))


def way_back(play: Play) -> str:
    """Return what tells one undrain section from another: the tasks as they are written, wherever they stand, and what of the play's
    variables they speak of.
    """
    plain = [replace(task, where=play.where) for task in play.rolling.undrain]
    tasks = [sorted((name, repr(getattr(task, name))) for name in Task.__slots__ if name != "where") for task in plain]
    meant = _meant(repr(tasks), play)
    words = repr((tasks, meant)) if meant else repr(tasks)
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _meant(words: str, play: Play) -> dict[str, str]:
    """Return the play's variables that the words name, also by way of others of them."""
    found: dict[str, str] = {}
    while more := {name: repr(value) for name, value in play.vars.items() if name not in found and re.search(rf"\b{name}\b", words)}:
        found |= more
        words = repr(more)
    return dict(sorted(found.items()))


def owes_undrain(owed: Iterable[Owe], play: Play) -> bool:
    """Whether the host is out of service because of an earlier run, and this play knows the way back, whatever else is owed."""
    return bool(play.rolling.undrain) and any(debt.kind == UNDRAIN and way_back(play) in debt.items for debt in owed)


def out_elsewhere(owed: Iterable[Owe], play: Play) -> bool:
    """Whether the host is out of service because of an earlier run, and this play does not know the way back, or not all of it."""
    mine = {way_back(play)} if play.rolling.undrain else set()
    return any(debt.kind == UNDRAIN and not (debt.items and mine.issuperset(debt.items)) for debt in owed)


def put_back(standing: Owe, play: Play) -> Owe | None:
    """Return what stays owed when the play has put the host back: the ways back of other plays, which it knows nothing of."""
    mine, words = way_back(play), standing.detail.split("; ")
    items = tuple(item for item in standing.items if item != mine)
    if len(words) == len(standing.items):
        words = [part for part, item in zip(words, standing.items, strict=True) if item != mine]
    return replace(standing, detail="; ".join(words), items=items) if items else None


def merged(standing: Owe | None, debt: Owe) -> Owe:
    """Return the one debt of the kind: what was owed before stays owed."""
    if standing is None or not standing.items or not debt.items:
        return debt
    words = dict.fromkeys([*standing.detail.split("; "), *debt.detail.split("; ")])
    return replace(debt, detail="; ".join(words), items=tuple(dict.fromkeys((*standing.items, *debt.items))))


def still(debt: Owe, facts: Facts) -> Owe | None:
    """Return what of the debt stands by these facts, None when it is paid. What is not known leaves it as it is."""
    reading = facts.get(WITNESSES.get(debt.kind, ""))
    if isinstance(reading, Unknown) or not debt.items:
        return debt
    if isinstance(reading, StaleProcesses) and debt.kind == RESTART:
        stale = {process.unit for process in reading.processes}
        return debt if reading.unreadable else _left(debt, [unit for unit in debt.items if unit in stale])
    if isinstance(reading, tuple) and debt.kind == CONFFILE:
        return _left(debt, [path for path in debt.items if path in reading])
    return debt


def _left(debt: Owe, items: list[str]) -> Owe | None:
    """Return the debt with these items only, each part of its words that names none of them left out."""
    if tuple(items) == debt.items:
        return debt
    words = [part for part in debt.detail.split("; ") if any(item in part.split() for item in items)]
    return replace(debt, detail="; ".join(words) or ", ".join(items), items=tuple(items)) if items else None


def payers(play: Play) -> dict[str, tuple[Task, ...]]:
    """Return the play's tasks that pay, by kind of debt, as they are run right after its `pre_tasks`.

    They stand on their own there: what earlier tasks register has not happened yet. A condition that asks for nothing but whether an
    upgrade has changed something is left out: the debt says so. Any other that speaks of a result may be somebody's guard: that task
    is not run before its turn, nor is one whose arguments speak of a result.
    """
    tasks = (*play.pre_tasks, *play.tasks, *play.post_tasks)
    named = [task for task in (*play.prepare, *tasks) if task.register]
    later = _later(named, play)
    others = {task.register for task in named if task.step != "packages"}
    upgrades = frozenset(task.register for task in named) - others
    ready = [_alone(task, later) for task in tasks if _can_stand_alone(task, later, upgrades)]
    return {kind: tuple(task for task in ready if task.step == step) for kind, step in PAYERS.items()}


def _later(named: Iterable[Task], play: Play) -> frozenset[str]:
    """Return the names that have no value before their task has run: results, and the play's variables that speak of them."""
    found = {task.register for task in named}
    while more := {name for name, value in play.vars.items() if name not in found and mentioned(value) & found}:
        found |= more
    return frozenset(found)


def _can_stand_alone(task: Task, later: frozenset[str], upgrades: frozenset[str]) -> bool:
    guards = [text for text in task.when if question(text).names & later and not _asks_how_it_ended(question(text), upgrades)]
    return not task.delegate_to and not guards and not mentioned((task.arguments, task.loop, task.vars)) & later


def _asks_how_it_ended(asked: Question, tasks: frozenset[str]) -> bool:
    return asked.names <= tasks and asked.tools <= _OF_RESULTS and not asked.texts


def _alone(task: Task, later: frozenset[str]) -> Task:
    return replace(task, when=tuple(text for text in task.when if not question(text).names & later), register="", until=())
