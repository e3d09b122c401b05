"""What a dry run can say of a task, what has to wait for the run, and what a saved plan allows. Pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from healer.model.action import Act, Action, Decision, Refuse, Skip
from healer.model.facts import plain
from healer.model.host import Host
from healer.model.playbook import Play, Task
from healer.observe.collect import all_facts
from healer.rollout.machine import mutates, section_of

AT_RUN_TIME = "decided at run time: it depends on what an earlier task changes"
FORETOLD = frozenset({"prepare", "pre_tasks", "tasks", "post_tasks"})
"""Sections that a dry run walks through. What drains, proves and answers notifications follows from them and from the frozen playbook."""

_FACT = re.compile(r"\bfacts(?:\.|\[['\"])(\w+)")


def named_facts(play: Play, host: Host) -> frozenset[str]:
    """Return the facts that templates of the play or of the host's variables name: they must be read before these are rendered."""
    found = frozenset(_FACT.findall(repr(play))) | frozenset(_FACT.findall(repr(host.variables)))
    return found & all_facts().keys()


def mentions(task: Task, play: Play, names: Collection[str]) -> bool:
    """Whether anything that is rendered for the task names one of these registers or facts."""
    text = repr((task, play.vars))
    return any(re.search(rf"\b{re.escape(name)}\b", text) for name in names)


def is_mutating(decision: Decision) -> bool:
    """Whether anything in the decision changes a host."""
    return isinstance(decision, Act) and any(mutates(action) for action in decision.actions)


def is_work(decision: Decision) -> bool:
    """Whether a dry run has to tell that there is work: acts, and what is decided at run time only."""
    return is_mutating(decision) or (isinstance(decision, Skip) and decision.reason == AT_RUN_TIME)


def stales(actions: tuple[Action, ...]) -> set[str]:
    """Return the facts that are not to be believed after these actions; `*` is all."""
    return {name for action in actions for name in action.makes_stale}


def hangs(needs: Collection[str], uncertain: Collection[str]) -> bool:
    """Whether a step reads facts that an act before it would change."""
    return bool(needs) and ("*" in uncertain or bool(set(needs) & set(uncertain)))


def as_saved(saved: Mapping[str, Decision], address: str, shown: Decision, decision: Decision) -> Decision:
    """Return the decision, or a refusal where a saved plan says something else. `shown` is it as the journal would hold it.

    What the plan left to run time may be anything, and to have nothing to do is always allowed. Handlers that the plan could not
    foresee, the drain and the health checks follow from the playbook that was saved with it.
    """
    expected = saved.get(address)
    if isinstance(decision, Skip) or (isinstance(expected, Skip) and expected.reason == AT_RUN_TIME):
        return decision
    if section_of(address) not in FORETOLD and expected is None:
        return decision
    if expected is not None and _meant(expected) == _meant(shown):
        return decision
    reason = "the saved plan says something else: what it read on this host has moved since; make a new plan"
    return Refuse(reason, terminal="refused")


def _meant(decision: Decision) -> object:
    """Return what of a decision has to be the same as in the plan: not whether it could be taken back, which the download decides."""
    if isinstance(decision, Act) and "rollback" in decision.results:
        decision = replace(decision, results={name: value for name, value in decision.results.items() if name != "rollback"})
    return plain(decision)
