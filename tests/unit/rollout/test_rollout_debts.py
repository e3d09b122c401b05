"""What of a debt still stands, and which tasks of a play pay it."""

from dataclasses import replace

import pytest

from healer.model.action import Owe
from healer.model.facts import Facts, StaleProcess, StaleProcesses, Unknown
from healer.model.playbook import Play, Rolling, Task, Where
from healer.rollout.debts import conffiles, merged, out_elsewhere, owes_undrain, payers, still, undrain, way_back

TWO = Owe("restart", "a.service runs replaced code (x); b.service runs replaced code (y)", items=("a.service", "b.service"))
ONE = Owe("restart", "b.service runs replaced code (y)", items=("b.service",))


def stale(*units: str, unreadable: int = 0) -> Facts:
    """Return facts in which these units run replaced code."""
    processes = tuple(StaleProcess(9, 1, "x", "service", unit, ("/lib/x",)) for unit in units)
    return Facts({"stale_processes": StaleProcesses(processes, unreadable)})


@pytest.mark.parametrize(
    ("facts", "left"),
    [
        (stale("a.service", "b.service"), TWO),
        (stale("b.service", "c.service"), ONE),
        (stale(), None),
        (stale(unreadable=3), TWO),
        (Facts({"stale_processes": Unknown("no root")}), TWO),
        (Facts(), TWO),
    ],
)
def test_a_restart_is_owed_as_long_as_the_old_code_runs(facts: Facts, left: Owe | None) -> None:
    """What runs new code is paid, whoever restarted it; what cannot be seen stays owed."""
    assert left == still(TWO, facts)


def test_a_debt_of_an_older_journal_stays() -> None:
    """Without items nobody can tell what exactly is owed."""
    assert Owe("restart", "a is stale") == still(Owe("restart", "a is stale"), stale())


def test_other_debts_are_not_judged() -> None:
    """A debt for which no fact speaks is paid by its own task only."""
    debt = Owe("manual", "ask somebody", items=("somebody",))
    assert debt == still(debt, stale())


def test_a_file_is_to_be_merged_as_long_as_it_is_there() -> None:
    """Each file leaves the debt when it is gone."""
    debt = conffiles(["/etc/a.dpkg-dist", "/etc/my b.dpkg-dist"])
    assert "diff -u /etc/a /etc/a.dpkg-dist; diff -u '/etc/my b' '/etc/my b.dpkg-dist'" == debt.detail
    left = still(debt, Facts({"conffiles_left": ("/etc/a.dpkg-dist", "/etc/other.dpkg-dist")}))
    assert conffiles(["/etc/a.dpkg-dist"]) == left
    assert still(debt, Facts({"conffiles_left": ()})) is None


def test_debts_add_up() -> None:
    """What was owed before stays owed beside the new, each thing once."""
    assert TWO == merged(Owe("restart", "a.service runs replaced code (x)", items=("a.service",)), TWO)
    assert Owe("reboot", "new") == merged(Owe("reboot", "old"), Owe("reboot", "new"))


RESTART = Task("Restart", "restart_stale", {})
BOOT = Task("Boot", "reboot", {"policy": "auto"})


def play(*tasks: Task, **fields: object) -> Play:
    """Return a play of these tasks."""
    return Play("", "web", tasks=tasks, **fields)  # type: ignore[arg-type]  # a test names the fields


