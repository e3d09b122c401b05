"""The default health gate, rule by rule."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healer.model.facts import Facts, Identity, Socket, Unit, Units, Unknown, Verdict
from healer.verify.gates import GATE_FACTS, Judgement, excused, healthy_at_start, judge, record, restarted_by_itself

BOOT = "69c6d7da-27d7-4e83-a8ba-90b31ff8ca6b"
OTHER_BOOT = "00000000-27d7-4e83-a8ba-90b31ff8ca6b"


def unit(name: str = "web.service", **changes: object) -> Unit:
    """Return a running service with some properties changed."""
    return replace(Unit(name, "loaded", "active", "running", "simple", 0, "aaaa", 10, False, "enabled"), **changes)


def facts(
    *units: Unit,
    failed: tuple[str, ...] = (),
    ports: tuple[tuple[str, int, str], ...] = (("tcp", 22, "sshd"),),
    boot: str = BOOT,
    state: str = "running",
) -> Facts:
    """Return a look at a healthy host with some readings changed."""
    shown = units or (unit(),)
    return Facts(
        {
            "identity": Identity("ab" * 16, boot, 100.0, "", "web1", True),
            "system_state": state,
            "units": Units({one.name: one for one in shown}, failed),
            "sockets": tuple(Socket(protocol, "0.0.0.0", port, process) for protocol, port, process in ports),
        }
    )


def without(known: Facts, name: str) -> Facts:
    """Return the look with one reading Unknown."""
    return Facts({**known.readings, name: Unknown("not to be had")})


def after(before: Facts, now: Facts) -> Judgement:
    """Compare through JSON, as the journal does."""
    return judge(json.loads(json.dumps(record(before))), now)


def test_nothing_changed_is_good() -> None:
    """A host that is as it was passes the gate without a word."""
    assert Judgement(Verdict.GOOD) == after(facts(), facts())


def test_a_newly_failed_unit_is_bad() -> None:
    """A unit of any type that failed since the record is bad and is named."""
    assert Judgement(Verdict.BAD, ("backup.timer failed and had not failed before",)) == after(facts(), facts(failed=("backup.timer",)))


def test_an_old_failure_is_not_held_against_the_act() -> None:
    """A unit that had failed before the record does not spoil the verdict."""
    assert Verdict.GOOD == after(facts(failed=("old.service",)), facts(failed=("old.service",))).verdict


@pytest.mark.parametrize(
    "now",
    [
        unit(active="activating", sub="auto-restart", invocation="bbbb", restarts=4),
        unit(active="active", invocation="bbbb", restarts=9),
        unit(active="failed", invocation="bbbb"),
    ],
    ids=["loops", "was restarted", "failed"],
)
def test_a_unit_that_was_to_be_brought_back_is_excused(now: Unit) -> None:
    """Whatever a unit that the run has tried to bring back does is no news for the gate; a neighbour's failure still is."""
    seen = facts(now, failed=("web.service",) if now.active == "failed" else ())
    assert Verdict.BAD == after(facts(), seen).verdict
    assert Verdict.GOOD == judge(excused(record(facts()), ["web.service"]), seen).verdict
    assert Verdict.BAD == judge(excused(record(facts()), ["other.service"]), seen).verdict
    assert Verdict.BAD == judge(excused(record(facts()), ["web.service"]), facts(failed=("backup.timer",))).verdict


def test_nothing_is_excused_in_a_record_that_is_not_known() -> None:
    """Where it is not known what had failed before, that stays so: the verdict is unknown."""
    before = {**record(facts()), "failed": {"unknown": "cut off"}}
    assert Verdict.UNKNOWN == judge(excused(before, ["web.service"]), facts()).verdict


def test_a_crash_loop_is_bad() -> None:
    """A service that systemd is about to start again after a crash is bad even while it counts as not failed."""
    judgement = after(facts(), facts(unit(active="activating", sub="auto-restart", invocation="bbbb", restarts=4)))
    assert Judgement(Verdict.BAD, ("web.service crashes and is started again and again",)) == judgement


def test_a_crash_loop_from_before_is_not_held_against_the_act() -> None:
    """A service that was crash-looping when it was recorded is judged no further."""
    before = facts(unit(active="activating", sub="auto-restart", restarts=9))
    assert Verdict.GOOD == after(before, facts(unit(active="activating", sub="auto-restart", restarts=12))).verdict


