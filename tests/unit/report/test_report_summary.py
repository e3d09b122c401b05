"""The report of a run, and one host's story, from events alone."""

from datetime import UTC, datetime, timedelta

from healer.model.action import Act, Action, Owe, Reboot, Refuse, Run, Skip
from healer.model.events import (
    ActEnded,
    ActIntended,
    DebtOwed,
    DebtPaid,
    Drained,
    Event,
    GateJudged,
    HostAcknowledged,
    HostEnded,
    HostHeld,
    HostLooked,
    HostPrepared,
    LeaseTaken,
    Note,
    PlayStarted,
    RunEnded,
    RunHalted,
    RunResumed,
    RunStarted,
    SlotTaken,
    SoakStarted,
    Stamped,
    TaskEnded,
    TaskPlanned,
    Undrained,
)
from healer.model.facts import Verdict
from healer.model.report import HostReport
from healer.report.explain import explain_host
from healer.report.summary import summarise

GOOD, BAD, UNKNOWN = Verdict.GOOD, Verdict.BAD, Verdict.UNKNOWN
START = datetime(2026, 3, 1, 23, 59, 50, tzinfo=UTC)
STARTED = RunStarted("patch", "patch.yml", "d1", "d2", ("h1", "h2"), "ann")
PLAY = PlayStarted(0, "web", ("h1", "h2"))
UPGRADE = Action("Upgrade openssl", Run(("true",)))
RESTART = Action("Restart nginx", Run(("true",)), unit="nginx.service")
BOOT = Action("Boot", Reboot())
DECISION = Act(
    (UPGRADE, RESTART, BOOT), results={"installed": {"openssl": "3.0.1"}}, versions={"openssl": "3.0.2", "new": "1"}, forecast=("nginx",)
)


def stamped(*events: Event) -> list[Stamped]:
    """Return the events, one each second."""
    return [Stamped(number, "r1", START + timedelta(seconds=number), event) for number, event in enumerate(events)]


def acts(host: str, *, verdict: Verdict = GOOD) -> list[Event]:
    """Return a task with three acts."""
    pairs = [
        (ActIntended(host, "0/tasks/0", i, f"a{i}", action), ActEnded(host, "0/tasks/0", i, f"a{i}", verdict, changed=True))
        for i, action in enumerate(DECISION.actions)
    ]
    planned = TaskPlanned(host, "0/tasks/0", "Upgrade", "packages", DECISION)
    return [planned, *(event for pair in pairs for event in pair), TaskEnded(host, "0/tasks/0", verdict, changed=True)]


def host(name: str, *events: Event) -> HostReport:
    """Return the report of one host in a run of h1 and h2."""
    return next(report for report in summarise("r1", stamped(STARTED, PLAY, *events)).hosts if report.host == name)


def test_a_run_that_ended() -> None:
    """The report has who, what, when, the exit code, and every host in the run's order."""
    report = summarise("r1", stamped(STARTED, PLAY, HostEnded("h2", 0, "ok", "fine"), HostEnded("h1", 0, "ok"), RunEnded(0)))
    assert ("r1", "patch", "patch.yml", "ann", 0, "") == (
        report.run,
        report.command,
        report.playbook,
        report.actor,
        report.exit_code,
        report.halted,
    )
    assert (START, START + timedelta(seconds=4)) == (report.started, report.ended)
    assert [("h1", "ok", ""), ("h2", "ok", "fine")] == [(one.host, one.terminal, one.reason) for one in report.hosts]
    assert () == report.next_commands


def test_a_run_that_is_not_over_can_be_resumed() -> None:
    """Without an end, or after a resume, there is no exit code and the first command is to resume."""
    for events in ([STARTED, RunHalted("why")], [STARTED, RunEnded(1), RunResumed("bob"), RunHalted("why")]):
        report = summarise("r1", stamped(*events))
        assert (None, None, "why", ("healer resume r1",)) == (report.ended, report.exit_code, report.halted, report.next_commands)
    assert "" == summarise("r1", stamped(STARTED, RunHalted("why"), RunResumed("bob"))).halted


