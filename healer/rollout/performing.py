"""Carries a decision out: intent into the journal, the act through the host's gate, the result into the journal, then the proof."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from healer.model.action import Act, Action, CallPython, Decision, LookAgain
from healer.model.command import Command
from healer.model.events import ActEnded, ActIntended, LeaseTaken, TaskEnded
from healer.model.facts import Unknown, Verdict
from healer.model.host import Value
from healer.model.playbook import Task
from healer.rollout.acts import Scene, detail_of, perform
from healer.rollout.context import PlayContext
from healer.rollout.doors import Doors
from healer.rollout.machine import mutates
from healer.rollout.planning import Planned
from healer.rollout.seen import Seen
from healer.rollout.session import Session
from healer.rollout.work import Delegates, Work

ASK_A_PERSON = (
    "it was begun before the interruption and cannot be asked about; say what became of it with `healer resume RUN --settle HOST=done|redo`"
)


def is_mutating(decision: Decision) -> bool:
    """Whether anything in the decision changes a host."""
    return isinstance(decision, Act) and any(mutates(action) for action in decision.actions)


def ended_of(intent: ActIntended, seen: Seen) -> ActEnded:
    """Return the event for what was seen of an act."""
    return ActEnded(
        intent.host,
        intent.address,
        intent.index,
        intent.act,
        seen.verdict,
        changed=seen.changed,
        reason=seen.reason,
        status=seen.status,
        output=seen.output,
        detail=detail_of(seen),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the run an action stands."""

    task: Task
    address: str
    index: int
    planned: Planned
    session: Session


class Performer:
    """Performs the actions of one task on one session."""

    def __init__(self, play: PlayContext, doors: Doors, work: Work, delegates: Delegates) -> None:
        """Bind the host's work."""
        self._play, self._doors, self._work, self._delegates = play, doors, work, delegates

    def take_lease(self, session: Session) -> str:
        """Take or renew the lease; a new one is recorded. Returns the boot id that it belongs to. Raises RefusedError."""
        lease, new = session.lease()
        if new and session is self._work.session:
            self._work.write(LeaseTaken(self._work.host.name, lease.boot_id, lease.epoch))
        return lease.boot_id

    def carry_out(self, task: Task, address: str, planned: Planned, decision: Act, session: Session) -> TaskEnded:
        """Perform the actions in order until one is not good, and return what became of the task."""
        seen: list[Seen] = []
        for index, action in enumerate(decision.actions):
            self._doors.check_stop()
            seen.append(self._action(action, Place(task, address, index, planned, session)))
            if seen[-1].verdict is not Verdict.GOOD:
                return self._ended(address, decision, seen, f"{action.summary}: {seen[-1].reason}")
        return self._ended(address, decision, seen, seen[-1].reason if seen else "")

    def _ended(self, address: str, decision: Act, seen: Sequence[Seen], reason: str) -> TaskEnded:
        last = seen[-1] if seen else Seen(Verdict.GOOD)
        changed = any(one.changed for one in seen)
        terminal = "busy" if last.busy else "refused" if last.detail.get("refused") else ""
        result = {**decision.results, **_output_of(seen), **{key: value for one in seen for key, value in one.detail.items()}}
        return TaskEnded(self._work.host.name, address, last.verdict, changed=changed, reason=reason, result=result, terminal=terminal)

    def _action(self, action: Action, place: Place) -> Seen:
        if isinstance(action.verb, LookAgain):
            return self._prove(action.verb, place)
        if not mutates(action):
            return perform(action.verb, self._scene(place, "", ""))
        intent, ended = self._work.recorder.state.act(self._work.host.name, place.address, place.index)
        if ended is not None and ended.verdict is not Verdict.UNKNOWN:
            return Seen(ended.verdict, ended.changed, ended.reason, ended.status, ended.output, ended.output, detail=ended.detail)
        settled = self._settled() if intent is not None and isinstance(action.verb, CallPython) else None
        if settled is not None:
            return settled
        return self._mutate(action, place, intent)

    def _mutate(self, action: Action, place: Place, intent: ActIntended | None) -> Seen:
        host = self._work.host.name
        boot_id = self.take_lease(place.session)
        act = self._play.act_id(host, place.address, place.index)
        if intent is None:
            on = place.session.host.name
            intent = ActIntended(host, place.address, place.index, act, action, on=on, boot_id=boot_id)
            self._work.write(intent)
        self._work.acted = self._work.acted or place.session is self._work.session
        seen = perform(action.verb, self._scene(place, act, intent.boot_id))
        ended = ended_of(intent, seen)
        self._work.write(replace(ended, output="hidden by no_log") if place.task.no_log else ended)
        place.session.forget(action.makes_stale)
        return seen

    def ask(self, intent: ActIntended, session: Session) -> ActEnded:
        """Perform an intent whose result was not seen: the gate attaches to what was begun. A python call cannot be asked about."""
        settled = self._settled() if isinstance(intent.action.verb, CallPython) else None
        if settled is not None:
            return ended_of(intent, settled)
        return ended_of(
            intent, perform(intent.action.verb, Scene(session, self._doors, intent.act, self._delegates.session, intent.boot_id))
        )

    def _settled(self) -> Seen | None:
        """Return what a person said of a python call that was cut; None means: do it again."""
        match self._play.inputs.settled.get(self._work.host.name):
            case "done":
                return Seen(Verdict.GOOD, changed=True, reason="a person says that it was done")
            case "redo":
                return None
        return Seen(Verdict.UNKNOWN, changed=True, reason=ASK_A_PERSON)

    def _prove(self, verb: LookAgain, place: Place) -> Seen:
        """Read the facts again and let the step judge what it wanted against what is there."""
        step = place.planned.step
        place.session.forget(verb.facts or ("*",))
        if step.verify is None:
            return Seen(Verdict.GOOD)
        facts = place.session.look((*step.needs, *verb.facts))
        proof = step.verify(place.planned.arguments, place.planned.context, facts)
        return Seen(proof.verdict, reason=proof.reason, detail=proof.detail)

    def _scene(self, place: Place, act: str, boot_id: str) -> Scene:
        become = self._play.play.become if place.task.become is None else place.task.become
        prefix = () if become else self._unprivileged(place.session)
        return Scene(place.session, self._doors, act, self._delegates.session, boot_id, prefix, become)

    def _unprivileged(self, session: Session) -> tuple[str, ...]:
        """Return the words that run a command as the login user, since the gate itself runs as root."""
        result = session.remote.run(Command(("id", "-un"), timeout=20.0))
        name = result.stdout.decode("utf-8", "replace").strip()
        return () if isinstance(result.status, Unknown) or name in ("", "root") else ("runuser", "-u", name, "--")


def _output_of(seen: Sequence[Seen]) -> dict[str, Value]:
    last = seen[-1] if seen else None
    if last is None or (last.status is None and not last.stdout):
        return {}
    lines = last.stdout.rstrip("\n")
    return {"rc": last.status, "stdout": lines, "stdout_lines": lines.splitlines(), "output": last.output}
