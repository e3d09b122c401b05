"""Which lease of an ended run the next one may take over: only where the journal leaves no doubt that it is over."""

from datetime import UTC, datetime

import pytest

from healer.model.action import Action, Run
from healer.model.events import (
    ActEnded,
    ActIntended,
    Event,
    HostEnded,
    HostLooked,
    LeaseTaken,
    PlayStarted,
    RunEnded,
    RunResumed,
    RunStarted,
    SlotTaken,
    Stamped,
)
from healer.model.facts import Verdict
from healer.model.job import Lease
from healer.pipeline import actor
from healer.rollout.left_behind import left_behind, node_of

BEGUN = RunStarted("healer logs", "logs.yml", "", "", ("a", "b"), "joe@control pid 7")
PLAYED = (PlayStarted(0, "logs", ("a", "b")), HostLooked("a", 0, Verdict.GOOD), SlotTaken("a", 0), LeaseTaken("a", "boot", 4))
ENDED = (HostEnded("a", 0, "unreachable", "gone"), RunEnded(1))
LEFT = Lease("run-1", "boot", 4, 0.0)


def intended(host: str = "a", on: str = "") -> ActIntended:
    """Return an act."""
    return ActIntended(host, "0/tasks/0", 0, "act", Action("Do it", Run(("true",))), on=on)


def left(*events: Event, host: str = "a", node: str = "control") -> Lease | None:
    """Return what the run with these events has left behind."""
    stamped = [Stamped(number, "run-1", datetime(2026, 1, 7, tzinfo=UTC), event) for number, event in enumerate(events, 1)]
    return left_behind(stamped, host, node)


OVER = [
    (BEGUN, *PLAYED, *ENDED),
    (BEGUN, *PLAYED, intended(), ActEnded("a", "0/tasks/0", 0, "act", Verdict.BAD, changed=False), *ENDED),
    (BEGUN, *PLAYED, RunResumed("ann@x.org@control pid 8"), *ENDED),
    (BEGUN, *PLAYED, *ENDED[:1], PlayStarted(1, "more", ("a",)), HostEnded("a", 1, "skipped", "as asked"), *ENDED[1:]),
]
NOT_SURE = [
    (),
    (BEGUN, *PLAYED),
    (BEGUN, *PLAYED, *ENDED[:1]),
    (BEGUN, *PLAYED, *ENDED, RunResumed("joe@control pid 8")),
    (BEGUN, *PLAYED, RunResumed("joe@elsewhere pid 8"), *ENDED),
    (BEGUN, *PLAYED[:3], *ENDED),
    (BEGUN, *PLAYED, intended(), HostEnded("a", 0, "unknown", "gone"), RunEnded(1)),
    (BEGUN, *PLAYED, HostLooked("b", 0, Verdict.GOOD), SlotTaken("b", 0), intended("b", on="a"), *ENDED),
]


@pytest.mark.parametrize("events", OVER)
def test_a_run_that_has_ended_here_has_left_its_last_lease(events: tuple[Event, ...]) -> None:
    """It has ended in this node's journal and no act on the host is open: its last lease there, with its epoch."""
    assert LEFT == left(*events)


def test_the_newest_lease_is_the_one() -> None:
    """A host that was booted on the way granted several: the highest epoch is the last."""
    assert Lease("run-1", "later", 9, 0.0) == left(BEGUN, *PLAYED, LeaseTaken("a", "later", 9), *ENDED)


@pytest.mark.parametrize("events", NOT_SURE)
def test_what_is_not_sure_is_left_alone(events: tuple[Event, ...]) -> None:
    """Unknown here, not ended, gone on with, ended on another node, without a lease there, with an act open on the host: nothing."""
    assert left(*events) is None


@pytest.mark.parametrize("node", ["", "elsewhere", "contro"])
def test_another_node_takes_nothing_over(node: str) -> None:
    """A node that is not the one on which the run has ended, or that does not know its own name, waits."""
    assert left(BEGUN, *PLAYED, *ENDED, node=node) is None


def test_an_open_act_elsewhere_hinders_nobody_here() -> None:
    """An act without a result on another host says nothing about this one."""
    other = (HostLooked("b", 0, Verdict.GOOD), SlotTaken("b", 0), intended("b"), HostEnded("b", 0, "unknown", "gone"))
    assert LEFT == left(BEGUN, *PLAYED, *other, *ENDED)


@pytest.mark.parametrize(("words", "node"), [("joe@ctl pid 7", "ctl"), ("ann@x.org@ctl pid 7", "ctl"), ("joe", ""), ("", "")])
def test_the_node_stands_in_the_actor(words: str, node: str) -> None:
    """User names may have an @ of their own; words of another shape name no node."""
    assert node == node_of(words)


def test_the_pipeline_writes_what_is_read_here() -> None:
    """Who runs it names this node."""
    assert node_of(actor())
