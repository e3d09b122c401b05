"""Tests of the step `cure`: what it shows, and what it puts in place when it is told to."""

from dataclasses import replace
from hashlib import sha256

from reclaim_cases import NOW, disk, facts, log, opener
from test_reclaim_cures import APP, APP_FILE, APP_TEXT, BARE_DOCKER, CONTAINER_LOGS, NGINX, journal, rotating

from healer.model.action import Act, PutFile, Refuse, Run, Skip
from healer.model.facts import Facts
from healer.model.host import Host
from healer.steps.contract import StepContext
from healer.steps.cure import PLUGIN, CureArguments, plan

BARE = facts(log(openers=(NGINX,)), logrotate=rotating())
OWN = "/etc/logrotate.d/healer-app-log"


def decided(seen: Facts, *, fix: bool = False) -> Act | Skip | Refuse:
    """Return what the step decides."""
    return plan(CureArguments(fix=fix), StepContext(host=Host("h"), facts=seen, now=NOW))


def verbs(seen: Facts) -> list[object]:
    """Return what is done with `fix`."""
    decision = decided(seen, fix=True)
    assert isinstance(decision, Act)
    assert not [action for action in decision.actions if action.disruptive]
    return [action.verb for action in decision.actions]


def test_without_fix_the_diffs_are_shown_and_nothing_is_done() -> None:
    """Each cure is one text with its diff, for people in the forecast and for programs in the results."""
    decision = decided(BARE)
    assert isinstance(decision, Act)
    (cure,) = decision.results["cures"]  # type: ignore[misc]  # values for programs have no type
    assert ((), OWN) == (decision.actions, cure["file"])
    assert [f"cure for {cure['what'][0]}: {cure['why']}\n{cure['diff']}".rstrip("\n")] == list(decision.forecast)


def test_with_fix_the_file_is_put_in_place_when_logrotate_accepts_it() -> None:
    """A new file needs no copy of an old one."""
    (put,) = verbs(BARE)
    assert isinstance(put, PutFile)
    assert (OWN, "0644", ("logrotate", "-d", "%s"), False) == (put.path, put.mode, put.validate, put.backup)


def test_the_old_file_is_kept_where_logrotate_does_not_read_it() -> None:
    """A copy beside the file would be a second one for the same logs; the name of this one is left out by logrotate."""
    copy, put = verbs(facts(log(), logrotate=rotating(APP, texts={APP_FILE: APP_TEXT})))
    assert isinstance(copy, PutFile)
    assert isinstance(put, PutFile)
    assert (f"{APP_FILE}.healer-{sha256(APP_TEXT.encode()).hexdigest()[:8]}~", APP_TEXT) == (copy.path, copy.content)
    assert (APP_FILE, True) == (put.path, "maxsize 100M" in put.content)


def test_the_journal_gets_its_folder_first() -> None:
    """The folder for additions to journald is not there on every host; nothing restarts journald."""
    made, put = verbs(facts(journal_use=journal(), logrotate=rotating(), disks=(disk(),)))
    assert isinstance(made, Run)
    assert isinstance(put, PutFile)
    assert (("mkdir", "-p", "-m", "0755", "/etc/systemd/journald.conf.d"), ()) == (made.argv, made.changed_codes)
    assert ("/etc/systemd/journald.conf.d/50-healer.conf", True) == (put.path, put.backup)


def test_docker_gets_its_folder_first() -> None:
    """Where docker has no file there may be no folder; a file that came meanwhile is kept."""
    made, put = verbs(facts(leftovers=CONTAINER_LOGS, docker_config=BARE_DOCKER))
    assert isinstance(made, Run)
    assert isinstance(put, PutFile)
    assert ("/etc/docker", "/etc/docker/daemon.json", True) == (made.argv[-1], put.path, put.backup)


def test_words_alone_change_nothing() -> None:
    """Where no file can do it, fix does nothing but say so."""
    decision = decided(facts(log(openers=(opener(),)), logrotate=rotating()), fix=True)
    assert ((), True) == (decision.actions, "copytruncate" in decision.forecast[0]) if isinstance(decision, Act) else False


def test_only_root_puts_files_in_place() -> None:
    """Looking needs no root, fixing does."""
    nobody = Facts({**BARE.readings, "identity": replace(BARE.get("identity"), is_root=False)})  # type: ignore[type-var]  # an Identity
    assert isinstance(decided(nobody), Act)
    assert isinstance(decided(nobody, fix=True), Refuse)
    blind = Facts({name: reading for name, reading in BARE.readings.items() if name != "identity"})
    assert isinstance(decided(blind, fix=True), Refuse)


def test_nothing_to_cure_is_a_skip() -> None:
    """A host whose disks have room."""
    assert Skip("nothing that fills a disk lacks a bound") == decided(facts(log(), disks=(disk(percent=50),), logrotate=rotating()))


def test_the_step_says_what_it_reads() -> None:
    """It reads what was given back by this very run too, and is told in a dry run although room is made before it."""
    assert (("disks",), True, True) == (PLUGIN.learns, PLUGIN.foretells, "logrotate" in PLUGIN.needs)
