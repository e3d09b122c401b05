"""The way back of one host that was not well after its upgrade: quarantine, the former versions, and the same proof once more."""

from collections.abc import Mapping

from healer.discovery import plugins
from healer.journal.queries import quarantine_words, quarantines
from healer.model.errors import HostError
from healer.model.events import Event, RollbackStarted, VersionQuarantined
from healer.model.facts import Verdict
from healer.platforms.packages.contract import PackageManager
from healer.rollout.context import PlayContext
from healer.rollout.doors import Doors
from healer.rollout.gatekeeping import AGAIN, Gatekeeper, Guarded
from healer.rollout.machine import HostState
from healer.rollout.planning import Known
from healer.rollout.rollback import SECTION, in_words, tasks_back, transaction_of
from healer.rollout.task_run import TaskRun
from healer.rollout.work import Trouble, Work


def known_versions(state: HostState, doors: Doors, frozen: Mapping[str, str]) -> Known:
    """Return what steps may know: what a canary proved, what is in quarantine, and in a rollback how the host was before."""
    before = (state.drained_by_us and state.before_drained) or state.before
    ran = before.get("restarts")
    former, latter = (state.rollback.former, state.rollback.latter) if state.rollback else ({}, {})
    barred = quarantine_words(quarantines(doors.past or doors.journal))
    return Known(frozen, barred, former, latter, tuple(ran) if isinstance(ran, Mapping) else ())


class Rollback:
    """Takes one host's upgrades back, where that can be proved. Goes on after a crash where it was, like everything else."""

    def __init__(self, play: PlayContext, doors: Doors, work: Work, tasks: TaskRun) -> None:
        """Bind the host."""
        self._play, self._doors, self._work, self._tasks = play, doors, work, tasks

    @property
    def _state(self) -> HostState:
        return self._work.run.host(self._play.index, self._work.host.name)

    def concerns(self, bad: Trouble) -> bool:
        """Whether the trouble is one that going back may cure: the host is not well, for sure, after an upgrade whose end is known."""
        known = bad.terminal == "failed" and self._state.open is None
        return known and bool(transaction_of(self._work.run, self._play.index, self._work.host.name).former)

    def go(self, why: str, gate: Gatekeeper, guarded: Guarded) -> Trouble:
        """Go back, and return how the host ends: `failed` where it is proved to be well again, else it is to be held."""
        begun = self._state.rollback or self._begin(why)
        self._quarantine(begun)
        self._tasks.turns.before_disruption = gate.drain_again
        tasks = tasks_back(begun.former, self._play.play, allowed=self._play.policy.rollback)
        trouble = guarded(lambda: self._tasks.run(tasks, SECTION))
        if trouble is not None or not self._is_back():
            return self._stuck(begun, trouble.reason if trouble else "--skip-tags always leaves it out")
        bad = gate.prove(AGAIN)
        back = f"{begun.reason}; rolled back to {in_words(begun.former)}"
        if bad is not None:
            return Trouble("held", f"{back}, but it is not well: {bad.reason}")
        return Trouble("failed", f"{back}, and well again")

    def _begin(self, why: str) -> RollbackStarted:
        host = self._work.host.name
        transaction = transaction_of(self._work.run, self._play.index, host)
        begun = RollbackStarted(host, self._play.index, why, transaction.former, transaction.latter)
        self._write(begun)
        return begun

    def _quarantine(self, begun: RollbackStarted) -> None:
        """Put every version into quarantine that the upgrade brought, once: which of them is to blame cannot be told.

        After a crash a person may have released one already.
        """
        told = [one.event for one in self._doors.journal.about(begun.host, ("version_quarantined",)) if one.run == self._play.inputs.run]
        mine = {(event.package, event.version) for event in told if isinstance(event, VersionQuarantined)}
        known = {*mine, *quarantines(self._doors.journal)}
        for package, version in sorted(begun.latter.items()):
            if version and (package, version) not in known:
                self._write(VersionQuarantined(self._work.host.name, package, version, begun.reason))

    def _is_back(self) -> bool:
        """Whether the packages went back, whatever came after."""
        first = self._work.run.results.of(self._work.host.name).get(self._play.address(SECTION, 0))
        return first is not None and first.verdict is Verdict.GOOD

    def _stuck(self, begun: RollbackStarted, obstacle: str) -> Trouble:
        if self._is_back():
            return Trouble("held", f"{begun.reason}; rolled back to {in_words(begun.former)}, but then: {obstacle}")
        return Trouble("held", f"{begun.reason}; not rolled back: {obstacle}{self._by_hand(begun.former)}")

    def _by_hand(self, former: Mapping[str, str]) -> str:
        try:
            name = self._work.session.look(("package_manager",)).get("package_manager")
            manager = plugins("healer.platforms.packages", PackageManager).get(str(name))
            had = {package: version for package, version in former.items() if version}
            return f"; by hand: {manager.back.command(had)}" if manager and manager.back else ""
        except (HostError, ValueError):
            return ""

    def _write(self, event: Event) -> None:
        self._work.write(event)
