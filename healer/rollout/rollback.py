"""What a rollback goes back to, and the tasks that do it. Pure: folded from what the journal holds of this play on this host."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from healer.model.action import Act, Job
from healer.model.playbook import Play, Task
from healer.model.words import first_few
from healer.platforms.receipt import read_receipt
from healer.rollout.fold import RunState
from healer.rollout.machine import section_of

SECTION = "rollback"
STEP = "roll_back"
ALWAYS = frozenset({"always"})
"""The tag of what belongs to the gate: neither --tags nor --skip-tags leave it out."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:~_-]*")


@dataclass(frozen=True, slots=True)
class Transaction:
    """What a play's upgrades did on a host: per package the version before all of them, empty where there was none, and after."""

    former: Mapping[str, str] = field(default_factory=dict)
    latter: Mapping[str, str] = field(default_factory=dict)


def transaction_of(state: RunState, play: int, host: str) -> Transaction:
    """Return what the play's upgrades did on the host by their receipts, as far as they came; nothing when none was made."""
    former: dict[str, str] = {}
    latter: dict[str, str] = {}
    for name, before, after in _moved(state, play, host):
        former.setdefault(name, before)
        latter[name] = after
    changed = [name for name in former if former[name] != latter[name]]
    return Transaction({name: former[name] for name in changed}, {name: latter[name] for name in changed})


def _moved(state: RunState, play: int, host: str) -> Iterator[tuple[str, str, str]]:
    """Yield package, version before and after. Only what the job was asked to install counts: a host's words alone move nothing.

    A job that was cut off and begun again knows of its second go only: what it found moved already was what was seen before the first.
    """
    decisions = state.decisions.of(host)
    for (address, _index), (intent, ended) in state.acts.of(host).items():
        planned = decisions.get(address)
        if intent is None or ended is None or intent.on not in ("", host) or not isinstance(intent.action.verb, Job):
            continue
        if not address.startswith(f"{play}/") or section_of(address) in ("prepare", SECTION):
            continue
        if planned is None or not isinstance(planned.decision, Act) or not planned.decision.versions:
            continue
        allowed = set(intent.action.verb.arguments)
        seen = planned.decision.results.get("installed")
        earlier = seen if isinstance(seen, Mapping) else {}
        told = read_receipt(ended.output).versions
        for name, before, after in told:
            if f"{name}={after}" in allowed:
                yield name, (str(earlier.get(name, before)) if before in ("", after) else before), after


def tasks_back(former: Mapping[str, str], play: Play, *, allowed: bool) -> tuple[Task, ...]:
    """Return the tasks that go back: packages, then what runs the code that was taken back, then what was running and no longer is.

    What the play's own restarts leave alone is left alone here too.

    The versions are no arguments of them, for arguments are templates and versions are a host's words. What the last two could not do is
    for the gate to judge.
    """
    names = sorted({name.partition(":")[0] for name in former if _PLAIN.fullmatch(name)})
    return (
        _task("Roll the packages back", STEP, {"what": "packages", "allowed": allowed}, play),
        *_restarts(names, play),
        _task("Start what was running before", STEP, {"what": "services"}, play, ignore_errors=True),
    )


def _restarts(names: list[str], play: Play) -> Iterator[Task]:
    """Yield the play's own restarts, for these packages only; where it has none, one that leaves nothing alone."""
    plain = _task("Restart what runs the code that was taken back", "restart_stale", {}, play, ignore_errors=True)
    tasks = (*play.pre_tasks, *play.tasks, *play.post_tasks)
    for own in [task for task in tasks if task.step == "restart_stale" and not task.delegate_to] or [plain]:
        given = own.arguments if isinstance(own.arguments, Mapping) else {}
        yield replace(plain, arguments={**given, "only": names}, loop=own.loop, loop_var=own.loop_var, vars=own.vars, where=own.where)


def _task(name: str, step: str, arguments: Mapping[str, object], play: Play, *, ignore_errors: bool = False) -> Task:
    return Task(name, step, dict(arguments), tags=ALWAYS, ignore_errors=ignore_errors, become=True, where=play.where)


def in_words(versions: Mapping[str, str]) -> str:
    """Return packages with their versions, the first few by name."""
    return first_few([f"{name} {version}" for name, version in sorted(versions.items())])
