"""Tests of what is proposed against disks that fill again: stanzas, bounds, and words where no file can do it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from reclaim_cases import GB, MB, NOW, disk, log, opener, situation

from healer.model.facts import Unknown
from healer.model.logs import DiskPast, DiskSample, DockerConfig, JournalFile, JournalUse, Leftover, LogFile, Logrotate, Reclaimed, Stanza
from healer.reclaim.cures import Cure, cures
from healer.reclaim.stanzas import bound, bounded, covering, own_file, written

MAIN = Stanza("/etc/logrotate.conf", (), {"weekly": "", "include": "/etc/logrotate.d"})
APP_FILE = "/etc/logrotate.d/app"
APP_TEXT = "/var/log/app.log {\n  weekly\n  postrotate\n    if x; then { y; }; fi\n  endscript\n}\n"
APP = Stanza(APP_FILE, ("/var/log/app.log",), {"weekly": ""})
NGINX = opener(command="nginx", unit="nginx.service")


def rotating(*stanzas: Stanza, scheduled: bool = True, **more: Any) -> Logrotate:
    """Return a logrotate that runs, with these stanzas beside its main file."""
    return Logrotate(installed=True, scheduled=scheduled, last=NOW, stanzas=(MAIN, *stanzas), **more)


def proposed(
    file: LogFile | None = None, known: Logrotate | Unknown | None = None, past: DiskPast | None = None, **seen: Any
) -> tuple[Cure, ...]:
    """Return what is proposed on a host with a log on a disk that is too full."""
    return cures(situation(*([file] if file else []), past=past, logrotate=known or rotating(), **seen))


def one(*given: Any, **more: Any) -> Cure:
    """Return the only proposal."""
    (cure,) = proposed(*given, **more)
    return cure


STANZA = """\
--- /dev/null
+++ /etc/logrotate.d/healer-app-log
@@ -0,0 +1,14 @@
+# By healer.
+"/var/log/app.log" {
+    daily
+    maxsize 100M
+    rotate 7
+    compress
+    delaycompress
+    missingok
+    notifempty
+    create
+    postrotate
+        systemctl kill --signal=USR1 --kill-who=main nginx.service
+    endscript
+}
"""


def test_a_log_without_a_stanza_gets_one_where_its_writer_opens_it_anew() -> None:
    """A writer whose signal is known gets a stanza with it, as a new file that logrotate itself must accept."""
    cure = one(log(openers=(NGINX,)))
    assert (STANZA, ("logrotate", "-d", "%s")) == (cure.diff, cure.check)
    assert cure.text.startswith(
        "cure for /var/log/app.log: no stanza of logrotate covers it; it takes effect when logrotate runs next\n---"
    )


def test_a_log_that_nobody_has_open_needs_no_signal() -> None:
    """Who opens it for each line finds the new one by itself: no shell text in the stanza."""
    assert "postrotate" not in one(log(openers=())).new


@pytest.mark.parametrize(
    ("openers", "words"),
    [((opener(),), "app (pid 7, app.service) is not known to open its log anew"), ((opener(command="nginx", unit=""),), "is not known to")],
)
def test_no_stanza_that_loses_lines_is_written(openers: tuple[Any, ...], words: str) -> None:
    """For any other writer there are words only: a pass of healer loses none, copytruncate does."""
    cure = one(log(openers=openers))
    assert ("", "", True, True) == (cure.path, cure.diff, words in cure.why, "`copytruncate` in a stanza would lose" in cure.why)
    assert cure.text == f"cure for /var/log/app.log: {cure.why}"


@pytest.mark.parametrize("path", ["/var/log/a b.log", "/var/log/app{1}.log", '/var/log/a".log'])
def test_a_name_that_logrotate_could_read_otherwise_is_left_to_a_person(path: str) -> None:
    """Blanks, quotes and patterns in a path go into no file that root reads."""
    cure = one(log(path, openers=()))
    assert ("", True) == (cure.path, "by hand" in cure.why)


def test_a_file_that_is_there_is_not_overwritten() -> None:
    """Where the file's name is taken already, there are words only."""
    taken = {own_file("/var/log/app.log"): "x\n"}
    assert "by hand" in one(log(openers=()), rotating(texts=taken)).why


def test_a_stanza_without_a_bound_gets_one() -> None:
    """One line more in the file that is there; what stands in its scripts does not confuse where it ends."""
    cure = one(log(), rotating(APP, texts={APP_FILE: APP_TEXT}))
    assert [
        f"--- {APP_FILE}",
        f"+++ {APP_FILE}",
        "@@ -3,4 +3,5 @@",
        "   postrotate",
        "     if x; then { y; }; fi",
        "   endscript",
        "+  maxsize 100M",
        " }",
    ] == cure.diff.splitlines()
    assert "bounds nothing" in cure.why


