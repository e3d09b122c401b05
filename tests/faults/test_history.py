"""The checker of histories can fail: each invariant is shown a history that breaks it, and one that does not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from history import INVARIANTS, Evidence, Group, check, complaints
from host_record import Act, Begun, Entry, HostRecord

from healer.model.action import Action, Job
from healer.model.events import (
    ActEnded,
    ActIntended,
    Drained,
    Event,
    GateJudged,
    HostEnded,
    HostHeld,
    HostLooked,
    LeaseTaken,
    PlayStarted,
    RunEnded,
    RunStarted,
    SlotTaken,
    Stamped,
    Undrained,
)
from healer.model.facts import Verdict

RUN, BOOT = "20260101-000000-abcd", "00000001-0000-4000-8000-000000000001"
START = datetime(2026, 1, 1, tzinfo=UTC)
UPGRADE = Action("upgrade it", Job("apt-get upgrade"))


def told(*events: Event, run: str = RUN, first: int = 1) -> list[Stamped]:
    """Return the events as the journal stamps them, a second apart."""
    return [Stamped(number, run, START + timedelta(seconds=number), event) for number, event in enumerate(events, first)]


def intended(act: str = "act1", host: str = "a") -> ActIntended:
    """Return an intent."""
    return ActIntended(host, "0/tasks/0", 0, act, UPGRADE, on=host, boot_id=BOOT)


def ended(act: str = "act1", host: str = "a", status: int = 0) -> ActEnded:
    """Return a good result."""
    return ActEnded(host, "0/tasks/0", 0, act, Verdict.GOOD, changed=True, status=status)


def well(host: str = "a") -> list[Event]:
    """Return a host's whole way through its slot."""
    gate = GateJudged(host, 0, Verdict.GOOD)
    return [
        SlotTaken(host, 0), LeaseTaken(host, BOOT, 1), Drained(host, 0), intended(f"act of {host}", host), ended(f"act of {host}", host),
        gate, Undrained(host, 0), HostEnded(host, 0, "changed", acted=True),
    ]  # fmt: skip


def acted(act: str, began: float, *, status: int | None = 0, holder: str = RUN) -> Act:
    """Return what the host says of an act that took five seconds."""
    return Act(act, detached=True, begun=Begun(BOOT, 7, 7, holder), began=began, status=status, word="exited", ended=began + 5, output="")


def record(host: str, *acts: Act, dpkg: Sequence[str] = (), epoch: int = 1) -> HostRecord:
    """Return what a host says."""
    entries = tuple(Entry("2026-01-01 00:00:00", row.split()[0], tuple(row.split()[1:])) for row in dpkg)
    return HostRecord(host, running=True, boots=(BOOT,), dpkg=entries, acts=acts, invocations={}, epoch=epoch)


BEGUN: list[Event] = [
    RunStarted("healer run", "play.yml", "1", "2", ("a", "b"), "me"),
    PlayStarted(0, "", ("a", "b")),
    HostLooked("a", 0, Verdict.GOOD),
    HostLooked("b", 0, Verdict.GOOD),
]
GOOD = Evidence(
    events=told(*BEGUN, *well("a"), *well("b"), RunEnded(0)),
    hosts={"a": record("a", acted("act of a", 1), dpkg=["upgrade lib:amd64 1 2"]), "b": record("b", acted("act of b", 10))},
    groups={(RUN, 0): (Group(frozenset({"a", "b"}), 1),)},
    secrets=("s3cret",),
    sinks={"the log": "nothing"},
)


def without(kind: type[Event], host: str = "a") -> list[Stamped]:
    """Return the good history without one host's events of a kind."""
    return [one for one in GOOD.events if not (isinstance(one.event, kind) and one.event.host == host)]


def late() -> list[Stamped]:
    """Return the good history, all but its beginning hours later: the first act's answer took that long."""
    place = next(number for number, one in enumerate(GOOD.events) if isinstance(one.event, ActEnded))
    return [replace(one, at=one.at + timedelta(hours=3 * (number >= place))) for number, one in enumerate(GOOD.events)]


def with_record(host_record: HostRecord) -> Evidence:
    """Return the good history, with this for what one host says."""
    return replace(GOOD, hosts={**GOOD.hosts, host_record.host: host_record})


