"""The loop: ask the pure scheduler, let hosts start, wait for news, ask again. It decides nothing and prints nothing."""

import queue
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from healer.journal.queries import debt_history, debts_before, standing_debts
from healer.model.action import Owe, Reboot
from healer.model.errors import JournalError
from healer.model.events import HostLooked, PlayStarted, RunHalted, SlotTaken
from healer.model.facts import Identity, Verdict
from healer.model.policy import Member
from healer.rollout.context import PlayContext
from healer.rollout.crew import Crew
from healer.rollout.debts import out_elsewhere, owes_undrain
from healer.rollout.doors import Doors, Stopped
from healer.rollout.durations import HISTORY, expected, play_key
from healer.rollout.fleet import Fleet, fleet_of
from healer.rollout.host_run import HostRun
from healer.rollout.machine import HostState
from healer.rollout.recorder import Recorder
from healer.rollout.scheduler import Decision, decide
from healer.rollout.surveying import survey_needs, surveys, unread
from healer.rollout.work import Delegates

WAKE = 1.0
"""Seconds after which the scheduler is asked again though nothing was heard: the time may have changed its mind."""


class _Freed:
    """The news that a host has ended, though its worker still hangs up: another may start already."""


class PlayRun:
    """One play over its hosts."""

    def __init__(self, play: PlayContext, members: Sequence[Member], doors: Doors, recorder: Recorder) -> None:
        """Bind the play; hosts get their drivers, nothing is connected yet."""
        self._play, self._doors, self._recorder = play, doors, recorder
        history = () if play.inputs.check else debt_history(doors.journal)
        owed, standing = debts_before(history, recorder.run), standing_debts(history)
        self._members = _with_past(play, members, doors, owed)
        self._drained = frozenset(host for host, debts in owed.items() if owes_undrain(debts, play.play))
        self._elsewhere = frozenset(host for host, debts in owed.items() if out_elsewhere(debts, play.play))
        self._delegates = Delegates(play.inputs.inventory, doors, play.inputs.run)
        groups = {member.host: member.group for member in members}
        self._news: queue.Queue[BaseException | _Freed | None] = queue.Queue()
        self._crew = Crew(play, doors, recorder, self._delegates, groups, owed, standing, freed=lambda: self._news.put(_Freed()))
        self._busy = 0
        self._runs: dict[str, HostRun] = {}

    def run(self, held: Mapping[str, str], busy: Mapping[str, str]) -> None:
        """Carry the play to its end. `held` are hosts that a person has to look at first, with the reason; `busy` those that
        another run of this node works on.

        Raises Stopped when the run was asked to stop, JournalError when nothing can be recorded any more; in both cases only after
        every worker has come to its end.
        """
        targets = tuple(member.host for member in self._members if member.touchable)
        if self._play.index not in self._recorder.state.plays:
            self._recorder.write(PlayStarted(self._play.index, self._play.play.name, targets))
        self._runs = {member.host: HostRun(self._play.inputs.inventory.hosts[member.host], self._crew) for member in self._members}
        self._delegates.own = {name: run.session for name, run in self._runs.items()}
        try:
            self._end_busy(busy)
            self._end_held(held)
            self._first_looks(held)
            if self._play.inputs.check:
                self._forecast()
            else:
                self._roll()
        finally:
            self._let_finish()

    def _let_finish(self) -> None:
        """Wait for the workers, hang up everywhere; what a worker could not record is raised whatever else ended the play."""
        lost: JournalError | None = None
        while self._busy:
            trouble = self._news.get()
            if isinstance(trouble, _Freed):
                continue
            self._busy -= 1
            if trouble is not None:
                self._doors.stop.set()
                lost = trouble if isinstance(trouble, JournalError) else lost
        for host_run in self._runs.values():
            host_run.way_out.hang_up()
        self._delegates.close()
        if lost is not None:
            raise lost

    def _end_busy(self, busy: Mapping[str, str]) -> None:
        """End the hosts whose budget group another run holds, before anything is asked of them."""
        for member in self._members:
            if member.touchable and member.host in busy and self._pending(member.host):
                self._runs[member.host].way_out.end("busy", busy[member.host])

    def _end_held(self, held: Mapping[str, str]) -> None:
        """End the hosts that are held; those outside of the limit count as out of service in their group."""
        for member in self._members:
            if member.host not in held or not self._pending(member.host):
                continue
            if member.touchable:
                self._runs[member.host].way_out.end("held", held[member.host])
            else:
                self._recorder.write(HostLooked(member.host, self._play.index, Verdict.BAD, held[member.host]))

    def _state(self, host: str) -> HostState:
        return self._recorder.state.host(self._play.index, host)

    def _pending(self, host: str) -> bool:
        return self._state(host).stage in ("pending", "looked", "prepared")

    def _first_looks(self, held: Mapping[str, str]) -> None:
        """Settle what a crash left open, look at every host at once, then prepare: nothing here uses a slot."""
        self._all([m for m in self._members if self._unsettled(m.host)], lambda run, _member: run.settle())
        waiting = [member for member in self._members if self._pending(member.host) and member.host not in held]
        witnessed = frozenset(survey_needs(self._play))
        self._all(waiting, lambda run, member: run.look(touchable=member.touchable, witnessed=witnessed))
        self._refuse_twins()
        if witnessed:
            self._survey()
        if self._play.play.prepare and not self._play.inputs.check:
            fleet = self._fleet()
            self._all([member for member in self._members if self._to_prepare(member, fleet)], lambda run, _member: run.prepare())

    def _survey(self) -> None:
        """Let the steps that want it see all hosts at once. What a dead process had read of them is read again first."""
        self._all([one for one in self._members if unread(self._runs[one.host])], lambda run, _member: run.see_again())
        runs = ((self._runs[member.host], member.group) for member in self._members)
        self._crew.surveys.update(surveys(self._play, self._doors, runs))

    def _to_prepare(self, member: Member, fleet: Fleet) -> bool:
        """Whether the host is prepared: not where the scheduler will not let it start anyway."""
        state = fleet.of(member.host)
        allowed = not fleet.halted and member.host not in fleet.left and not state.held
        return allowed and member.touchable and state.stage == "looked" and state.health is not Verdict.UNKNOWN

    def _unsettled(self, host: str) -> bool:
        """Whether an act is to be asked about before anything else: of a host that has ended, or on a host that others act on too."""
        state = self._state(host)
        if state.open is None or self._play.inputs.check:
            return False
        return state.stage == "ended" or (state.open.on not in ("", host) and not isinstance(state.open.action.verb, Reboot))

    def _all(self, members: Sequence[Member], work: Callable[[HostRun, Member], None]) -> None:
        crowded = len(self._members) > self._doors.most_logins
        for member in members:
            task = partial(work, self._runs[member.host], member)
            self._submit(self._runs[member.host], partial(_leaving, self._runs[member.host], task) if crowded else task)
        while self._busy:
            self._hear(None)

    def _submit(self, host_run: HostRun, work: Callable[[], None]) -> None:
        future = self._doors.executor.submit(partial(_bounded, host_run, work))
        self._busy += 1
        future.add_done_callback(lambda done: self._news.put(done.exception()))

    def _hear(self, timeout: float | None) -> None:
        """Wait for news, and take all that there is. What stops the run is raised here; the other workers finish first (see run)."""
        with suppress(queue.Empty):
            heard = [self._news.get(timeout=timeout)]
            while not self._news.empty():
                heard.append(self._news.get())
            self._take_in(heard)

    def _take_in(self, heard: Sequence[BaseException | _Freed | None]) -> None:
        ended = [one for one in heard if not isinstance(one, _Freed)]
        self._busy -= len(ended)
        troubles = sorted(filter(None, ended), key=lambda trouble: not isinstance(trouble, JournalError))
        if troubles:
            self._doors.stop.set()
            raise troubles[0]

    def _refuse_twins(self) -> None:
        """End the second of two names for one machine: two slots must never act on the same host."""
        seen: dict[str, str] = {}
        for member in self._members:
            identity = self._runs[member.host].session.known().get("identity")
            if not isinstance(identity, Identity) or not identity.machine_id:
                continue
            first = seen.setdefault(identity.machine_id, member.host)
            if first != member.host and member.touchable and self._pending(member.host):
                self._runs[member.host].way_out.end("refused", f"is the same machine as {first} (machine-id {identity.machine_id})")

    def _roll(self) -> None:
        started: set[str] = set()
        while True:
            self._doors.check_stop()
            decision = self._decide()
            with suppress(Exception):  # whoever shows it decides nothing
                self._doors.waiting(decision.waits)
            self._carry_out(decision, started)
            self._go_on_after_crash(started)
            if decision.done and not self._busy:
                return
            if self._busy:
                self._hear(WAKE)
            elif not decision.start and not decision.ended:
                self._end_stuck(decision)

    def _end_stuck(self, decision: Decision) -> None:
        """End the hosts that wait though nobody is at work: nothing could ever wake the loop for them."""
        for host, reason in decision.waits.items():
            self._runs[host].way_out.end("not_started", f"{reason}; but nothing is under way that could change it")

    def _forecast(self) -> None:
        targets = [member for member in self._members if member.touchable and self._pending(member.host)]
        self._all(targets, lambda run, _member: run.forecast())

    def _fleet(self) -> Fleet:
        state, prepares = self._recorder.state, bool(self._play.play.prepare)
        return fleet_of(state, self._play.index, self._members, prepares=prepares, drained=self._drained, elsewhere=self._elsewhere)

    def _decide(self) -> Decision:
        return decide(self._fleet(), self._play.policy, self._members)

    def _carry_out(self, decision: Decision, started: set[str]) -> None:
        if decision.halt and not self._recorder.state.halted:
            self._recorder.write(RunHalted(decision.halt))
        for host, (terminal, reason) in decision.ended.items():
            self._runs[host].way_out.end(terminal, reason)
        for start in decision.start:
            self._recorder.write(SlotTaken(start.host, self._play.index, start.role))
            started.add(start.host)
            self._submit(self._runs[start.host], self._runs[start.host].slot)

    def _go_on_after_crash(self, started: set[str]) -> None:
        """Give hosts that were in a slot when the control node died back to a worker."""
        for member in self._members:
            if self._state(member.host).in_slot and member.host not in started:
                started.add(member.host)
                self._submit(self._runs[member.host], self._runs[member.host].slot)


