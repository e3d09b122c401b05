"""The step `reclaim`: from the facts to the acts, and the proof that they helped."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError
from reclaim_cases import ALL, GB, NOW, ROOT, disk, facts, log, opener

from healer.model.action import Act, Decision, LookAgain, Refuse, Skip
from healer.model.facts import Disk, Facts, Unknown, Verdict
from healer.model.host import Host
from healer.model.logs import DiskPast, DiskSample, LogFile
from healer.steps.contract import Proof, StepContext
from healer.steps.reclaim import PLUGIN, ReclaimArguments

DATA = log("/var/log/x.db", size=30 * GB)
GROWING = DiskPast(tuple(DiskSample(NOW + hour * 3600, "/var/log", hour * 2 * GB, 90 * GB) for hour in range(5)))


def arguments(**policy: Any) -> ReclaimArguments:
    """Return the arguments with that policy."""
    return ReclaimArguments.model_validate({"policy": policy})


def context(*files: LogFile, past: DiskPast | None = None, **seen: Any) -> StepContext:
    """Return what a plan may know."""
    return StepContext(Host("web1"), facts(*files, **seen), past=past or DiskPast(), now=NOW)


def planned(*files: LogFile, rules: dict[str, Any] | None = None, **seen: Any) -> Decision:
    """Return the decision."""
    return PLUGIN.plan(arguments(**(rules or {})), context(*files, **seen))


def judged(before: StepContext, *after: Disk, **policy: Any) -> Proof:
    """Return what verify says when the disks look like this afterwards."""
    assert PLUGIN.verify is not None
    return PLUGIN.verify(arguments(**policy), before, Facts({"disks": after}))


def test_one_act_holds_everything_in_order() -> None:
    """Archive and free of each file in order of rank, nothing of it disruptive, and a look at the end."""
    decision = planned(log(size=4 * GB), log("/var/log/a.log.1", size=17 * GB, inode=13, openers=()))
    assert isinstance(decision, Act)
    assert ["archive", "free", "archive", "free", "look_again"] == [action.verb.verb for action in decision.actions]
    assert not any(action.disruptive for action in decision.actions)
    assert LookAgain(("disks",)) == decision.actions[-1].verb
    assert "archived on the control node first" in decision.forecast[1]
    assert [("rotated", "/var/log/a.log.1"), ("open_logs", "/var/log/app.log")] == [
        (one["source"], one["what"])
        for one in decision.results["taken"]  # type: ignore[attr-defined]  # results are plain values
    ]


def test_nothing_is_done_while_there_is_room() -> None:
    """The skip says how full the fullest disks are."""
    assert Skip("no disk is over 85% or about to be full: /var/log 60%, / 5%") == planned(disks=(disk("/", 5), disk(percent=60)))


def test_an_unknown_fullness_is_no_reason_to_act() -> None:
    """What the disks hold must be known."""
    blind = StepContext(Host("web1"), Facts({"disks": Unknown("df hangs")}))
    assert Refuse("how full the disks are is not known: df hangs") == PLUGIN.plan(arguments(), blind)
    assert Verdict.UNKNOWN == PLUGIN.verify(arguments(), context(log()), Facts()).verdict if PLUGIN.verify else None


@pytest.mark.parametrize("identity", [replace(ROOT, is_root=False), Unknown("cut off")])
def test_only_root_can_judge(identity: object) -> None:
    """Without root it is not known who has a log open: nothing is taken."""
    decision = planned(log(), identity=identity)
    assert isinstance(decision, Refuse)
    assert decision.reason.endswith("only root can see who has which log open and give its room back: use become")


def test_a_full_disk_that_cannot_be_helped_is_a_failure() -> None:
    """The refusal names what fills the disk and why it stays."""
    reason = "/var/log: 95% of its room is used, more than 85%; nothing may be taken: /var/log/x.db (30.0 GB): a database"
    assert Refuse(reason) == planned(DATA)
    assert Refuse("/var/log: 95% of its room is used, more than 85%; nothing may be taken") == planned()


def test_a_disk_that_is_only_filling_is_no_failure_yet() -> None:
    """What will be full within the horizon and cannot be helped is told, and the run goes on."""
    decision = planned(DATA, disks=(disk(percent=70),), past=GROWING)
    assert isinstance(decision, Skip)
    assert decision.reason.startswith("/var/log: at the pace of the last passes it is full in 15 h; nothing may be taken")


def test_what_could_not_be_seen_is_told() -> None:
    """Where the logs or the host's means are not known, the plan says so."""
    decision = planned(log_files=Unknown("cut off"))
    assert Refuse("/var/log: 95% of its room is used, more than 85%; which logs there are is not known: cut off") == decision


def test_a_disk_under_its_target_is_proof() -> None:
    """Before and after, in percent."""
    assert Proof(Verdict.GOOD, "/var/log 95% -> 71%") == judged(context(log()), disk(percent=71))