def test_two_logs_of_one_stanza_are_one_cure() -> None:
    """The bound is put in once, and both are named."""
    both = Stanza(APP_FILE, ("/var/log/*.log",), {})
    known = rotating(both, texts={APP_FILE: "/var/log/*.log {\n\tcopytruncate\n}\n"})
    (cure,) = cures(situation(log(), log("/var/log/b.log", inode=13), logrotate=known))
    assert (("/var/log/app.log", "/var/log/b.log"), 1) == (cure.what, cure.new.count("\tmaxsize 100M\n"))
    assert "its `copytruncate` loses lines" in cure.why


def test_a_stanza_that_cannot_be_edited_is_told() -> None:
    """Where the end of the stanza does not stand in a line of its own, or its text was not seen, nothing is guessed."""
    for texts in ({APP_FILE: "/var/log/app.log { weekly }\n"}, {}):
        cure = one(log(), rotating(APP, texts=texts))
        assert ("", True) == (cure.path, "by hand" in cure.why)


BOUNDED = replace(APP, options={"size": "10M"})


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (rotating(BOUNDED), "`size 10M` in /etc/logrotate.d/app bounds it, but it grows faster than logrotate runs"),
        (rotating(BOUNDED, scheduled=False), "nobody runs logrotate"),
        (rotating(BOUNDED, faults=("/var/log/app.log is passed over: x",)), "but /var/log/app.log is passed over: x"),
        (Logrotate(installed=False, scheduled=False, last=0.0), "logrotate is not installed"),
        (Unknown("no answer"), "is not known: no answer"),
    ],
)
def test_why_a_bound_does_not_hold_is_told(known: Logrotate | Unknown, words: str) -> None:
    """A log that is large in spite of its bound, or where logrotate cannot act, gets the reason and what to do."""
    cure = one(log(), known)
    assert ("", True) == (cure.path, words in cure.why), cure.why


def test_nobody_runs_logrotate_is_said_with_the_stanza() -> None:
    """A file that nobody reads cures nothing, so that is said beside it."""
    assert "nobody runs logrotate: systemctl enable --now logrotate.timer" in one(log(openers=()), rotating(scheduled=False)).why


def test_what_was_given_back_lately_is_cured_when_it_is_small_again() -> None:
    """After a pass the log is small and its disk has room: the journal still knows; after a week it is forgotten."""
    small, room = log(size=4096, openers=()), (disk(percent=50),)
    for days, expected in ((1, 1), (8, 0)):
        past = DiskPast(reclaimed=(Reclaimed(NOW - days * 86400, "/var/log/app.log", 2049, 12, GB, "r"),))
        assert expected == len(proposed(small, past=past, disks=room)), days


def test_a_bound_that_holds_since_is_no_news() -> None:
    """A log that was given back and is small now has nothing missing once its stanza bounds it."""
    past = DiskPast(reclaimed=(Reclaimed(NOW, "/var/log/app.log", 2049, 12, GB, "r"),))
    assert () == proposed(log(size=4096), rotating(BOUNDED), past=past, disks=(disk(percent=50),))


def test_a_disk_that_was_too_full_within_the_week_counts() -> None:
    """A look of yesterday over the trigger is enough, one of last month or below it is not."""
    for percent, days, expected in ((95, 1, 1), (95, 8, 0), (80, 1, 0)):
        past = DiskPast((DiskSample(NOW - days * 86400, "/var/log", percent * GB, (100 - percent) * GB),))
        assert expected == len(proposed(log(openers=()), past=past, disks=(disk(percent=50),))), (percent, days)


@pytest.mark.parametrize(
    "file",
    [log(size=60 * MB), log("/var/log/app.log.1"), log(links=2), log("/var/log/mysql/binlog.000001"), log(mount="/srv")],
)
def test_what_is_no_live_log_on_that_disk_is_not_named(file: LogFile) -> None:
    """Small ones, rotated ones, data, what has two names, and what lies on a disk with room."""
    assert () == proposed(file, disks=(disk(), disk("/srv", percent=10)))


def test_a_deleted_log_wants_its_writer_restarted() -> None:
    """No stanza reaches a file without a name."""
    assert "app (pid 7, app.service) still writes to it" in one(log(deleted=True, links=0)).why


def test_without_a_look_at_logs_or_disks_there_is_nothing() -> None:
    """What is not known is not cured."""
    assert () == cures(situation(log(), logrotate=Unknown("x"), log_files=Unknown("x")))
    assert () == cures(situation(log(), logrotate=Unknown("x"), disks=Unknown("x")))


def journal(taken: int = 2 * GB, cap: int = 0, mount: str = "/var/log") -> JournalUse:
    """Return a journal that takes so much."""
    return JournalUse(mount, (JournalFile("/var/log/journal/m/system.journal", 1, 2, taken, taken, NOW, archived=False),), cap)


