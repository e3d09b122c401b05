"""Gives the blocks of a span back, through the gate and once only; what was archived is recognized again in the same breath."""

from collections.abc import Sequence
from dataclasses import replace

from healer.model.action import Action, Archive, Free
from healer.model.facts import Verdict
from healer.model.files import Handle
from healer.model.job import JobSpec
from healer.rollout.seen import Codes, Seen
from healer.rollout.spans import MEANINGS, REFUSALS, span_argv, told

CODES = Codes(meanings=MEANINGS)


def free_spec(verb: Free, act: str) -> JobSpec:
    """Return the act. It is a foreground one: what it keeps of itself lies in /run, for the disk may be full to the last byte."""
    if verb.method == "freeze":
        argv = span_argv("free_freeze", verb.span, verb.mark, *map(_writer, verb.writers))
    else:
        argv = span_argv("free_span", verb.span, verb.method, verb.mark)
    return JobSpec(act, argv, timeout=verb.timeout)


def _writer(handle: Handle) -> str:
    return f"{handle.pid}:{handle.started}:{handle.fd}"


def freed(verb: Free, seen: Seen) -> Seen:
    """Return what was seen, with the bytes that came free. A refusal by the script has changed nothing."""
    if seen.verdict is Verdict.BAD and seen.status in REFUSALS:
        return replace(seen, changed=False, reason=refusal(verb.span.path, seen))
    numbers = told(seen.output, "freed")
    if seen.verdict is not Verdict.GOOD or len(numbers) < 2:
        return seen
    gained = max(0, int(numbers[0]) - int(numbers[1]))
    lost = told(seen.output, "lost")
    held = f", its writers stood still for {int(numbers[2]) / 100:g} s" if len(numbers) > 2 else ""
    reason = f"{verb.span.path}: {gained} bytes came free{held}"
    detail: dict[str, object] = {**seen.detail, "freed": gained, "method": verb.method}
    if lost:
        reason += f"; {lost[0]} bytes are lost that were written after it was read, and what came in the moment of the cut"
        detail["lost"] = int(lost[0])
    return replace(seen, reason=reason, detail=detail)


def refusal(path: str, seen: Seen) -> str:
    """Return the sentence for a refusal: the word for it, and what the host said."""
    said = seen.output.strip().splitlines()[-1:] or ["no reason"]
    return f"{path} was left alone, {REFUSALS.get(seen.status or 0, 'refused')}: {said[0]}"


def file_of(action: Action) -> tuple[int, int] | None:
    """Return device and inode of the file that the action is about, None where it is about no span."""
    span = action.verb.span if isinstance(action.verb, (Archive, Free)) else None
    return (span.device, span.inode) if span else None


def left_alone(action: Action, seen: Seen) -> bool:
    """Whether the host found another file than the planned one, or cannot do it to this one: nothing was done, and others may be next."""
    return file_of(action) is not None and seen.verdict is Verdict.BAD and seen.status in REFUSALS


def with_mark(action: Action, before: Sequence[tuple[Action, Seen]]) -> Action:
    """Return the action, a Free with the mark of the archive that was made of the same span before it.

    Hours may lie between both where a run is resumed: a log that was cut off and has grown again meanwhile is not what was archived.
    """
    verb = action.verb
    if not isinstance(verb, Free) or verb.mark:
        return action
    marks = [str(seen.detail.get("mark", "")) for earlier, seen in before if _archives(earlier, verb)]
    return replace(action, verb=replace(verb, mark=marks[-1])) if marks else action


def _archives(action: Action, verb: Free) -> bool:
    return isinstance(action.verb, Archive) and action.verb.span == verb.span