def test_inodes_are_proved_as_well() -> None:
    """Where inodes were the trouble their shares are told."""
    before = context(log("/var/log/a.log.1", openers=()), disks=(disk(percent=10, inodes_used=900),))
    proof = judged(before, disk(percent=10, inodes_used=700), target=84)
    assert (Verdict.GOOD, "/var/log 10% -> 10%, inodes 90% -> 70%") == (proof.verdict, proof.reason)


def test_a_disk_that_nothing_helps_is_bad() -> None:
    """When all was taken and it is still over the trigger, what is left to a person is named."""
    proof = judged(context(log(size=5 * GB), DATA), disk(percent=90))
    assert Verdict.BAD is proof.verdict
    assert (
        "/var/log is still over 85% (/var/log 90%), 15.0 GB more would have to come free, and nothing else may be taken; "
        "left to a person: /var/log/x.db (30.0 GB): a database"
    ) == proof.reason
    assert judged(context(log(size=5 * GB)), disk(percent=90)).reason.endswith("nothing else was found: what fills it is no log")


def test_a_disk_that_filled_again_is_good_with_a_note() -> None:
    """What was promised was done; what is seen of it is told."""
    proof = judged(context(log()), disk(percent=93))
    words = "/var/log 95% -> 93%; 20.0 GB were given back, 2.0 GB of it are seen: it was written again, or a snapshot holds it"
    assert (Verdict.GOOD, words) == (proof.verdict, proof.reason)


def test_what_comes_with_the_next_task_is_told() -> None:
    """A log that was only renamed gives its room later."""
    before = context(log(openers=(opener(command="rsyslogd"),)), disks=(disk(kind="btrfs"),))
    proof = judged(before, disk(kind="btrfs"))
    assert (Verdict.GOOD, "/var/log 95% -> 95%; the rest comes with the next task, when what was renamed is deleted") == (
        proof.verdict,
        proof.reason,
    )


def test_a_target_that_is_not_reached_is_told() -> None:
    """Below the trigger but above the target is good, and what is missing is said."""
    proof = judged(context(log(size=12 * GB)), disk(percent=83))
    assert (Verdict.GOOD, "/var/log 95% -> 83%; 8.0 GB more would have to come free, and nothing else may be taken") == (
        proof.verdict,
        proof.reason,
    )
    elsewhere = judged(context(log(size=21 * GB)), disk(percent=74, available=20 * GB))
    assert (Verdict.GOOD, "/var/log 95% -> 79%; the target is not reached") == (elsewhere.verdict, elsewhere.reason)


def test_a_disk_that_is_gone_proves_nothing() -> None:
    """A mount that is not seen any more is neither good nor bad."""
    assert Proof(Verdict.UNKNOWN, "/var/log was not seen any more") == judged(context(log()), disk("/srv"))


def test_sources_are_named_rightly() -> None:
    """A source that does not exist is refused with the names of those that do; only those named are asked."""
    with pytest.raises(ValidationError) as caught:
        ReclaimArguments.model_validate({"only": ["rotten"]})
    assert "there is no source 'rotten': there are " in str(caught.value)


def test_some_of_the_sources_do_not_speak_for_all() -> None:
    """Where only some sources are asked, and they have nothing or too little, that is no failure: the others were not asked."""
    only = ReclaimArguments.model_validate({"only": ["rotated"]})
    assert Skip("/var/log: 95% of its room is used, more than 85%; nothing may be taken") == PLUGIN.plan(only, context(log()))
    little = context(log("/var/log/a.log.1", size=GB, openers=()))
    assert isinstance(PLUGIN.plan(only, little), Act)
    assert Verdict.GOOD is (PLUGIN.verify(only, little, Facts({"disks": (disk(percent=94),)})).verdict if PLUGIN.verify else None)


def test_what_was_put_away_is_taken_below_the_trigger_too() -> None:
    """The task that ends a relief goes on to the target with what was put away; a pass that begins leaves a disk below its trigger alone."""
    only, whole = ReclaimArguments.model_validate({"only": ["rotated"]}), ReclaimArguments()
    below = context(log("/var/log/app.log.healer-20260107T120000Z", 3 * GB, openers=()), disks=(disk(percent=80),))
    other = context(log("/var/log/app.log.1", 3 * GB, openers=()), disks=(disk(percent=80),))
    assert isinstance(PLUGIN.plan(only, below), Act)
    assert isinstance(PLUGIN.plan(only, other), Skip)
    assert isinstance(PLUGIN.plan(whole, below), Skip)


def test_the_step_reads_what_its_sources_need() -> None:
    """The facts of all sources are read in one look, each once."""
    assert {"disks", "log_files", "toolbox", "identity"} <= set(PLUGIN.needs)
    assert len(set(PLUGIN.needs)) == len(PLUGIN.needs)
    assert ALL.opener == "perl"
