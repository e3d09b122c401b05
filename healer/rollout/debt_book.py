"""The debts of one host: written down before they arise, struck out when they are paid, by whomever.

While a run works on a host nobody else writes its debts: what stood when the play began and what was written since is all that stands.
"""

from collections.abc import Iterable

from healer.journal.queries import health_before
from healer.model.action import Owe
from healer.model.events import DebtOwed, DebtPaid
from healer.model.facts import Facts
from healer.rollout.context import PlayContext
from healer.rollout.debts import RESTART, UNDRAIN, merged, put_back, still
from healer.rollout.doors import Doors
from healer.rollout.work import Work


class DebtBook:
    """Owned by the thread that works on the host. A dry run writes nothing."""

    def __init__(self, play: PlayContext, doors: Doors, work: Work) -> None:
        """Bind the host."""
        self._play, self._doors, self._work = play, doors, work
        self._standing: dict[str, Owe] = {}

    def open(self, standing: Iterable[Owe]) -> None:
        """Take over what the journal holds, whichever run has left it."""
        self._standing = {debt.kind: debt for debt in standing}

    def standing(self) -> dict[str, Owe]:
        """Return what is owed now, by kind."""
        return dict(self._standing)

    def owe(self, owed: Iterable[Owe]) -> None:
        """Write the debts down, beside what was owed before. Each is told once a run, so that the run knows what it leaves."""
        new = tuple(owed)
        if not new or self._play.inputs.check:
            return
        before = self.standing()
        for debt in new:
            whole = merged(before.get(debt.kind), debt)
            if whole not in self._work.run.host(self._play.index, self._work.host.name).debts:
                self._write(whole)

    def pay(self, kinds: Iterable[str]) -> None:
        """Strike out the debts of these kinds that stand."""
        wanted = set(kinds)
        for kind in self.standing() if wanted and not self._play.inputs.check else ():
            if kind in wanted:
                self._strike(kind)

    def returned(self) -> None:
        """Strike out that the play owes the way back into service; what other plays owe of it stays."""
        standing = self.standing().get(UNDRAIN)
        if standing is not None and not self._play.inputs.check:
            self._put(standing, put_back(standing, self._play.play))

    def restore(self, before: Iterable[Owe], incurred: Iterable[Owe]) -> None:
        """Take debts back that did not arise after all: what was owed `before` is what is owed."""
        earlier = {debt.kind: debt for debt in before}
        for kind in {debt.kind for debt in incurred}:
            self._put(self.standing().get(kind), earlier.get(kind))

    def review(self, facts: Facts, kinds: Iterable[str] | None = None) -> None:
        """Strike out whatever the host shows to be done, all or part of it; `kinds` None means all kinds that can be seen."""
        if self._play.inputs.check:
            return
        wanted = None if kinds is None else set(kinds)
        for kind, debt in self.standing().items():
            if wanted is None or kind in wanted:
                self._put(debt, still(debt, facts))

    def review_restarts(self) -> None:
        """Look, where restarts are owed, which of them still are. Raises HostError."""
        if not self._play.inputs.check and RESTART in self.standing():
            self.review(self._work.session.look(("stale_processes",)), (RESTART,))

    def failed_before(self) -> list[str] | None:
        """Return which units had failed before an earlier run took the host out of service; None when that is not known."""
        return health_before(self._doors.journal, self._work.host.name)

    def _put(self, standing: Owe | None, left: Owe | None) -> None:
        if standing is not None and left is None:
            self._strike(standing.kind)
        elif left is not None and left != standing:
            self._write(left)

    def _write(self, debt: Owe) -> None:
        self._work.write(DebtOwed(self._work.host.name, debt))
        self._standing[debt.kind] = debt

    def _strike(self, kind: str) -> None:
        self._work.write(DebtPaid(self._work.host.name, kind))
        del self._standing[kind]