def test_a_risen_counter_is_bad() -> None:
    """A service that systemd had to restart since the record is bad, with the number of times."""
    judgement = after(facts(unit(restarts=2)), facts(unit(restarts=4, invocation="bbbb")))
    assert Judgement(Verdict.BAD, ("web.service was restarted by systemd 2 times",)) == judgement


def test_a_restart_by_hand_sets_the_counter_back() -> None:
    """A counter at 0 with a new invocation is healer's own restart and good."""
    assert Verdict.GOOD == after(facts(unit(restarts=5)), facts(unit(restarts=0, invocation="bbbb"))).verdict


def test_a_crash_after_a_restart_by_hand_is_bad() -> None:
    """A counter that was set back and rose again shows crashes, although it is not above the recorded one."""
    assert Verdict.BAD == after(facts(unit(restarts=5)), facts(unit(restarts=1, invocation="bbbb"))).verdict


def test_a_boot_is_allowed_its_stumbles() -> None:
    """After a boot one or two automatic restarts while starting are good, three more than before are bad."""
    assert Verdict.GOOD == after(facts(), facts(unit(restarts=2, invocation="bbbb"), boot=OTHER_BOOT)).verdict
    assert Verdict.BAD == after(facts(), facts(unit(restarts=3, invocation="bbbb"), boot=OTHER_BOOT)).verdict


def test_a_service_that_still_starts_is_unknown() -> None:
    """A service that was active and now is activating has proved nothing yet."""
    judgement = after(facts(), facts(unit(active="activating", sub="start", invocation="bbbb")))
    assert Judgement(Verdict.UNKNOWN, ("web.service is still activating",)) == judgement


def test_systemd_that_does_not_count_is_not_judged_by_counters() -> None:
    """Where systemd is too old to count restarts, the other comparisons decide."""
    assert Verdict.GOOD == after(facts(unit(restarts=-1)), facts(unit(restarts=-1, invocation="bbbb"))).verdict


def test_a_lost_port_is_bad() -> None:
    """A port that was listened on and is not any more is bad and is named."""
    before = facts(ports=(("tcp", 22, "sshd"), ("tcp", 80, "nginx"), ("udp", 53, "named")))
    judgement = after(before, facts(ports=(("tcp", 22, "sshd"),)))
    assert Judgement(Verdict.BAD, ("nothing listens on tcp/80 any more", "nothing listens on udp/53 any more")) == judgement


def test_a_new_port_is_no_harm() -> None:
    """A port that is listened on now and was not before passes."""
    assert Verdict.GOOD == after(facts(), facts(ports=(("tcp", 22, "sshd"), ("tcp", 80, "nginx")))).verdict


def test_client_sockets_are_not_compared() -> None:
    """UDP sockets from the kernel's own range and those of DHCP clients may go without harm."""
    before = facts(ports=(("tcp", 22, "sshd"), ("udp", 40123, "resolver"), ("udp", 68, "dhclient"), ("udp", 546, "dhclient")))
    assert Verdict.GOOD == after(before, facts()).verdict


def test_a_port_given_by_chance_may_be_another() -> None:
    """A program that listened on a high TCP port passes with any other high TCP port, and not with none."""
    before = facts(ports=(("tcp", 43001, "rpc.statd"),))
    assert Verdict.GOOD == after(before, facts(ports=(("tcp", 51999, "rpc.statd"),))).verdict
    judgement = after(before, facts(ports=(("tcp", 51999, "other"),)))
    assert Judgement(Verdict.BAD, ("nothing listens on 1 high TCP port (rpc.statd) any more",)) == judgement


def test_unknown_now_is_unknown() -> None:
    """Any gate fact that cannot be read afterwards makes the verdict unknown."""
    for name in GATE_FACTS:
        assert Verdict.UNKNOWN == after(facts(), without(facts(), name)).verdict, name


def test_unknown_before_is_unknown() -> None:
    """A part that was not known when it was recorded cannot be compared, so the verdict is unknown."""
    for name in ("identity", "units", "sockets"):
        assert Verdict.UNKNOWN == after(without(facts(), name), facts()).verdict, name


def test_bad_beats_unknown() -> None:
    """One thing that is bad decides, and stands first among the reasons."""
    judgement = after(facts(), without(facts(failed=("web.service",)), "sockets"))
    assert (Verdict.BAD, "web.service failed and had not failed before") == (judgement.verdict, judgement.reasons[0])


def test_no_record_is_unknown() -> None:
    """Without any record nothing can be compared."""
    assert Verdict.UNKNOWN == judge({}, facts()).verdict