def test_boots_pay_before_restarts() -> None:
    """A boot makes restarts needless."""
    assert {"reboot": (BOOT,), "restart": (RESTART,)} == payers(play(RESTART, BOOT))
    assert ["reboot", "restart"] == list(payers(play()))


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (replace(RESTART, when=("patched.changed", "facts.load.one < 4")), (replace(RESTART, when=("facts.load.one < 4",)),)),
        (replace(RESTART, when=("patched is changed or patched.failed",)), (RESTART,)),
        (replace(RESTART, when=("patched.packages | default([]) | length > 0",)), (RESTART,)),
        (replace(RESTART, when=("patched.changed and not is_primary",)), ()),
        (replace(RESTART, when=("patched['changed']",)), (RESTART,)),
        (replace(RESTART, when=("patched.reason == 'changed'",)), ()),
        (replace(RESTART, when=("role != 'patched'",)), (replace(RESTART, when=("role != 'patched'",)),)),
        (replace(RESTART, when=("patched.packages | first is match('web')",)), ()),
        (replace(RESTART, when=("guard.rc == 0",)), ()),
        (replace(RESTART, when=("guarded",)), ()),
        (replace(RESTART, register="patched"), (RESTART,)),
        (replace(RESTART, until=("result.changed",)), (RESTART,)),
        (replace(RESTART, arguments={"only": "{{ patched.packages }}"}), ()),
        (replace(RESTART, arguments={"only": "{{ later }}"}), ()),
        (replace(RESTART, arguments={"only": "{{ much_later }}"}), ()),
        (replace(RESTART, arguments={"only": "{{ 'patched' }}"}), (replace(RESTART, arguments={"only": "{{ 'patched' }}"}),)),
        (replace(RESTART, arguments={"only": "patched"}), (replace(RESTART, arguments={"only": "patched"}),)),
        (replace(RESTART, delegate_to="other"), ()),
    ],
)
def test_a_task_pays_as_it_stands_alone(task: Task, expected: tuple[Task, ...]) -> None:
    """Whether an upgrade changed something is left out; other conditions and arguments that need results, and other hosts' tasks, do not pay."""
    first, guard = Task("Upgrade", "packages", {}, register="patched"), Task("Ask", "command", "may I", register="guard")
    known = {"much_later": "{{ later }}", "later": "{{ patched.packages }}", "guarded": "{{ guard.rc == 0 }}"}
    assert expected == payers(play(first, guard, task, vars=known))["restart"]


LB_IN = Rolling(drain=(Task("", "command", "lb out"),), undrain=(Task("", "command", "lb in"),))


def test_the_way_back_is_known_by_its_tasks() -> None:
    """The same undrain section pays, wherever in its file it stands; another does not, and none does not."""
    owed = (undrain("r1", play(rolling=LB_IN)),)
    moved = replace(LB_IN, undrain=(replace(LB_IN.undrain[0], where=Where("other.yml", 3, 4)),))
    other = replace(LB_IN, undrain=(Task("", "command", "other lb in"),))
    assert (True, True) == (owes_undrain(owed, play(rolling=LB_IN)), owes_undrain(owed, play(rolling=moved)))
    assert (False, False) == (owes_undrain(owed, play(rolling=other)), owes_undrain(owed, play()))
    assert not owes_undrain((Owe("reboot", "kernel"),), play(rolling=LB_IN))


@pytest.mark.parametrize(
    ("owed", "mine", "expected"),
    [
        ((), LB_IN, False),
        ((Owe("reboot", "kernel"),), LB_IN, False),
        ((undrain("r1", play(rolling=LB_IN)),), LB_IN, False),
        ((undrain("r1", play(rolling=LB_IN)),), Rolling(), True),
        ((Owe("undrain", "out", items=(way_back(play(rolling=LB_IN)), "another")),), LB_IN, True),
        ((Owe("undrain", "out"),), LB_IN, True),
        ((undrain("r1", play(rolling=replace(LB_IN, undrain=()))),), Rolling(), True),
    ],
)
def test_a_host_stays_out_while_a_way_back_is_owed_that_the_play_does_not_know(
    owed: tuple[Owe, ...], mine: Rolling, expected: bool
) -> None:
    """One of the play's own is none of these; one that nobody can tell, or that another play owes as well, is."""
    assert expected == out_elsewhere(owed, play(rolling=mine))


def test_the_way_back_is_another_where_its_words_mean_something_else() -> None:
    """The tasks read the same, but the play's variables behind them lead to another load balancer."""
    rolling = replace(LB_IN, undrain=(Task("", "command", "{{ balancer }} in"),))
    one, two = ({"balancer": "{{ name }} lb", "name": name, "scope": name} for name in ("first", "second"))
    owed = (undrain("r1", play(rolling=rolling, vars=one)),)
    assert owes_undrain(owed, play(rolling=rolling, vars={**one, "scope": "all"}))
    assert not owes_undrain(owed, play(rolling=rolling, vars=two))
