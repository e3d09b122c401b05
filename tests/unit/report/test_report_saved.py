"""A saved plan is shown as the dry run that it was made of."""

from healer.model.action import Act, Action, Job, Owe, Skip
from healer.playbook.load import parse_playbook
from healer.report.host_plan import AT_RUN_TIME, Left
from healer.report.saved import saved_view
from healer.rollout.planning import steps

BOOK = b"""
- name: Patch
  hosts: all
  prepare:
    - packages: {state: refreshed}
  tasks:
    - name: Upgrade
      packages: {}
    - name: Boot
      reboot: auto
"""
PLAYBOOK = parse_playbook(BOOK, file="patch.yml", steps=steps())
UPGRADE = Act((Action("upgrade", Job("sh")),), versions={"openssl": "2"}, forecast=("reboot: dbus stays",))
DECISIONS = {
    "h1": {"0/prepare/0": Skip("saved"), "0/tasks/0": UPGRADE, "0/tasks/1": Skip(AT_RUN_TIME, (Owe("reboot", "no window"),))},
    "h2": {"0/tasks/0": Skip("no update"), "9/tasks/0": Skip("a"), "0/tasks/7": Skip("b"), "0/nowhere/0": Skip("c"), "": Skip("d")},
}


def test_tasks_are_named_by_the_playbook() -> None:
    """A task is called by its name, or by its step where it has none."""
    first = saved_view(DECISIONS, PLAYBOOK, ("h1",)).groups[0].plan
    assert (("Boot",), (Left("packages", "saved"),)) == (first.at_run_time, first.skipped)


def test_the_reboot_task_is_known() -> None:
    """What stands against a reboot comes from the task whose step it is."""
    assert ("owed", "no window") == (
        saved_view(DECISIONS, PLAYBOOK, ("h1",)).groups[0].plan.reboot.state,
        saved_view(DECISIONS, PLAYBOOK, ("h1",)).groups[0].plan.reboot.against,
    )


def test_hosts_with_and_without_work() -> None:
    """A host for which only skips were saved has nothing to do; so has one of which nothing was saved."""
    view = saved_view(DECISIONS, PLAYBOOK, ("h1", "h2", "h3"))
    assert ["would change", "nothing to do", "nothing to do"] == [group.plan.result for group in view.groups]


def test_an_address_that_names_no_task_is_shown_as_it_is() -> None:
    """Nothing of a plan is left out because its playbook lacks the place."""
    skipped = saved_view(DECISIONS, PLAYBOOK, ("h2",)).groups[0].plan.skipped
    assert ["Upgrade", "9/tasks/0", "0/tasks/7", "0/nowhere/0", ""] == [left.task for left in skipped]
