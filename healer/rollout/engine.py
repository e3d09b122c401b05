"""The loop: ask the pure scheduler, let hosts start, wait for news, ask again. It decides nothing and prints nothing."""

import queue
from collections.abc import Callable, Mapping, Sequence

from healer.model.action import Act
from healer.model.events import PlayStarted, RunHalted, SlotTaken, VersionsFrozen
from healer.model.facts import Identity, OsRelease, Verdict
from healer.model.policy import FrozenVersions, Member
from healer.rollout.context import PlayContext
from healer.rollout.doors import Doors
from healer.rollout.fleet import fleet_of
from healer.rollout.host_run import Crew, HostRun, release_key
from healer.rollout.recorder import Recorder
from healer.rollout.scheduler import Decision, decide
from healer.rollout.work import Delegates

WAKE = 1.0
"""Seconds after which the scheduler is asked again though nothing was heard: the time may have changed its mind."""


class PlayRun:
    """One play over its hosts."""

    def __init__(self, play: PlayContext, members: Sequence[Member], doors: Doors, recorder: Recorder) -> None:
        """Bind the play; hosts get their drivers, nothing is connected yet."""
        self._play, self._members, self._doors, self._recorder = play, members, doors, recorder
        self._delegates = Delegates(play.inputs.inventory, doors, play.inputs.run)
        groups = {member.host: member.group for member in members}
        self._crew = Crew(play, doors, recorder, self._delegates, groups)
        self._news: queue.Queue[BaseException | None] = queue.Queue()
        self._busy = 0
        self._runs: dict[str, HostRun] = {}

    def run(self, held: Mapping[str, str]) -> None:
        """Carry the play to its end. `held` are hosts that a person has to look at first, with the reason.

        Raises Stopped when the run was asked to stop, JournalError when nothing can be recorded any more.
        """
        targets = tuple(member.host for member in self._members if member.touchable)
        if self._play.index not in self._recorder.state.plays:
            self._recorder.write(PlayStarted(self._play.index, self._play.play.name, targets))
        self._runs = {member.host: HostRun(self._play.inputs.inventory.hosts[member.host], self._crew) for member in self._members}
        try:
            self._end_held(held)
            self._first_looks()
            if self._play.inputs.check:
                self._forecast()
            else:
                self._roll()
        finally:
            self._drain_news()
            for host_run in self._runs.values():
                host_run.session.close()
            self._delegates.close()

    def _end_held(self, held: Mapping[str, str]) -> None:
        for member in self._members:
            if member.touchable and member.host in held and self._pending(member.host):
                self._runs[member.host].end("held", held[member.host])

    def _pending(self, host: str) -> bool:
        return self._recorder.state.host(self._play.index, host).stage in ("pending", "looked", "prepared")

    def _first_looks(self) -> None:
        """Look at every host at once, settle what a crash left open, then prepare: nothing here uses a slot."""
        waiting = [member for member in self._members if self._pending(member.host)]
        self._all(waiting, lambda member: self._runs[member.host].look(touchable=member.touchable))
        self._refuse_twins()
        targets = [member for member in waiting if member.touchable and self._pending(member.host)]
        if self._play.play.prepare and not self._play.inputs.check:
            unprepared = [m for m in targets if self._recorder.state.host(self._play.index, m.host).stage == "looked"]
            self._all(unprepared, lambda member: self._runs[member.host].prepare())
        self._all([m for m in self._members if self._unsettled(m.host)], lambda member: self._runs[member.host].settle())

    def _unsettled(self, host: str) -> bool:
        state = self._recorder.state.host(self._play.index, host)
        return state.stage == "ended" and state.open is not None and not self._play.inputs.check

    def _all(self, members: Sequence[Member], work: Callable[[Member], None]) -> None:
        for member in members:
            self._submit(lambda member=member: work(member))  # type: ignore[misc]  # binds the loop's value
        while self._busy:
            self._hear(None)

    def _submit(self, work: Callable[[], None]) -> None:
        self._busy += 1
        future = self._doors.executor.submit(work)
        future.add_done_callback(lambda done: self._news.put(done.exception()))

    def _hear(self, timeout: float | None) -> None:
        """Wait for one worker to finish. What stops the run is raised here; the others finish first (see run)."""
        try:
            trouble = self._news.get(timeout=timeout)
        except queue.Empty:
            return
        self._busy -= 1
        if trouble is not None:
            self._doors.stop.set()
            raise trouble

    def _drain_news(self) -> None:
        while self._busy:
            self._news.get()
            self._busy -= 1

    def _refuse_twins(self) -> None:
        """End the second of two names for one machine: two slots must never act on the same host."""
        seen: dict[str, str] = {}
        for member in self._members:
            identity = self._runs[member.host].session.known().get("identity")
            if not isinstance(identity, Identity) or not identity.machine_id:
                continue
            first = seen.setdefault(identity.machine_id, member.host)
            if first != member.host and member.touchable and self._pending(member.host):
                self._runs[member.host].end("refused", f"is the same machine as {first} (machine-id {identity.machine_id})")

    def _roll(self) -> None:
        started: set[str] = set()
        while True:
            self._doors.check_stop()
            decision = self._decide()
            self._doors.waiting(decision.waits)
            self._carry_out(decision, started)
            self._go_on_after_crash(started)
            if decision.done and not self._busy:
                return
            self._hear(WAKE)

    def _forecast(self) -> None:
        targets = [member for member in self._members if member.touchable and self._pending(member.host)]
        self._all(targets, lambda member: self._runs[member.host].forecast())

    def _decide(self) -> Decision:
        fleet = fleet_of(self._recorder.state, self._play.index, self._members, prepares=bool(self._play.play.prepare))
        return decide(fleet, self._play.policy, self._members)

    def _carry_out(self, decision: Decision, started: set[str]) -> None:
        if decision.halt and not self._recorder.state.halted:
            self._recorder.write(RunHalted(decision.halt))
        for host, (terminal, reason) in decision.ended.items():
            self._runs[host].end(terminal, reason)
        for start in decision.start:
            self._recorder.write(SlotTaken(start.host, self._play.index, start.role))
            started.add(start.host)
            self._submit(lambda host=start.host: self._slot(host))  # type: ignore[misc]  # binds the loop's value

    def _go_on_after_crash(self, started: set[str]) -> None:
        """Give hosts that were in a slot when the control node died back to a worker."""
        for member in self._members:
            state = self._recorder.state.host(self._play.index, member.host)
            if state.in_slot and member.host not in started:
                started.add(member.host)
                self._submit(lambda host=member.host: self._slot(host))  # type: ignore[misc]  # binds the loop's value

    def _slot(self, host: str) -> None:
        self._runs[host].slot()
        self._freeze_versions(host)

    def _freeze_versions(self, host: str) -> None:
        """Write down what the host proved: the canary's versions first, later those of packages that no canary has."""
        state = self._recorder.state.host(self._play.index, host)
        release = self._runs[host].session.known().read("os_release", OsRelease)
        if state.terminal != "changed" or not isinstance(release, OsRelease):
            return
        group, key = self._crew.groups[host], release_key(release)
        proved = self._recorder.state.frozen.get(group, {}).get(key)
        known = proved.versions if proved else {}
        fresh = {name: version for name, version in self._versions(host).items() if name not in known}
        if fresh:
            self._recorder.write(VersionsFrozen(group, FrozenVersions(key, fresh)))

    def _versions(self, host: str) -> dict[str, str]:
        """Return the versions that good tasks of this host have installed."""
        state = self._recorder.state
        versions: dict[str, str] = {}
        for address, planned in state.decisions.of(host).items():
            ended = state.results.get((host, address))
            if isinstance(planned.decision, Act) and ended is not None and ended.verdict is Verdict.GOOD:
                versions.update(planned.decision.versions)
        return versions
