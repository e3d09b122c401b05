"""Turns what was seen of a task into its result: what `register` binds, whether it failed, and which handlers it notifies."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from healer.model.events import TaskEnded
from healer.model.facts import Verdict
from healer.model.host import Value
from healer.model.playbook import Task
from healer.rollout.hiding import HIDDEN

Holds = Callable[[tuple[str, ...], Mapping[str, Value]], bool]


def value_of(ended: TaskEnded) -> dict[str, Value]:
    """Return what `register` binds for one result; the words are those that Ansible uses."""
    return {
        "changed": ended.changed,
        "failed": ended.verdict is Verdict.BAD,
        "skipped": ended.skipped,
        "unknown": ended.verdict is Verdict.UNKNOWN,
        "msg": ended.reason,
        **ended.result,
    }


def finish(task: Task, ended: TaskEnded, holds: Holds, *, attempt: bool = False, foretold: bool = False) -> TaskEnded:
    """Return the task's final event. An attempt of an `until` does not end the host yet, unless its outcome is unknown.

    A `foretold` one was not carried out, so there is nothing that `failed_when` and `changed_when` could judge.

    With `no_log` its values are still there, for the tasks that use the register; they are hidden where the event is written down.
    """
    judged = _judge(task, ended, holds) if not (foretold or ended.skipped) and ended.verdict is not Verdict.UNKNOWN else ended
    notified = task.notify if judged.changed and judged.verdict is Verdict.GOOD else ()
    ignored = judged.verdict is Verdict.BAD and task.ignore_errors and judged.terminal in ("", "failed")
    terminal = _terminal(judged, ignored=ignored or attempt)
    reason = HIDDEN if task.no_log and judged.reason else judged.reason
    return replace(
        judged, result=value_of(judged), register=task.register, notified=notified, ignored=ignored, terminal=terminal, reason=reason
    )


def exhausted(task: Task, last: TaskEnded, address: str) -> TaskEnded:
    """Return the end of a task whose `until` never held: it failed, whatever `failed_when` said of the attempts."""
    reason = last.reason or f"until did not hold in {task.retries} attempts: {' and '.join(task.until)}"
    ended = replace(last, address=address, verdict=Verdict.BAD, reason=reason, terminal="", ignored=False, notified=())
    result = {**last.result, "failed": True, "msg": reason, "attempts": task.retries}
    return replace(ended, result=result, ignored=task.ignore_errors, terminal="" if task.ignore_errors else "failed")


def _judge(task: Task, ended: TaskEnded, holds: Holds) -> TaskEnded:
    value = value_of(ended)
    if task.changed_when is not None:
        ended = replace(ended, changed=holds(task.changed_when, value))
    if task.failed_when is not None and ended.terminal in ("", "failed"):
        failed = holds(task.failed_when, value_of(ended))
        reason = (ended.reason or f"failed_when holds: {' and '.join(task.failed_when)}") if failed else ""
        ended = replace(ended, verdict=Verdict.BAD if failed else Verdict.GOOD, reason=reason, terminal="")
    return ended


def _terminal(ended: TaskEnded, *, ignored: bool) -> str:
    if ended.verdict is Verdict.UNKNOWN:
        return ended.terminal or "unknown"
    if ended.terminal not in ("", "failed"):
        return ended.terminal
    return "failed" if ended.verdict is Verdict.BAD and not ignored else ""


def summary_of(ended: Sequence[TaskEnded], *, looped: bool) -> dict[str, Value]:
    """Return what `register` binds for a whole task: the one result, or a summary with `results` for a loop."""
    values = [dict(one.result) for one in ended]
    if not looped:
        return values[-1] if values else {}
    return {
        "results": values,
        "changed": any(one.changed for one in ended),
        "failed": any(one.verdict is Verdict.BAD for one in ended),
        "skipped": bool(ended) and all(one.skipped for one in ended),
    }
