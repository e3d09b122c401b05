"""What a run leaves to be done on a host, how much of it still stands by later facts, and which tasks of a play pay it. Pure.

Debts outlive runs: a restart, a reboot, a configuration file to be merged, the way back into service. The next run of a play pays them
first, with the play's own tasks: what a play has no task for stays owed.
"""

import hashlib
import re
import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from healer.model.action import Owe
from healer.model.facts import Facts, StaleProcesses, Unknown
from healer.model.host import Value
from healer.model.playbook import Play, Task

RESTART, REBOOT, CONFFILE, UNDRAIN = "restart", "reboot", "conffile", "undrain"

PAYERS: Mapping[str, str] = {REBOOT: "reboot", RESTART: "restart_stale"}
"""The step that pays a kind of debt. The reboot comes first: it makes restarts needless."""

WITNESSES: Mapping[str, str] = {RESTART: "stale_processes", CONFFILE: "conffiles_left"}
"""The fact that tells whether a kind of debt still stands, whoever has paid it."""

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


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
    """Return what tells one undrain section from another: the tasks as they are written, wherever they stand."""
    plain = [replace(task, where=play.where) for task in play.rolling.undrain]
    words = repr([sorted((name, repr(getattr(task, name))) for name in Task.__slots__ if name != "where") for task in plain])
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def owes_undrain(owed: Iterable[Owe], play: Play) -> bool:
    """Whether the host is out of service because of an earlier run, and this play knows the way back."""
    mine = (way_back(play),) if play.rolling.undrain else ()
    return bool(mine) and any(debt.kind == UNDRAIN and debt.items == mine for debt in owed)


def merged(standing: Owe | None, debt: Owe) -> Owe:
    """Return the one debt of the kind: what was owed before stays owed."""
    if standing is None or not standing.items or not debt.items:
        return debt
    words = dict.fromkeys([*standing.detail.split("; "), *debt.detail.split("; ")])
    return replace(debt, detail="; ".join(words), items=tuple(dict.fromkeys((*standing.items, *debt.items))))


def without(standing: Owe, debt: Owe) -> Owe | None:
    """Return what stays owed when a debt turns out not to have arisen, None for nothing."""
    return _left(standing, [item for item in standing.items if item not in debt.items])


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
    """Return the play's tasks that pay, by kind of debt, as they are run before all others.

    They stand on their own there: what earlier tasks register has not happened yet, so conditions that speak of it are left out, and a
    task whose arguments do is not run before its turn.
    """
    tasks = (*play.pre_tasks, *play.tasks, *play.post_tasks)
    later = {task.register for task in (*play.prepare, *tasks) if task.register}
    later |= {name for name, value in play.vars.items() if _names(value, later)}
    ready = [_alone(task, later) for task in tasks if _can_stand_alone(task, later)]
    return {kind: tuple(task for task in ready if task.step == step) for kind, step in PAYERS.items()}


def _can_stand_alone(task: Task, later: Collection[str]) -> bool:
    return not task.delegate_to and not _names((task.arguments, task.loop, task.vars), later)


def _alone(task: Task, later: Collection[str]) -> Task:
    when = tuple(text for text in task.when if not _names(f"{{{{ {text} }}}}", later))
    return replace(task, when=when, register="", until=())


def _names(value: Value, names: Collection[str]) -> bool:
    """Whether a template in the value names one of these."""
    templates = " ".join(_TEMPLATE.findall(repr(value)))
    return any(re.search(rf"\b{re.escape(name)}\b", templates) for name in names)