IDLE = "20260102-000000-abcd"
BAD: list[tuple[str, Callable[[], Evidence], str]] = [
    ("I1", lambda: with_record(record("a", acted("act of a", 1), acted("other", 3, holder="errand@n:1"))), "began before"),
    ("I1", lambda: Evidence(told(intended("one"), intended("two"))), "had no result"),
    ("I2", lambda: with_record(record("a", acted("act of a", 1), acted("act of a", 9))), "began 2 times"),
    ("I2", lambda: Evidence(told(intended(), ended(), intended(), ended())), "was intended 2 times"),
    ("I2", lambda: with_record(record("a", acted("act of a", 1), dpkg=["upgrade lib:amd64 1 2", "upgrade lib:amd64 2 2"])), "done twice"),
    ("I3", lambda: replace(GOOD, events=told(*BEGUN, SlotTaken("a", 0), SlotTaken("b", 0))), "2 out of service (a, b), 1 may be"),
    ("I3", lambda: replace(GOOD, events=told(*BEGUN[:3], HostLooked("b", 0, Verdict.UNKNOWN), SlotTaken("a", 0))), "2 out of service"),
    ("I3", lambda: replace(GOOD, events=told(*BEGUN, *well("a")[:-2], HostEnded("a", 0, "failed"), *well("b"))), "2 out of service"),
    ("I4", lambda: with_record(record("a")), "never heard of it"),
    ("I4", lambda: with_record(record("a", acted("act of a", 1, status=1))), "the host says 1"),
    ("I4", lambda: with_record(record("a", acted("act of a", 1), acted("secretly", 20))), "never intended it"),
    ("I4", lambda: Evidence(told(ended())), "has a result and no intent"),
    ("I5", lambda: replace(GOOD, events=without(GateJudged)), "without a good gate"),
    ("I6", lambda: replace(GOOD, events=without(Undrained)), "is still drained"),
    ("I6", lambda: Evidence(told(*BEGUN, Drained("a", 0), HostEnded("a", 0, "failed"), RunEnded(1))), "nobody was told"),
    ("I7", lambda: Evidence(told(LeaseTaken("a", BOOT, 2), LeaseTaken("a", BOOT, 1))), "came after epoch 2"),
    ("I7", lambda: Evidence([*told(LeaseTaken("a", BOOT, 1)), *told(LeaseTaken("a", BOOT, 1), run=IDLE, first=2)]), "came after epoch 1"),
    ("I7", lambda: with_record(record("a", acted("act of a", 1), epoch=0)), "knows only 0"),
    ("I8", lambda: replace(GOOD, events=late()), "was waited for"),
    ("I8", lambda: replace(GOOD, events=without(ActEnded)), "never had an answer"),
    ("I9", lambda: replace(GOOD, sinks={"the log": "password s3cret"}), "stands in the log"),
    ("I9", lambda: replace(GOOD, events=[*GOOD.events, *told(HostHeld("a", "s3cret"), first=99)]), "stands in event 99"),
    ("I10", lambda: replace(GOOD, idle=frozenset({RUN})), "in a run that had nothing to do"),
    ("I10", lambda: replace(GOOD, idle=frozenset({IDLE})), "never ended"),
]


def test_a_good_history_is_believed() -> None:
    """A history in which everything is in order has no complaint, so that a complaint means something."""
    assert [] == complaints(GOOD)


@pytest.mark.parametrize(("invariant", "evidence", "words"), BAD, ids=[f"{name}-{words}" for name, _, words in BAD])
def test_a_bad_history_is_found_out(invariant: str, evidence: Callable[[], Evidence], words: str) -> None:
    """A history that breaks an invariant is complained of by that invariant's name."""
    found = [text for text in complaints(evidence()) if text.startswith(f"{invariant}: ")]
    assert any(words in text for text in found), found


def test_every_invariant_is_seen_to_fail() -> None:
    """There are ten invariants, and each has a history above that breaks it."""
    assert list(INVARIANTS) == [f"I{number}" for number in range(1, 11)] == list(dict.fromkeys(name for name, _, _ in BAD))


def test_the_check_tells_all_complaints_at_once() -> None:
    """`check` raises one error with everything that is wrong."""
    with pytest.raises(AssertionError, match=r"(?s)I4: .*I5: "):
        check(replace(with_record(record("a")), events=without(GateJudged)))