def test_an_empty_record_is_no_traceback() -> None:
    """A run without events has an empty report."""
    assert ((), "") == (summarise("r1", []).hosts, summarise("r1", []).actor)


def test_what_was_done_on_a_host() -> None:
    """Packages with old and new version, restarted units, the boot, the drain, acts, and the time in the slot are told."""
    one = host("h1", SlotTaken("h1", 0), Drained("h1", 0), *acts("h1"), Undrained("h1", 0), HostEnded("h1", 0, "changed"))
    assert {"openssl": "3.0.1 -> 3.0.2", "new": "1"} == one.packages
    assert (("nginx.service",), True, True, 3, 11.0, ("nginx",)) == (
        one.restarted,
        one.rebooted,
        one.drained,
        one.acts,
        one.seconds,
        one.forecast,
    )


def test_what_was_not_done_is_not_told_as_done() -> None:
    """A failed task installed nothing; a planned one (a dry run) only has its forecast; a host found drained was not drained by us."""
    failed = host("h1", SlotTaken("h1", 0), Drained("h1", 0, found=True), *acts("h1", verdict=BAD), HostEnded("h1", 0, "failed", "no"))
    assert ({}, (), False, False, 3) == (failed.packages, failed.restarted, failed.rebooted, failed.drained, failed.acts)
    planned = TaskPlanned("h1", "0/tasks/0", "Upgrade", "packages", DECISION)
    dry = host("h1", planned, TaskEnded("h1", "0/tasks/0", GOOD, changed=True), HostEnded("h1", 0, "changed"))
    assert ({}, ("nginx",), 0, 0.0) == (dry.packages, dry.forecast, dry.acts, dry.seconds)
    assert {} == host("h1", TaskEnded("h1", "0/tasks/1", GOOD, changed=False, skipped=True)).packages


def test_notes_and_debts() -> None:
    """Notes are told; a debt is told until it is paid."""
    owed = [DebtOwed("h1", Owe("reboot", "kernel")), DebtOwed("h1", Owe("merge", "x")), DebtPaid("h1", "merge"), Note("h1", "mind the gap")]
    one = host("h1", *owed)
    assert ((Owe("reboot", "kernel"),), ("mind the gap",)) == (one.debts, one.notes)


def test_the_worst_play_stands_for_the_host() -> None:
    """Over several plays the worst end counts, and an end after a settled act replaces the one before it."""
    one = host("h1", HostEnded("h1", 0, "failed", "no"), PlayStarted(1, "db", ("h1", "h3")), HostEnded("h1", 1, "ok"))
    assert ("failed", "no") == (one.terminal, one.reason)
    assert "changed" == host("h1", HostEnded("h1", 0, "held", "x"), *acts("h1"), HostEnded("h1", 0, "changed")).terminal
    assert "pending" == host("h3", PlayStarted(1, "db", ("h1", "h3"))).terminal


def test_unfinished_hosts_say_so() -> None:
    """A host in a slot is running, one that waits is pending."""
    looked = [HostLooked("h1", 0, GOOD), HostLooked("h2", 0, GOOD), SlotTaken("h1", 0), GateJudged("h1", 0, GOOD)]
    assert ("running", "pending") == (host("h1", *looked).terminal, host("h2", *looked).terminal)


def test_what_to_type_next() -> None:
    """Held hosts are shown and acknowledged; an act that nobody can be asked about is settled; failed hosts are shown."""
    intent = ActIntended("h2", "0/tasks/0", 0, "a0", UPGRADE)
    lost = ActEnded("h2", "0/tasks/0", 0, "a0", UNKNOWN, changed=True)
    events = [
        HostHeld("h1", "gate"),
        HostEnded("h1", 0, "held", "gate"),
        intent,
        lost,
        HostHeld("h2", "?"),
        HostEnded("h2", 0, "unknown", "?"),
    ]
    expected = ("healer resume r1 --settle h2=done|redo", "healer show r1 h1", "healer show r1 h2", "healer ack h1")
    assert expected == summarise("r1", stamped(STARTED, PLAY, *events, RunEnded(1))).next_commands
    lifted = summarise("r1", stamped(STARTED, PLAY, *events, HostAcknowledged("h1", "ann"), RunEnded(1)))
    assert expected[:3] == lifted.next_commands


