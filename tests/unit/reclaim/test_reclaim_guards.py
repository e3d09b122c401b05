"""What stands against touching a file, whatever its name."""

import pytest
from reclaim_cases import log, opener, policy

from healer.model.facts import Unknown
from healer.model.logs import LogFile
from healer.reclaim.guards import against, mount_of

BLIND = Unknown("a process hides")
REFUSED = [
    (log(link="/etc/passwd"), "it is a symbolic link to /etc/passwd: links are not followed"),
    (log("/srv/x/app.log"), "it lies outside of the folders that the policy allows (/var/log, /srv/app)"),
    (log("/var/logs/app.log"), "it lies outside of the folders that the policy allows (/var/log, /srv/app)"),
    (log("/var/log/keep/app.log"), "the policy forbids /var/log/keep"),
    (log("/var/log/only.log"), "the policy forbids /var/log/only.log"),
    (log("/var/log/../../etc/app.log"), "its path cannot be told apart from another one"),
    (log("var/log/app.log"), "its path cannot be told apart from another one"),
    (log("/srv/app/data.bin"), "neither its name nor its folder says that it is a log"),
    (log(device=0), "its device and inode are not known, so that another file could be taken for it"),
    (log(inode=0), "its device and inode are not known, so that another file could be taken for it"),
    (log(mount=""), "it lies on no local disk"),
    (log(links=2), "it has 2 names (hard links): another one may not be a log's"),
    (log(deleted=True, links=1), "it has 1 names left, so that it is not deleted"),
    (log(openers=BLIND), "who has it open is not known: a process hides"),
    (
        log(openers=(opener(), opener(pid=8, command="db", unit="", access="both"))),
        "db (pid 8) has it open for reading and writing, as databases do: it is taken for data",
    ),
    (log(mapped=True), "it is mapped into a process's memory"),
    (log(mapped=BLIND), "whether it is mapped into a process's memory is not known: a process hides"),
    (log("/var/log/wtmp"), "a binary record of logins: it is read by position, and its apparent size is not what it takes"),
]
RULES = policy(paths=["/var/log", "/srv/app"], forbidden=["/var/log/keep", "/var/log/only.log"])


@pytest.mark.parametrize(("file", "why"), REFUSED)
def test_what_is_not_surely_a_log_is_refused(file: LogFile, why: str) -> None:
    """One guard that does not hold is enough, and its sentence says which."""
    assert why == against(file, RULES)


@pytest.mark.parametrize("file", [log(), log("/srv/app/app.log"), log("/srv/app/x", deleted=True, links=0), log("/var/log/x", openers=())])
def test_a_log_in_its_place_is_let_through(file: LogFile) -> None:
    """Where every guard holds nothing is said; a deleted file that is appended to counts as a log under any name."""
    assert "" == against(file, RULES)


def test_a_path_lies_on_its_longest_mount() -> None:
    """The mount that is nearest above a path is the one that it lies on."""
    mounts = ("/", "/var", "/var/lo")
    assert ["/var", "/", "/var/lo"] == [mount_of(path, mounts) for path in ("/var/log/x", "/srv", "/var/lo/x")]
    assert "" == mount_of("/x", ("/var",))
