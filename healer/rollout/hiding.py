"""What `no_log` leaves of a task in the journal: that something was done, and how it ended, but none of its words. Pure."""

from dataclasses import replace

from healer.model.action import Act, Action, Archive, CallPython, Decision, Free, Gather, Job, ProbeUntil, PutFile, Refuse, Run, Skip, Verb
from healer.model.events import ActEnded, TaskEnded
from healer.model.redact import MASK
from healer.rollout.foretelling import AT_RUN_TIME

HIDDEN = "hidden by no_log"
CENSORED = {"censored": HIDDEN}


def is_masked(value: object) -> bool:
    """Whether something in it was hidden, so that it must never be carried out as it is written down."""
    return MASK in repr(value)


def hidden_decision(decision: Decision) -> Decision:
    """Return the decision without what it would do. Its masks say that it has to be planned anew after a crash."""
    match decision:
        case Act():
            return replace(decision, actions=tuple(map(hidden_action, decision.actions)), results={"plan": MASK}, forecast=())
        case Skip() | Refuse():
            return decision if decision.reason == AT_RUN_TIME else replace(decision, reason=HIDDEN)


def hidden_action(action: Action) -> Action:
    """Return the action without its words; which kind of act it is stays, because resume has to know how to ask for it."""
    return replace(action, summary=f"{HIDDEN}: {MASK}", verb=_hidden_verb(action.verb), undo="")


def _hidden_verb(verb: Verb) -> Verb:
    match verb:
        case Run():
            return replace(verb, argv=(MASK,), stdin="", environment={}, directory="")
        case Job():
            return replace(verb, arguments=(MASK,), stdin="")
        case PutFile():
            return replace(verb, content="", path=MASK, validate=())
        case ProbeUntil() | CallPython():
            return replace(verb, arguments={})
        case Gather():
            return replace(verb, arguments=(MASK,))
        case Archive() | Free():
            return replace(verb, span=replace(verb.span, path=MASK))
        case _:
            return verb


def hidden_act(ended: ActEnded) -> ActEnded:
    """Return an act's result without what was printed."""
    return replace(ended, output=HIDDEN, reason=HIDDEN if ended.reason else "", detail={})


def hidden_task(ended: TaskEnded) -> TaskEnded:
    """Return a task's result without its values."""
    return replace(ended, result=CENSORED, reason=HIDDEN if ended.reason else "")
