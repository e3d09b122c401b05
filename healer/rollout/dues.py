"""What one host owes from earlier runs when a play comes to it, and what is done about that before the play's own tasks."""

from collections.abc import Iterable

from healer.model.action import Owe
from healer.model.facts import Facts
from healer.model.playbook import Task
from healer.rollout.context import PlayContext
from healer.rollout.debt_book import DebtBook
from healer.rollout.debts import WITNESSES, owes_undrain, payers
from healer.rollout.machine import section_of
from healer.rollout.work import Work


class Dues:
    """`owed` is what earlier runs have left. A saved plan is applied as it is saved, and a dry run pays nothing."""

    def __init__(self, play: PlayContext, work: Work, book: DebtBook, owed: Iterable[Owe]) -> None:
        """Bind the host."""
        self._play, self._work, self._book = play, work, book
        self._owed = {} if play.inputs.check else {debt.kind: debt for debt in owed}

    @property
    def comes_back(self) -> bool:
        """Whether an earlier run took the host out of service and this play knows the way back."""
        return owes_undrain(self._owed.values(), self._play.play)

    def witnesses(self) -> set[str]:
        """Return the facts that show what has been paid meanwhile."""
        return {WITNESSES[kind] for kind in self._owed if kind in WITNESSES}

    def review(self, facts: Facts) -> None:
        """Strike out what these facts show to be done."""
        if self._owed:
            self._book.review(facts, WITNESSES)

    def sections(self) -> list[tuple[str, tuple[Task, ...]]]:
        """Return what is run between `pre_tasks` and `tasks`, as sections of names of their own; those that a crash cut come again."""
        if self._play.inputs.saved is not None:
            return []
        kinds = payers(self._play.play).items()
        return [(f"debts-{kind}", tasks) for kind, tasks in kinds if tasks and self._is_due(kind)]

    def _is_due(self, kind: str) -> bool:
        begun = any(section_of(address) == f"debts-{kind}" and self._play.owns(address) for address in self._decided())
        return begun or (kind in self._owed and kind in self._book.standing())

    def _decided(self) -> Iterable[str]:
        return self._work.run.decisions.of(self._work.host.name)
