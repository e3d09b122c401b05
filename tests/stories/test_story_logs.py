"""One pass over full disks: what the bundled playbook would do, and the policies that it refuses to begin with."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from world import World

from healer.cli.forecast import drawn
from healer.model.errors import PlaybookError
from healer.model.facts import Disk
from healer.model.logs import LogFile, LogFiles, Opener, Toolbox
from healer.report.forecast import PlanView, plan_view, totals

PLAYBOOK = (Path(__file__).parents[2] / "playbooks" / "logs.yml").read_text(encoding="utf-8").replace("hosts: all", "hosts: web")
MB, GB = 10**6, 10**9
NOW = 1767787200.0
DAY = 86400.0


def disk(used: int) -> Disk:
    """Return a disk of 10 GB of which so many percent are used."""
    return Disk("/", "/dev/x", "ext4", 10 * GB, used * GB // 10, (100 - used) * GB // 10, 100_000, 5_000, read_only=False)


def log(path: str, size: int, inode: int, *openers: Opener, links: int = 1) -> LogFile:
    """Return a log on that disk, last written a week ago."""
    whole = size // 4096 * 4096
    return LogFile(path, "/", 7, inode, links, whole, whole, 4096, "640", 0, 0, NOW - 7 * DAY, openers)


APP = Opener(7, 70, 3, "app", "app.service", "write", append=True, position=0)
FILES = (
    log("/var/log/app.log", 2 * GB, 11, APP),
    log("/var/log/app.log.1", 300 * MB, 12),
    log("/var/log/linked.log", 500 * MB, 13, APP, links=2),
    log("/var/log/mysql/binlog.000001", 900 * MB, 14),
)


def world(*, used: int = 92, **variables: object) -> World:
    """Return two hosts: the disk of `a` is so full, that of `b` is half empty. The variables are those of `a`."""
    made = World(["a", "b"], {"a": variables})
    for name, percent in (("a", used), ("b", 50)):
        made[name].facts |= {"disks": (disk(percent),), "log_files": LogFiles(FILES), "toolbox": Toolbox("perl", ("ext4",), ("ext4",))}
    return made


def planned(made: World, **options: object) -> tuple[PlanView, str]:
    """Return what the playbook would do, and how it is drawn."""
    report = made.run(PLAYBOOK, check=True, **options)
    view = plan_view(made.journal.events(report.run))
    page = Console(file=io.StringIO(), width=160)
    page.print(*drawn(view), sep="\n", markup=False, highlight=False)
    assert isinstance(page.file, io.StringIO)
    return view, page.file.getvalue()


def test_the_plan_says_what_would_come_from_where_and_what_is_left() -> None:
    """The rotated log goes first, the open one next, in order and with the reasons; what is data, or has two names, is left alone."""
    view, page = planned(world())
    lines = [line for group in view.groups if "a" in group.hosts for line in group.plan.room]
    taken = [line for line in lines if line.strip()[:2] in ("1.", "2.")]
    assert ["/var/log/app.log.1" in taken[0], "/var/log/app.log " in taken[1], "collapse" in taken[1]] == [True, True, True], lines
    left = "\n".join(lines[lines.index("left alone:") :])
    assert ["/var/log/linked.log" in left, "hard links" in left, "binlog.000001" in left] == [True, True, True], left
    assert [group.hosts for group in view.groups if group.plan.work] == [("a",)]
    assert "2.3 GB given back" in totals(view)
    assert ("Take what was renamed",) == next(group.plan.at_run_time for group in view.groups if group.plan.work)
    assert 1 == page.count("/var/log/app.log.1")


def test_a_host_with_room_is_left_alone() -> None:
    """Below the trigger nothing is planned, and nothing is done on any host of a dry run."""
    made = world(used=60)
    view, _page = planned(made)
    assert {"nothing to do"} == {group.plan.result for group in view.groups}
    assert ([], []) == (made["a"].what, made["b"].what)


def test_the_policy_of_one_host_is_its_own() -> None:
    """Variables of the inventory set the policy for that host alone; those of the command line win."""
    view, _page = planned(world(used=60, logs_over="55%", logs_target="50%"))
    assert [("a",)] == [group.hosts for group in view.groups if group.plan.work]
    view, _page = planned(world(used=60, logs_over="55%", logs_target="50%"), extra={"logs_over": "90%"})
    assert [] == [group.hosts for group in view.groups if group.plan.work]


def test_what_discards_says_so_in_the_plan() -> None:
    """Without an archive each line says that nothing is kept."""
    view, _page = planned(world(logs_archive=False))
    lines = [line for group in view.groups for line in group.plan.room if line.strip()[:2] in ("1.", "2.")]
    assert lines
    assert all("not kept" in line for line in lines), lines
    assert not [line for line in lines if "archived" in line]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"logs_target": "90%"}, "host a: reclaim: policy: the target of 90% is not below the trigger of 85%"),
        ({"logs_over": 150}, "host a: reclaim: policy.over is 150"),
        ({"logs_paths": ["/proc/x"]}, "policy.paths.0"),
        ({"logs_sources": ["{{ nowhere }}"]}, "nowhere"),
    ],
)
def test_a_bad_policy_begins_nothing(variables: dict[str, object], message: str) -> None:
    """A policy that makes no sense on one host raises before anything is written down, and names the host."""
    made = world(**variables)
    with pytest.raises(PlaybookError) as raised:
        made.run(PLAYBOOK)
    assert (True, 0) == (message in str(raised.value), len(made.journal.kept)), raised.value


def test_a_policy_made_of_the_hosts_own_name_is_judged_for_each() -> None:
    """Hosts with equal variables are judged once, but not where the policy speaks of what differs from host to host."""
    playbook = PLAYBOOK.replace("{{ logs_over | default('85%') }}", "{{ '150%' if inventory_hostname == 'b' else '85%' }}")
    assert playbook != PLAYBOOK
    made = world()
    with pytest.raises(PlaybookError, match=r"host b: reclaim: policy\.over is '150%'"):
        made.run(playbook)