def _with_past(
    play: PlayContext, members: Sequence[Member], doors: Doors, owed: Mapping[str, Sequence[Owe]]
) -> tuple[Member, ...]:  # fmt: skip
    """Return the members with what is known of them from earlier runs: who owes something, and how long they need."""
    if play.inputs.check:
        return tuple(members)
    history = doors.journal.about("", ("run_ended",), HISTORY) if len(members) > 1 else ()
    key = play_key(play.inputs.playbook.file, play.index, play.play.name)
    seconds = expected(history, key, [member.host for member in members])
    return tuple(replace(member, owes=member.host in owed, seconds=seconds.get(member.host, 0.0)) for member in members)


def _leaving(host_run: HostRun, work: Callable[[], None]) -> None:
    """Do the work and log out: whoever waits for a slot in a large fleet must not keep a connection and a thread meanwhile."""
    try:
        work()
    finally:
        host_run.session.drop()


def _bounded(host_run: HostRun, work: Callable[[], None]) -> None:
    """Do a worker's work. Only a stop and a journal that cannot be written concern the whole run; the rest ends this one host."""
    try:
        work()
    except (Stopped, JournalError):
        raise
    except Exception as error:  # noqa: BLE001  the one worker boundary: a defect met on one host must not strand the others
        host_run.way_out.break_off(error)