@pytest.mark.parametrize(("size", "cap"), [(100 * GB, 1024), (10 * GB, 476), (1 * GB, 64)])
def test_a_journal_without_a_bound_gets_one(size: int, cap: int) -> None:
    """A twentieth of its disk, between 64 MiB and 1 GiB; that it does not hold at once is said."""
    full = disk(size=size, used=size * 95 // 100, available=size * 5 // 100)
    cure = one(journal_use=journal(), disks=(full,))
    assert ("/etc/systemd/journald.conf.d/50-healer.conf", f"# By healer.\n[Journal]\nSystemMaxUse={cap}M\n", ()) == (
        cure.path,
        cure.new,
        cure.check,
    )
    assert "from journald's next start on" in cure.why


@pytest.mark.parametrize("use", [journal(cap=GB), journal(mount="/srv"), journal(taken=MB), journal(mount="/gone"), Unknown("x")])
def test_a_journal_that_is_bounded_or_small_or_elsewhere_is_left(use: JournalUse | Unknown) -> None:
    """No bound is proposed where there is one, where the journal is small, or where its disk has room."""
    assert () == proposed(journal_use=use, disks=(disk(), disk("/srv", percent=10)))


def test_a_journal_on_a_disk_that_is_not_seen_now_is_left() -> None:
    """How large its bound should be is not known then."""
    past = DiskPast((DiskSample(NOW, "/gone", 95 * GB, 5 * GB),))
    for disks in ((disk(percent=10),), Unknown("x")):
        assert () == proposed(journal_use=journal(mount="/gone"), past=past, disks=disks)


CONTAINER_LOG = "/var/lib/docker/containers/a/a-json.log"
CONTAINER_LOGS = (Leftover("docker_log", CONTAINER_LOG, "/", 2 * GB, NOW), Leftover("docker_log", "/b", "/", MB, NOW))
BARE_DOCKER = DockerConfig(runs=True, present=False, checks=True)


def test_docker_without_a_configuration_gets_one() -> None:
    """Its daemon must accept the file; what stands in it bounds each log."""
    cure = one(leftovers=CONTAINER_LOGS, docker_config=BARE_DOCKER)
    assert ((CONTAINER_LOG,), "/etc/docker/daemon.json", "") == (cure.what, cure.path, cure.old)
    assert {"log-driver": "json-file", "log-opts": {"max-size": "50m", "max-file": "3"}} == json.loads(cure.new)
    assert ("dockerd", "--validate", "--config-file", "%s") == cure.check


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (Unknown("it did not answer"), "not known: it did not answer"),
        (replace(BARE_DOCKER, present=True), "passwords of proxies may stand in it"),
        (replace(BARE_DOCKER, flags=("--log-opt", "--config-file")), "told by --log-opt, --config-file, and would not start with both"),
        (replace(BARE_DOCKER, runs=False), "does not run"),
        (replace(BARE_DOCKER, checks=False), "cannot check a file"),
    ],
)
def test_docker_is_told_in_words_where_a_file_may_harm(config: DockerConfig | Unknown, words: str) -> None:
    """A file that is there, arguments that say the same, or a file that nobody checks: there is no diff, but what to write."""
    cure = one(leftovers=CONTAINER_LOGS, docker_config=config)
    assert ("", True, True) == (cure.diff, '"max-size": "50m"' in cure.why, words in cure.why)


def test_a_containers_log_that_was_given_back_is_cured_when_it_is_small_again() -> None:
    """As any other log."""
    past = DiskPast((), (Reclaimed(NOW - 60, CONTAINER_LOG, 7, 8, GB),))
    small = (replace(CONTAINER_LOGS[0], allocated=4096),)
    assert (CONTAINER_LOG,) == one(leftovers=small, docker_config=BARE_DOCKER, past=past).what


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("/var/log/*.log", "/var/log/app.log", True),
        ("/var/log/*.log", "/var/log/x/app.log", False),
        ("/var/log/x/", "/var/log/x/app.log", True),
    ],
)
def test_a_pattern_covers_as_glob_does(pattern: str, path: str, covered: bool) -> None:
    """A star ends at a slash; a folder covers the files in it."""
    assert covered == (covering(path, rotating(Stanza("/f", (pattern,)))) is not None)


def test_a_bound_for_all_is_a_bound() -> None:
    """`size` in the main file counts for each stanza, `minsize` does not."""
    assert "size 1M" == bound(APP, Logrotate(True, True, 0.0, (replace(MAIN, options={"size": "1M"}), APP)))
    assert "" == bound(replace(APP, options={"minsize": "1M"}), rotating(APP))


def test_the_bound_goes_into_the_right_stanza() -> None:
    """Others of the file, comments and quotes do not mislead."""
    text = '# /var/log/app.log {\nrotate 4\n/var/log/b.log {\n}\n"/var/log/app.log"\n{\n}\n'
    assert text.replace('"\n{\n}', '"\n{\n    maxsize 100M\n}') == bounded(text, APP)


def test_the_same_log_has_the_same_file_name() -> None:
    """The name has no ending that logrotate would leave out."""
    assert "/etc/logrotate.d/healer-srv-shop-x-bak" == own_file("/srv/shop/x.bak")


def test_a_stanza_tells_each_unit_once() -> None:
    """Two writers are told one after the other."""
    text = written("/var/log/x", {"a.service": "HUP", "b.service": "USR1"})
    assert 2 == text.count("systemctl kill")