def test_a_hosts_story() -> None:
    """Everything that happened to the host and to the run is told in order, with times, and the date where it changes."""
    story = [
        STARTED, PLAY, HostLooked("h1", 0, GOOD), HostPrepared("h1", 0, GOOD), SlotTaken("h1", 0, "canary"), LeaseTaken("h1", "b", 2),
        HostLooked("h2", 0, BAD, "nginx"), TaskPlanned("h1", "0/tasks/0", "Look", "debug", Skip("no news")), Drained("h1", 0),
        ActIntended("h1", "0/tasks/1", 0, "a", UPGRADE), ActEnded("h1", "0/tasks/1", 0, "a", BAD, changed=True, reason="exit code 1"),
        TaskEnded("h1", "0/tasks/1", BAD, changed=True, ignored=True, reason="no"), TaskEnded("h1", "0/tasks/2", GOOD, changed=True),
        GateJudged("h1", 0, BAD, ("port 80", "unit x")), Undrained("h1", 0), SoakStarted("h1", 0, 10.0), RunHalted("too many"),
        DebtOwed("h1", Owe("reboot", "kernel")), DebtPaid("h1", "reboot"), HostHeld("h1", "gate"), HostEnded("h1", 0, "held", "gate"),
        HostAcknowledged("h1", "ann"), Note("h1", "a note"), RunResumed("bob"), RunEnded(1),
    ]  # fmt: skip
    assert (
        "2026-03-01",
        "23:59:51  play 1 begins: web",
        "23:59:52  looked at: healthy",
        "23:59:53  prepared",
        "23:59:54  takes a slot as canary",
        "23:59:55  lease granted, epoch 2",
        "23:59:57  task Look (debug): nothing to do: no news",
        "23:59:58  drained: out of service",
        "23:59:59  begins: Upgrade openssl",
        "2026-03-02",
        "00:00:00    failed: exit code 1",
        "00:00:01  task ended failed (ignored): no",
        "00:00:03  health gate: bad: port 80; unit x",
        "00:00:04  undrained: back in service",
        "00:00:05  in service, watched for 10 s",
        "00:00:06  the rollout is halted: too many",
        "00:00:07  owed: reboot: kernel",
        "00:00:08  no longer owed: reboot",
        "00:00:09  on hold until a person has looked: gate",
        "00:00:10  ends held: gate",
        "00:00:11  hold lifted by ann",
        "00:00:12  a note",
        "00:00:13  bob resumes the run",
        "00:00:14  the run ends with exit code 1",
    ) == explain_host(stamped(*story), "h1")


def test_decisions_and_results_in_words() -> None:
    """A plan says how many actions, a refusal why, a result whether anything changed."""
    story = [
        TaskPlanned("h1", "0/tasks/0", "A", "s", Act((UPGRADE,))), TaskPlanned("h1", "0/tasks/1", "B", "s", DECISION),
        TaskPlanned("h1", "0/tasks/2", "C", "s", Refuse("no space")), ActEnded("h1", "0/tasks/0", 0, "a", GOOD, changed=False),
        SlotTaken("h1", 0), Drained("h1", 0, found=True),
    ]  # fmt: skip
    told = [line.partition("  ")[2] for line in explain_host(stamped(*story), "h1")][1:]
    expected = ["task A (s): 1 action planned", "task B (s): 3 actions planned", "task C (s): refused: no space"]
    assert [*expected, "  done, nothing changed", "takes a slot", "found drained; stays so"] == told


def test_a_host_that_the_run_never_heard_of_has_no_story() -> None:
    """An unknown host has no lines."""
    assert () == explain_host(stamped(STARTED, PLAY), "h9")