def test_a_frozen_record_is_read_too() -> None:
    """A record whose lists became tuples compares like the one that was written."""
    kept = {key: tuple(value) if isinstance(value, list) else value for key, value in record(facts()).items()}
    assert Verdict.GOOD == judge(kept, facts()).verdict


def test_a_damaged_counter_is_unknown() -> None:
    """A counter that is not a number and an invocation is no baseline."""
    kept = {**record(facts()), "restarts": {"web.service": ["many"]}}
    assert Judgement(Verdict.UNKNOWN, ("web.service: its restart counter was not recorded",)) == judge(kept, facts())


@pytest.mark.fault("H15")
def test_without_systemd_the_ports_decide() -> None:
    """Where something else than systemd runs the host, there are no units to judge and the ports still are."""
    before = without(facts(state="none"), "units")
    assert Verdict.GOOD == after(before, before).verdict
    assert Verdict.BAD == after(before, without(facts(state="none", ports=()), "units")).verdict


def test_a_system_that_goes_down_is_bad() -> None:
    """Maintenance, stopping and offline are bad; starting is unknown."""
    assert Verdict.BAD == after(facts(), facts(state="stopping")).verdict
    assert Verdict.UNKNOWN == after(facts(), facts(state="starting")).verdict


def test_failed_units_do_not_make_a_host_unpatchable() -> None:
    """Before the run a failed or crash-looping unit is a note on a healthy host."""
    judgement = healthy_at_start(facts(unit("loop.service", sub="auto-restart"), failed=("old.service",), state="degraded"))
    notes = ("old.service failed already before the run", "loop.service crashes again and again already before the run")
    assert Judgement(Verdict.GOOD, notes) == judgement


@pytest.mark.fault("H9")
def test_a_rescue_shell_is_unhealthy() -> None:
    """A host in a rescue shell or on its way down is unhealthy before the run."""
    for state in ("maintenance", "stopping", "offline"):
        assert Judgement(Verdict.BAD, (f"the system is in the state {state}",)) == healthy_at_start(facts(state=state))


def test_a_host_that_cannot_be_read_is_unknown_at_start() -> None:
    """Every gate fact that cannot be read makes a host's health unknown before the run."""
    for name in GATE_FACTS:
        assert Verdict.UNKNOWN == healthy_at_start(without(facts(), name)).verdict, name


@given(st.integers(0, 9), st.integers(0, 9), st.booleans(), st.booleans())
def test_counters_never_speak_for_more_than_they_show(earlier: int, later: int, same: bool, rebooted: bool) -> None:
    """The restarts that are held against a service lie between none and what its counter shows, and none is held against a zero."""
    times = restarted_by_itself(earlier, "aaaa", unit(restarts=later, invocation="aaaa" if same else "bbbb"), rebooted=rebooted)
    assert 0 <= times <= later


@given(st.lists(st.tuples(st.sampled_from(["tcp", "udp"]), st.integers(1, 65535), st.sampled_from(["", "a", "b"]))))
def test_a_look_compared_with_itself_is_good(ports: list[tuple[str, int, str]]) -> None:
    """Whatever a healthy host listens on, comparing a look with itself is good."""
    assert Verdict.GOOD == after(facts(ports=tuple(ports)), facts(ports=tuple(ports))).verdict


@pytest.mark.fault("H11")
def test_a_service_that_ended_well_after_its_restart_is_bad() -> None:
    """A daemon that was started anew and has ended, be it without an error, does not run: systemd does not call that failed."""
    ended = facts(unit(active="inactive", sub="dead", invocation="bbbb"))
    assert Judgement(Verdict.BAD, ("web.service was started anew and ended by itself",)) == after(facts(), ended)


@pytest.mark.parametrize(
    "changes",
    [{"invocation": "aaaa"}, {"enabled": "static"}, {"type": "dbus"}, {"type": "oneshot"}, {"invocation": ""}],
    ids=["stopped on purpose", "not meant to last", "started by the bus", "runs once", "never started"],
)
def test_a_service_that_may_rest_is_no_fault(changes: dict[str, str]) -> None:
    """Stopped on purpose, started on demand, or one that runs once: that it does not run now says nothing against the host."""
    asleep = replace(unit(active="inactive", sub="dead", invocation="bbbb"), **changes)
    assert Judgement(Verdict.GOOD) == after(facts(replace(unit(), type=asleep.type, enabled=asleep.enabled)), facts(asleep))
