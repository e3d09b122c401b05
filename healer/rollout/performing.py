"""Carries a decision out: intent into the journal, the act through the host's gate, the result into the journal, then the proof."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from healer.failpoints import reach
from healer.inventory.login_variables import LoginVariables
from healer.model.action import Act, Action, Archive, CallPython, Free, Job, LookAgain, PutFile, Reboot, Run, Verb
from healer.model.command import Command
from healer.model.errors import HostError, RefusedError, UnreachableError
from healer.model.events import ActEnded, ActIntended, LeaseTaken, TaskEnded
from healer.model.facts import Verdict
from healer.model.host import Value
from healer.model.job import Lease
from healer.model.playbook import Task, Where
from healer.rollout.acts import Scene, detail_of, perform, poll, seen_of
from healer.rollout.context import PlayContext
from healer.rollout.doors import Doors
from healer.rollout.freeing import file_of, left_alone, with_mark
from healer.rollout.hiding import hidden_act, hidden_action, is_masked
from healer.rollout.machine import disturbs, mutates
from healer.rollout.planning import Planned
from healer.rollout.seen import Seen
from healer.rollout.session import Session
from healer.rollout.work import Delegates, Work
from healer.steps.contract import Proof

ASK_A_PERSON = (
    "it was begun before the interruption and cannot be asked about; say what became of it with `healer resume RUN --settle HOST=done|redo`"
)
ATTEMPTS = 3
"""How often an act that the host cut off is begun in all. A host that cuts off each of them is left to a person."""
LOST = "cut_off"
"""The detail of an attempt's end that says that another one follows."""
DELEGATE_WAITS = 60.0
"""Seconds that a delegated task waits for another run to give the lease back."""


def begins_anew(verb: Verb, seen: Seen, attempt: int) -> bool:
    """Whether an act that was cut off is to be begun again, under an id of its own: one that looks first, or changes nothing."""
    again = isinstance(verb, Archive) or (isinstance(verb, Job) and verb.convergent)
    return seen.lost and again and attempt < ATTEMPTS


