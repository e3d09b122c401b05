"""Links that fall silent, and servers that freeze or turn logins away: found in bounded time, and never taken for a result."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fault_proxy import DOWN, UP
from linked_host import PRINTED, linked
from local_host import ACT, until
from loopback_sshd import Server

from healer.model.command import Command
from healer.model.facts import Unknown, Verdict
from healer.model.host import Login
from healer.remote import admission, channel_wire, handshake, session
from healer.remote.connector import SshOptions
from healer.rollout import acts

Sshd = Callable[..., Server]
FOUND_WITHIN = 60.0
BACK_WITHIN = 15.0


@pytest.mark.fault("N4", "N5", "N6")
def test_every_wait_for_a_silent_host_is_bounded() -> None:
    """With the settings that healer comes with, no wait for a host that says nothing any more is longer than 60 seconds."""
    plain = SshOptions()
    waits = {
        "a command on a link that fell silent": plain.ping_interval * (1 + plain.ping_misses) + channel_wire.LOOK,
        "a connection": Login("web1", "web1").connect_timeout,
        "a login with all its tries": plain.patience,
        "a greeting": handshake.BANNER_TIMEOUT,
        "an answer to the key or the password": handshake.LOGIN_TIMEOUT,
        "a channel, and that the command is accepted on it": 2 * session.OPEN_TIMEOUT + session.BUSY_PATIENCE,
        "an acknowledgement of TCP": handshake.UNANSWERED / 1000,
    }
    assert {} == {what: seconds for what, seconds in waits.items() if seconds > FOUND_WITHIN}


@pytest.mark.fault("N4")
def test_a_path_that_is_back_is_found_again_soon() -> None:
    """Between two attempts to ask a host for a running job lie at most 15 seconds, the longest pause of a busy server's included."""
    assert max(acts.POLL_EVERY) + 1.5 * admission.LONGEST_PAUSE <= BACK_WITHIN


@pytest.mark.fault("N4", "N5")
@pytest.mark.parametrize("ways", [(UP, DOWN), (UP,), (DOWN,)], ids=["both ways", "to the host", "from the host"])
def test_a_link_that_falls_silent_is_given_up(sshd: Sshd, tmp_path: Path, ways: tuple[str, ...]) -> None:
    """Connected but silent, on both ways or on one: the command is unknown, and the next one logs in again and works."""
    with linked(sshd(), tmp_path / "host") as host:
        remote, begun = host.connect(), tmp_path / "begun"
        breaker = threading.Thread(target=lambda: (until(begun.exists), host.proxy.silence(*ways)))
        breaker.start()
        result = remote.run(Command(("sh", "-c", 'touch "$0"; sleep 20', str(begun)), timeout=60.0))
        breaker.join()
        host.proxy.heal()
        again = remote.run(Command(("echo", "back")))
        remote.close()

    assert isinstance(result.status, Unknown)
    assert "no sign of life" in result.status.reason
    assert (b"back\n", 2) == (again.stdout, host.proxy.accepted)


@pytest.mark.fault("N3")
def test_a_result_that_was_written_but_not_read_is_read_later(sshd: Sshd, tmp_path: Path) -> None:
    """The job has ended on the host before anybody heard of it: after the cut its result is read, and it is not done again."""
    with linked(sshd(), tmp_path / "host", SshOptions()) as host, host.session() as (engine, doors):
        result = host.root / "var/lib/healer/jobs" / ACT / "rc"

        def break_when_done() -> None:
            until(lambda: host.effects != [])
            host.proxy.silence(DOWN)
            until(result.exists)
            host.proxy.reset()
            host.proxy.heal()

        breaker = threading.Thread(target=break_when_done)
        breaker.start()
        seen = host.work(engine, doors, ACT)
        breaker.join()

    assert (7, PRINTED, ["once"], 2) == (seen.status, seen.output.encode(), host.effects, host.proxy.accepted)


@pytest.mark.fault("N7")
def test_an_sshd_that_refuses_for_a_while_costs_no_job(sshd: Sshd, tmp_path: Path) -> None:
    """New logins are turned away, then the old one breaks too: polls fail quietly, and the job's end is had when logins work again."""
    with linked(sshd(), tmp_path / "host") as host, host.session() as (engine, doors):
        engine.lease()
        host.proxy.turn_away()
        host.proxy.after(lambda: (host.proxy.reset(), host.proxy.later(2.5, host.proxy.heal)), down=6000)
        seen = host.work(engine, doors, ACT)

    assert (Verdict.GOOD, 7, PRINTED, ["once"]) == (seen.verdict, seen.status, seen.output.encode(), host.effects)
    assert host.proxy.came > host.proxy.accepted == 2


@pytest.mark.fault("N7")
def test_a_login_that_lives_is_not_given_up_for_new_ones_that_fail(sshd: Sshd, tmp_path: Path) -> None:
    """While new logins are refused, the old one carries a job from its start to its end."""
    with linked(sshd(), tmp_path / "host") as host, host.session() as (engine, doors):
        engine.lease()
        host.proxy.turn_away()
        seen = host.work(engine, doors, ACT)

    assert (7, PRINTED, 1) == (seen.status, seen.output.encode(), host.proxy.came)


@pytest.mark.fault("N18")
def test_a_slow_link_is_slow_and_nothing_else(sshd: Sshd, tmp_path: Path) -> None:
    """A job over a few kilobytes a second with late answers: its own result, on the one login, and nothing unknown on the way."""
    with linked(sshd(), tmp_path / "host", SshOptions()) as host, host.session() as (engine, doors):
        host.proxy.slow(rate=60_000, delay=0.2)
        seen = host.work(engine, doors, ACT)
        host.proxy.slow()

    assert (7, PRINTED, ["once"], 1) == (seen.status, seen.output.encode(), host.effects, host.proxy.came)
