"""Transactions that the host itself cut off: they are begun anew under an id of their own, because they look first at what is there."""

import pytest
from fake_host import update
from world import Killed, World, ends, reason

from healer.model.errors import OutcomeUnknown
from healer.model.events import ActIntended
from healer.model.facts import Unknown, Updates
from healer.model.job import JobReport, JobSpec

UPGRADE = "- hosts: web\n  become: true\n  rolling: {soak: 0, canary: 0, max_unavailable: 1}\n  tasks:\n    - packages: {scope: all}\n"
LOST = JobReport("lost", Unknown("no result"), reason="the host was booted since it began, and it left no result")


def cutting(times: int) -> World:
    """Return a host with an update, on which the first transactions are cut off by a loss of power."""
    world = World(["a"])
    host = world["a"]
    host.facts["updates"] = Updates((update("openssl"),), list_age=60.0)
    real, left = host.act, [times]

    def act(spec: JobSpec) -> None:
        if spec.detached and left[0] > 0:
            left[0] -= 1
            host.effects.append((spec.act, "cut off"))
            host.acts[spec.act] = LOST
            host.boot += 1
            host.lease = None
            raise OutcomeUnknown(host.name, "the link broke.")
        real(spec)

    host.act = act  # type: ignore[method-assign]  # power is lost
    return world


@pytest.mark.fault("H1")
def test_a_transaction_that_was_cut_off_is_begun_anew_under_its_own_id() -> None:
    """The host says that it was booted in the middle: under a new lease and a new id the transaction goes on, and it is a change."""
    world = cutting(1)
    report = world.run(UPGRADE)
    acts = [act for act, _what in world["a"].effects]
    assert ({"a": "changed"}, ["cut off", "upgrade openssl=2"]) == (ends(report), world["a"].what)
    assert 2 == len(set(acts))
    assert acts == [event.act for event in world.events("act_intended") if isinstance(event, ActIntended)]


@pytest.mark.fault("H14")
def test_a_host_that_cuts_off_every_attempt_is_left_to_a_person() -> None:
    """After three attempts nothing is begun any more: the outcome is unknown, and the host is held."""
    world = cutting(99)
    report = world.run(UPGRADE)
    assert ({"a": "unknown"}, ["cut off"] * 3) == (ends(report), world["a"].what)
    assert [] != world.events("host_held")
    assert "left no result" in reason(report, "a")


def test_resume_goes_on_after_an_attempt_that_was_cut_off() -> None:
    """The control node dies when the first attempt was known as cut off: resume begins the next one, and the first is not repeated."""
    world = cutting(1)
    real = world["a"].act

    def die(spec: JobSpec) -> None:
        if [what for _act, what in world["a"].effects] == ["cut off"] and not world.journal.dead:
            world.journal.dead = True
            raise Killed
        real(spec)

    world["a"].act = die  # type: ignore[method-assign]  # the control node dies before the second is let in
    with pytest.raises(Killed):
        world.run(UPGRADE)
    world["a"].act = real  # type: ignore[method-assign]  # and comes back
    report = world.resume()
    assert ({"a": "changed"}, ["cut off", "upgrade openssl=2"]) == (ends(report), world["a"].what)


def test_resume_repairs_a_host_that_came_back_late() -> None:
    """The host was down until the run gave up; resume hears that the act was cut off, lifts the hold, and does it anew."""
    world = cutting(1)

    real = world["a"].act

    def act(spec: JobSpec) -> None:
        try:
            real(spec)
        except OutcomeUnknown:
            world["a"].down = True
            raise

    world["a"].act = act  # type: ignore[method-assign]  # power stays off
    assert {"a": "unknown"} == ends(world.run(UPGRADE))
    world["a"].down = False
    report = world.resume()
    assert ({"a": "changed"}, ["cut off", "upgrade openssl=2"]) == (ends(report), world["a"].what)