def as_cut_off(seen: Seen) -> Seen:
    """Return the end of an attempt that will be followed by another: it is certain that it did not come to its end."""
    reason = f"{seen.reason}; it is begun anew and looks first at what is there"
    return replace(seen, verdict=Verdict.BAD, reason=reason, detail={**seen.detail, LOST: True})


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
        """Take or renew the lease; a new one is recorded. Returns the boot id that it belongs to.

        Raises RefusedError when another holder has it; for a delegated task only after a while, because other runs need that host
        for a moment only.
        """
        with self._delegates.turn(session.host.name):
            lease, new = self._lease(session)
        reach("lease.taken")
        if new and session is self._work.session:
            self._work.write(LeaseTaken(self._work.host.name, lease.boot_id, lease.epoch))
        return lease.boot_id

    def _lease(self, session: Session) -> tuple[Lease, bool]:
        end = self._doors.clock.monotonic() + (0.0 if session is self._work.session else DELEGATE_WAITS)
        while True:
            try:
                return session.lease()
            except RefusedError:
                if self._doors.clock.monotonic() >= end:
                    raise
            self._doors.pause(2.0)

    def carry_out(self, task: Task, address: str, planned: Planned, decision: Act, session: Session) -> TaskEnded:
        """Perform the actions in order until one is not good, and return what became of the task.

        A file that the host left alone is passed over with all that was planned for it; the proof hears of it. A service that was not
        brought back keeps the others from nothing: the proof judges all of them.
        """
        seen: list[Seen] = []
        passed: dict[tuple[int, int] | None, str] = {}
        failed: list[str] = []
        for index, action in enumerate(decision.actions):
            self._doors.check_stop()
            if file_of(action) in passed:
                seen.append(Seen(Verdict.GOOD))
                continue
            known = with_mark(action, tuple(zip(decision.actions, seen, strict=False)))
            told = replace(planned, context=replace(planned.context, left_alone=tuple(passed.values())))
            seen.append(self._action(known, Place(task, address, index, told, session)))
            if left_alone(action, seen[-1]):
                passed[file_of(action)] = seen[-1].reason
            elif _bears(action, seen[-1]):
                failed.append(f"{action.summary}: {seen[-1].reason}")
            elif seen[-1].verdict is not Verdict.GOOD:
                return self._ended(address, decision, seen, "; ".join([*passed.values(), f"{action.summary}: {seen[-1].reason}"]))
        reasons = dict.fromkeys([*passed.values(), *failed, *(one.reason for one in seen[-1:] if one.reason)])
        return self._ended(address, decision, seen, "; ".join(reasons))

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
            return perform(self._placed(action.verb, place.task.where), self._scene(place, "", ""))
        intent, ended = self._work.run.act(self._work.host.name, place.address, place.index)
        if ended is not None and ended.verdict is not Verdict.UNKNOWN and not ended.detail.get(LOST):
            busy = bool(ended.detail.get("busy"))
            return Seen(
                ended.verdict, ended.changed, ended.reason, ended.status, ended.output, ended.output, busy=busy, detail=ended.detail
            )
        with self._delegates.turn(place.session.host.name):
            return self._mutate(action, place, intent, cut_off=ended is not None and bool(ended.detail.get(LOST)))

    def _mutate(self, action: Action, place: Place, intent: ActIntended | None, *, cut_off: bool) -> Seen:
        """Write the intent, act, write the result. An intent that is there already is asked about instead.

        `cut_off`: that intent's result is known, and another attempt is to follow.
        """
        boot_id = self.take_lease(place.session)
        self._work.acted = self._work.acted or (place.session is self._work.session and disturbs(action))
        verb = self._placed(action.verb, place.task.where)
        if intent is None:
            intent, seen = self._attempt(action, place, boot_id, 1)
        elif cut_off:
            intent, seen = self._attempt(action, place, self._lease_anew(place.session), self._number(intent) + 1)
        else:
            scene = replace(self._scene(place, intent.act, intent.boot_id), begun=True, attempt=self._number(intent))
            seen = self._too_late(verb, scene, boot_id, place.planned) or self._settled(verb, scene, boot_id)
        reach(f"done.{verb.verb}")
        intent, seen = self._finish(action, place, intent, seen)
        self._keep(place, intent, seen)
        place.session.forget(action.makes_stale)
        return seen

    def _finish(self, action: Action, place: Place, intent: ActIntended, seen: Seen) -> tuple[ActIntended, Seen]:
        """Begin anew what the host cut off, where the act is made for that, and return the last attempt."""
        while begins_anew(action.verb, seen, self._number(intent)):
            try:
                boot_id = self._lease_anew(place.session)
            except HostError as error:
                return intent, replace(seen, reason=f"{seen.reason}; then: {error.message}", lost=False)
            self._keep(place, intent, as_cut_off(seen))
            intent, seen = self._attempt(action, place, boot_id, self._number(intent) + 1)
        return intent, seen

    def _attempt(self, action: Action, place: Place, boot_id: str, number: int) -> tuple[ActIntended, Seen]:
        """Write the intent and act. A later attempt has changed something whatever it found, and a refusal of it proves nothing."""
        host, on = self._work.host.name, place.session.host.name
        act = self._play.act_id(host, place.address, place.index, number)
        scene = replace(self._scene(place, act, boot_id), attempt=number, begun=number > 1)
        shown = hidden_action(action) if place.task.no_log else action
        intent = ActIntended(host, place.address, place.index, act, shown, on=on, boot_id=boot_id, prefix=scene.prefix)
        self._work.write(intent)
        reach(f"send.{action.verb.verb}")
        try:
            seen = perform(self._placed(action.verb, place.task.where), scene)
        except UnreachableError as error:
            if not disturbs(action):
                self._keep(place, intent, Seen(Verdict.BAD, reason=error.message))  # it left nothing behind that anybody could ask for
            raise
        return intent, seen if number == 1 else replace(seen, changed=True, busy=False)

    def _keep(self, place: Place, intent: ActIntended, seen: Seen) -> None:
        ended = ended_of(intent, seen)
        self._work.write(hidden_act(ended) if place.task.no_log else ended)

    def _number(self, intent: ActIntended) -> int:
        """Return which attempt an intent is."""
        ids = [self._play.act_id(intent.host, intent.address, intent.index, number) for number in range(1, ATTEMPTS + 1)]
        return ids.index(intent.act) + 1 if intent.act in ids else ATTEMPTS

    def _lease_anew(self, session: Session) -> str:
        """Take the lease of what may be another boot, and believe nothing that was read before it."""
        session.lose_lease()
        session.forget(("*",))
        return self.take_lease(session)

    @staticmethod
    def _too_late(verb: Verb, scene: Scene, boot_id: str, planned: Planned | None) -> Seen | None:
        """Return why a boot that was intended, but that the host never heard of, is not begun any more; None where it may go on.

        Its window may have closed since the intent was written. `planned` None: nobody can judge that, so nothing is booted.
        """
        if not isinstance(verb, Reboot) or scene.boot_id != boot_id or poll(scene.session, scene.act, detached=True).state != "absent":
            return None
        decision = planned.step.plan(planned.arguments, planned.context) if planned else None
        if isinstance(decision, Act):
            return None
        now = decision.reason if decision else "no task stands behind it any more"
        return Seen(Verdict.BAD, reason=f"the boot was not begun before the interruption, and now it is not: {now}", busy=True)

    def ask(self, intent: ActIntended, session: Session) -> ActEnded:
        """Ask the host for an intent whose result was not seen: the gate attaches to what was begun, or lets it begin now.

        The host may have ended in the journal, so its lease is not recorded.
        """
        with self._delegates.turn(session.host.name):
            boot_id = self._lease(session)[0].boot_id
            elsewhere = partial(self._delegates.asking, asker=self._work.host.name)
            number = self._number(intent)
            scene = Scene(session, self._doors, intent.act, elsewhere, intent.boot_id, intent.prefix, begun=True, attempt=number)
            verb = self._placed(intent.action.verb, Where())
            seen = self._too_late(verb, scene, boot_id, None) or self._settled(verb, scene, boot_id)
            ended = ended_of(intent, as_cut_off(seen) if begins_anew(verb, seen, number) else seen)
        return hidden_act(ended) if is_masked(intent.action.summary) else ended

    def _settled(self, verb: Verb, scene: Scene, boot_id: str) -> Seen:
        """Return what became of an act that was begun before: as the host says; where it cannot tell, as a person says.

        A person's `redo` lets it in anew, which the gate does only after the old folder is gone.
        """
        seen = self._asked(verb, scene, boot_id)
        word = self._play.inputs.settled.get(self._work.host.name)
        if seen.verdict is not Verdict.UNKNOWN or word is None:
            return seen
        if word == "done":
            return Seen(Verdict.GOOD, changed=True, reason="a person says that it was done")
        if is_masked(verb):
            return Seen(Verdict.BAD, reason="its words were hidden and are not known any more, so it cannot be done again")
        if not isinstance(verb, CallPython):
            scene.session.gate.clean(scene.act)
        return perform(verb, replace(scene, begun=False, boot_id=boot_id))

    @staticmethod
    def _asked(verb: Verb, scene: Scene, boot_id: str) -> Seen:
        if isinstance(verb, CallPython):
            return Seen(Verdict.UNKNOWN, changed=True, reason=ASK_A_PERSON)
        if isinstance(verb, (Run, PutFile, Free)) and scene.boot_id != boot_id:
            return Seen(Verdict.UNKNOWN, changed=True, reason=f"the host was booted after it was begun; {ASK_A_PERSON}")
        if is_masked(verb) and isinstance(verb, (Run, PutFile, Job, Free)):
            report = poll(scene.session, scene.act, detached=isinstance(verb, Job))
            return seen_of(verb, report, report.output)
        return perform(verb, scene)

    def _placed(self, verb: Verb, where: Where) -> Verb:
        """Return the verb with the user's Python file where it lies: playbooks name it from their own folder."""
        return replace(verb, file=str(self._play.control_file(verb.file, where))) if isinstance(verb, CallPython) else verb

    def _prove(self, verb: LookAgain, place: Place) -> Seen:
        """Read the facts again and let the step judge what it wanted against what is there, until it is settled or patience is over."""
        end = self._doors.clock.monotonic() + verb.patience
        while True:
            proof = self._proof(verb, place)
            if not proof.settling or self._doors.clock.monotonic() >= end:
                return Seen(proof.verdict, reason=proof.reason, detail=proof.detail)
            self._doors.pause(verb.every)
            place.session.keep()

    @staticmethod
    def _proof(verb: LookAgain, place: Place) -> Proof:
        step = place.planned.step
        place.session.forget(verb.facts or ("*",))
        if step.verify is None:
            return Proof(Verdict.GOOD)
        facts = place.session.look((*step.needs, *verb.facts))
        return step.verify(place.planned.arguments, place.planned.context, facts)

    def _scene(self, place: Place, act: str, boot_id: str) -> Scene:
        become = self._becomes_root(place)
        prefix = () if become or not act else self._unprivileged(place.session)
        elsewhere = partial(self._delegates.asking, asker=self._work.host.name)
        return Scene(place.session, self._doors, act, elsewhere, boot_id, prefix, become)

    def _becomes_root(self, place: Place) -> bool:
        """Whether the task is root's: as the inventory says of the host that is acted on, else the task, else the play: Ansible's order."""
        said = LoginVariables(place.session.host).truth("become")
        if said is None:
            said = place.task.become
        return self._play.play.become if said is None else said

    def _unprivileged(self, session: Session) -> tuple[str, ...]:
        """Return the words that run a command as the login user, since the gate itself runs as root. Never falls back to root."""
        result = session.remote.run(Command(("id", "-un"), timeout=20.0))
        name = result.stdout.decode("utf-8", "replace").strip()
        if not result.ok or not name:
            raise HostError(session.host.name, "who we are logged in as cannot be told, so nothing is run as that user.")
        return () if name == "root" else ("runuser", "-u", name, "--")


def _bears(action: Action, seen: Seen) -> bool:
    """Whether a try to bring a service back failed on its own, so that the others still get theirs."""
    return bool(action.rung) and seen.verdict is Verdict.BAD and not seen.detail.get("refused")


def _output_of(seen: Sequence[Seen]) -> dict[str, Value]:
    """Return what `register` gets of the last command that was run; proofs and waits after it print nothing."""
    ran = [one for one in seen if one.status is not None or one.stdout]
    if not ran:
        return {}
    lines = ran[-1].stdout.rstrip("\n")
    return {"rc": ran[-1].status, "stdout": lines, "stdout_lines": lines.splitlines(), "output": ran[-1].output}
